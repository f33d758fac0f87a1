//! A kernel instance: parameters, memory, values, body.

use super::{Block, Condition, Const, Cost, Scalar, Sym};
use crate::target::Target;

/// An index into the source map: where a thing was written. Plain data, so the IR crosses threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span(pub u32);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in its table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A value: the result of one operation.
    ValueId,
    /// A mutable scalar in registers.
    LocalId,
    /// A kernel parameter.
    ParamId,
    /// A workgroup array.
    SharedId,
    /// An opaque portable matrix fragment.
    FragmentId,
}

/// What an operation reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    /// The result of an operation.
    Value(ValueId),
    /// A compile-time constant.
    Const(Const),
}

/// One instance of a kernel for one target.
#[derive(Debug, Clone)]
pub struct Module {
    /// The entry point's name.
    pub name: String,
    /// What it is compiled for.
    pub target: Target,
    /// Parameters in launch order.
    pub params: Vec<Param>,
    /// Threads of a workgroup.
    pub threads: [u32; 3],
    /// Workgroups of a cluster (PTX), `[1, 1, 1]` where there is none.
    pub cluster: [u32; 3],
    /// At least so many workgroups should fit a multiprocessor (`.minnctapersm`), if stated.
    pub min_blocks: Option<u32>,
    /// Workgroups along each axis: what the launcher computes and what bounds `block_id`.
    pub grid: [Sym; 3],
    /// Conditions that the launcher has checked before it chose this instance.
    pub conditions: Vec<Condition>,
    /// What a launch costs, if the kernel says so.
    pub cost: Option<Cost>,
    /// Width of [`Scalar::Index`] in bits: 32 or 64.
    pub index_bits: u32,
    /// Workgroup arrays.
    pub shared: Vec<SharedArray>,
    /// Mutable scalars.
    pub locals: Vec<Local>,
    /// Values.
    pub values: Vec<Value>,
    /// Portable matrix fragments.
    pub fragments: Vec<Fragment>,
    /// The program.
    pub body: Block,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name in the source.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
    /// Buffer, scalar or tensor map.
    pub kind: ParamKind,
}

/// What a parameter is.
#[derive(Debug, Clone, PartialEq)]
pub enum ParamKind {
    /// A global buffer.
    Buffer {
        /// Declared element type.
        element: Scalar,
        /// Read, written, or both.
        access: Access,
        /// Whether earlier kernels may still be writing it.
        role: ParamRole,
        /// Dimensions; their product is the number of elements. Empty: length unknown.
        shape: Vec<Sym>,
        /// The base address is a multiple of this many bytes; beyond an element's size, a condition of
        /// the launch (text without it says 16).
        align: u32,
    },
    /// A scalar by value.
    Scalar(Scalar),
    /// A tensor map (PTX `.param .align 64 .b8[128]`) over some global tensor.
    TensorMap {
        /// Element type.
        element: Scalar,
        /// Elements of the box along each axis, innermost first.
        tile: Vec<u32>,
        /// How the box lies in shared memory.
        swizzle: Swizzle,
        /// The tensor behind it, from which the launcher makes the map; without, the caller makes it.
        of: Option<Box<MappedTensor>>,
    },
}

/// A tensor argument that the kernel gets as a tensor map.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MappedTensor {
    /// Read, written, or both.
    pub access: Access,
    /// Its dimensions, outermost first.
    pub shape: Vec<Sym>,
    /// Extents as the map has them, innermost first.
    pub dims: Vec<Sym>,
    /// Elements from one index to the next along each axis but the innermost.
    pub strides: Vec<Sym>,
}

/// How a buffer parameter is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// `&[T]`.
    Read,
    /// `&mut [T]`, written and never read.
    Write,
    /// `&mut [T]`, read and written (atomics included).
    ReadWrite,
}

/// Whether a buffer may depend on the previous kernel of a dependent launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParamRole {
    /// `Weights<T>`: no earlier kernel writes it; may be read before the dependency wait and through
    /// the non-coherent path.
    Weights,
    /// Everything else.
    Activations,
}

/// Shared-memory swizzle of tensor copies and matrix descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Swizzle {
    /// Rows as they are.
    None,
    /// 32-byte span.
    B32,
    /// 64-byte span.
    B64,
    /// 128-byte span: 16-byte chunk `c` of row `r` lies at `c ^ (r % 8)`.
    B128,
}

/// An array in workgroup memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedArray {
    /// Its name in the source.
    pub name: String,
    /// Element type; an mbarrier is one `U64`.
    pub element: Scalar,
    /// Elements.
    pub len: u32,
    /// Alignment in bytes.
    pub align: u32,
    /// Where it is declared.
    pub span: Span,
}

/// A mutable scalar in registers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Its type.
    pub ty: Scalar,
    /// Its name in the source, for readable output; need not be unique.
    pub name: String,
    /// Where it is declared.
    pub span: Span,
}

/// The result of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// Its type.
    pub ty: Scalar,
    /// Where the expression stands.
    pub span: Span,
}

/// A portable, opaque matrix fragment, mutable, owned by one subgroup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Which operand of the product it is.
    pub role: FragmentRole,
    /// `F16` or `F32`, `Bf16` on PTX only; accumulators are `F32`.
    pub element: Scalar,
    /// Rows and columns: 8 x 8 or 16 x 16.
    pub size: u32,
    /// Where it is declared.
    pub span: Span,
}

/// The operand that a fragment stands for in `C += A * B`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FragmentRole {
    /// Left.
    A,
    /// Right.
    B,
    /// Accumulator.
    C,
}

impl Module {
    /// The type of an operand.
    pub fn type_of(&self, operand: Operand) -> Scalar {
        match operand {
            Operand::Value(id) => self.values[id.index()].ty,
            Operand::Const(c) => c.ty,
        }
    }

    /// Threads of a workgroup, all axes.
    pub fn thread_count(&self) -> u32 {
        self.threads.iter().product()
    }

    /// Byte offset of each workgroup array, in declaration order, and the total size.
    pub fn shared_layout(&self) -> (Vec<u32>, u32) {
        let mut end = 0u32;
        let mut offsets = Vec::with_capacity(self.shared.len());
        for array in &self.shared {
            end = end.next_multiple_of(array.align.max(array.element.size()));
            offsets.push(end);
            end = end.saturating_add(array.len.saturating_mul(array.element.size()));
        }
        (offsets, end)
    }
}

impl Operand {
    /// The constant, if it is one.
    pub fn as_const(self) -> Option<Const> {
        match self {
            Operand::Const(c) => Some(c),
            Operand::Value(_) => None,
        }
    }

    /// The constant integer, if it is one.
    pub fn as_int(self) -> Option<i128> {
        self.as_const().and_then(Const::as_int)
    }
}

impl From<Const> for Operand {
    fn from(c: Const) -> Self {
        Operand::Const(c)
    }
}

impl From<ValueId> for Operand {
    fn from(id: ValueId) -> Self {
        Operand::Value(id)
    }
}
