//! What the launcher guarantees: symbolic sizes over scalar parameters, and conditions on them.

use super::ParamId;

/// A non-negative size: a polynomial-like expression over `u32` scalar parameters. Exact (no wrap).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sym {
    /// A number.
    Const(u64),
    /// A scalar parameter.
    Param(ParamId),
    /// Sum.
    Add(Box<Sym>, Box<Sym>),
    /// Difference, never negative.
    Sub(Box<Sym>, Box<Sym>),
    /// Product.
    Mul(Box<Sym>, Box<Sym>),
    /// Quotient, rounded down.
    Div(Box<Sym>, Box<Sym>),
    /// Quotient, rounded up.
    CeilDiv(Box<Sym>, Box<Sym>),
    /// Remainder.
    Rem(Box<Sym>, Box<Sym>),
    /// The smaller one.
    Min(Box<Sym>, Box<Sym>),
    /// The larger one.
    Max(Box<Sym>, Box<Sym>),
}

impl Sym {
    /// The two sizes that this one is computed from; `None` for a number and a parameter.
    pub fn operands(&self) -> Option<(&Sym, &Sym)> {
        match self {
            Sym::Const(_) | Sym::Param(_) => None,
            Sym::Add(a, b)
            | Sym::Sub(a, b)
            | Sym::Mul(a, b)
            | Sym::Div(a, b)
            | Sym::CeilDiv(a, b)
            | Sym::Rem(a, b)
            | Sym::Min(a, b)
            | Sym::Max(a, b) => Some((a, b)),
        }
    }
}

/// What one launch costs by the kernel's own account.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cost {
    /// Bytes read from and written to global memory.
    pub bytes: Sym,
    /// Floating-point operations; a fused multiply-add is two.
    pub flops: Sym,
}

/// A condition that holds whenever the instance is launched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `left op right`.
    Compare(Sym, Comparison, Sym),
    /// The buffer's base address (its first element) is a multiple of `bytes`.
    Aligned {
        /// The buffer.
        param: ParamId,
        /// The multiple in bytes.
        bytes: u32,
    },
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
