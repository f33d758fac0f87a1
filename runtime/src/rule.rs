//! When a case of a kernel applies, and how it is launched: sizes and conditions as data.
//!
//! The macros emit a [`Rule`] per case; [`crate::TypedKernel`] evaluates them at each launch.

use crate::{DType, Error, Swizzle, TensorMapDescriptor};

/// A size over the kernel's parameters (by index) and constants. Exact: overflow is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A number.
    Const(u64),
    /// The value of a scalar parameter.
    Param(usize),
    /// Two sizes combined.
    Op(SizeOp, &'static Size, &'static Size),
}

/// How two sizes combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeOp {
    /// Sum.
    Add,
    /// Difference; below zero is an error.
    Sub,
    /// Product.
    Mul,
    /// Quotient, rounded down.
    Div,
    /// Quotient, rounded up.
    CeilDiv,
    /// Remainder.
    Rem,
    /// The smaller one.
    Min,
    /// The larger one.
    Max,
}

/// A condition that a launch must meet for a case to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// `left op right`.
    Compare(Size, Comparison, Size),
    /// The buffer of a parameter starts at a multiple of so many bytes.
    Aligned(usize, u32),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// What one launch costs by the kernel's own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Bytes read from and written to the device's memory.
    pub bytes: Size,
    /// Floating-point operations; a fused multiply-add is two.
    pub flops: Size,
}

/// What a case needs beside its element types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Dimensions of each parameter; empty where none are declared.
    pub shapes: &'static [&'static [Size]],
    /// Workgroups along each axis.
    pub grid: [Size; 3],
    /// What must hold.
    pub conditions: &'static [Condition],
    /// The scalar that counts rows, where a launch may run in ranges of rows: every buffer of which it
    /// is the outermost dimension is then bound in parts.
    pub split: Option<usize>,
    /// Bits of the kernel's indices: no buffer may have more elements than they count.
    pub index_bits: u32,
    /// What a launch costs, if the kernel says so.
    pub cost: Option<Cost>,
}

/// A tensor argument that a text gets as a tensor map, which the launch makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TensorMapRule {
    /// Index of the parameter.
    pub param: usize,
    /// Elements in each dimension, innermost first; 1 to 5 dimensions.
    pub dims: &'static [Size],
    /// Elements from one index to the next in each dimension but the innermost.
    pub strides: &'static [Size],
    /// Elements of a box in each dimension, innermost first.
    pub tile: &'static [u32],
    /// How the box lies in shared memory.
    pub swizzle: Swizzle,
}

/// Values of the scalar parameters, by parameter index.
pub(crate) type Values = [Option<u64>];

impl Size {
    /// The size for given parameter values.
    ///
    /// # Errors
    /// [`Error::SizeOverflow`] where it overflows, divides by zero or names no integer parameter.
    pub(crate) fn evaluate(&self, values: &Values) -> Result<u64, Error> {
        match self {
            Size::Const(value) => Ok(*value),
            Size::Param(at) => values.get(*at).copied().flatten().ok_or(Error::SizeOverflow),
            Size::Op(op, a, b) => {
                let (a, b) = (a.evaluate(values)?, b.evaluate(values)?);
                let value = match op {
                    SizeOp::Add => a.checked_add(b),
                    SizeOp::Sub => a.checked_sub(b),
                    SizeOp::Mul => a.checked_mul(b),
                    SizeOp::Div => a.checked_div(b),
                    SizeOp::CeilDiv => (b > 0).then(|| a.div_ceil(b)),
                    SizeOp::Rem => a.checked_rem(b),
                    SizeOp::Min => Some(a.min(b)),
                    SizeOp::Max => Some(a.max(b)),
                };
                value.ok_or(Error::SizeOverflow)
            }
        }
    }
}

impl TensorMapRule {
    /// The map for given parameter values, of a tensor of `dtype`.
    ///
    /// # Errors
    /// As [`Size::evaluate`].
    pub(crate) fn descriptor(
        &self,
        dtype: DType,
        values: &Values,
    ) -> Result<TensorMapDescriptor, Error> {
        let size = dtype.size() as u64;
        let bytes =
            |stride: &Size| stride.evaluate(values)?.checked_mul(size).ok_or(Error::SizeOverflow);
        Ok(TensorMapDescriptor {
            dtype,
            dims: self.dims.iter().map(|dim| dim.evaluate(values)).collect::<Result<_, _>>()?,
            strides: self.strides.iter().map(bytes).collect::<Result<_, _>>()?,
            tile: self.tile.to_vec(),
            swizzle: self.swizzle,
            l2_promotion: true,
        })
    }
}

impl Comparison {
    /// Whether `a op b` holds.
    pub(crate) fn holds(self, a: u64, b: u64) -> bool {
        match self {
            Comparison::Eq => a == b,
            Comparison::Ne => a != b,
            Comparison::Lt => a < b,
            Comparison::Le => a <= b,
            Comparison::Gt => a > b,
            Comparison::Ge => a >= b,
        }
    }
}

/// Why no case of a kernel applied, case by case.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Vec<String>);

impl Refusals {
    pub(crate) fn dtype(&mut self, param: &str, expected: DType, found: DType) {
        self.push(format!("{param} holds {expected}, not {found}"));
    }

    pub(crate) fn push(&mut self, reason: String) {
        if !self.0.contains(&reason) {
            self.0.push(reason);
        }
    }

    pub(crate) fn text(&self) -> String {
        self.0.join("; ")
    }
}
