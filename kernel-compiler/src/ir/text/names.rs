//! The words of the text form for the IR's plain enumerations.

use crate::ir::op::{
    AtomicOp, BinaryOp, L1Hint, L2Hint, MemoryOrder, ReduceOp, Scope, ShuffleMode, UnaryOp,
    VoteMode,
};
use crate::ir::{Comparison, FragmentRole, Swizzle};

/// A type with a word for each of its values.
pub(super) trait Named: Copy + PartialEq + 'static {
    /// Every value with its word.
    const NAMES: &'static [(Self, &'static str)];

    /// The word of a value.
    fn word(self) -> &'static str {
        Self::NAMES.iter().find(|(v, _)| *v == self).map_or("?", |(_, word)| word)
    }

    /// The value of a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, w)| *w == word).map(|(v, _)| *v)
    }
}

macro_rules! named {
    ($($ty:ident { $($variant:ident = $word:literal),* $(,)? })*) => {$(
        impl Named for $ty {
            const NAMES: &'static [(Self, &'static str)] = &[$(($ty::$variant, $word)),*];
        }
    )*};
}

named! {
    UnaryOp {
        Neg = "neg", Not = "not", Abs = "abs", Sqrt = "sqrt", Rsqrt = "rsqrt", Rcp = "rcp",
        Exp = "exp", Exp2 = "exp2", Log = "log", Log2 = "log2", Sin = "sin", Cos = "cos",
        Tanh = "tanh", Floor = "floor", Ceil = "ceil", Trunc = "trunc", Round = "round",
        Exp2Approx = "exp2_approx", Log2Approx = "log2_approx", RcpApprox = "rcp_approx",
        RsqrtApprox = "rsqrt_approx", TanhApprox = "tanh_approx", CountOnes = "count_ones",
        LeadingZeros = "leading_zeros", TrailingZeros = "trailing_zeros",
        ReverseBits = "reverse_bits",
    }
    BinaryOp {
        Add = "add", Sub = "sub", Mul = "mul", MulHigh = "mul_high", Div = "div", Rem = "rem",
        And = "and", Or = "or", Xor = "xor", Shl = "shl", Shr = "shr", Min = "min", Max = "max",
    }
    Comparison { Eq = "eq", Ne = "ne", Lt = "lt", Le = "le", Gt = "gt", Ge = "ge" }
    AtomicOp {
        Add = "add", Min = "min", Max = "max", And = "and", Or = "or", Xor = "xor",
        Exchange = "exchange",
    }
    Scope { Workgroup = "workgroup", Cluster = "cluster", Device = "device", System = "system" }
    MemoryOrder {
        Relaxed = "relaxed", Acquire = "acquire", Release = "release",
        AcquireRelease = "acquire_release",
    }
    L1Hint {
        Default = "l1_default", NoAllocate = "l1_no_allocate", EvictFirst = "l1_evict_first",
        EvictLast = "l1_evict_last",
    }
    L2Hint { Default = "l2_default", EvictFirst = "l2_evict_first", EvictLast = "l2_evict_last" }
    ReduceOp {
        Add = "add", Min = "min", Max = "max", And = "and", Or = "or", Xor = "xor",
    }
    ShuffleMode { Xor = "xor", Up = "up", Down = "down", Index = "index" }
    VoteMode { Any = "any", All = "all", Ballot = "ballot" }
    Swizzle { None = "none", B32 = "b32", B64 = "b64", B128 = "b128" }
    FragmentRole { A = "a", B = "b", C = "c" }
}

/// The sign of a comparison in conditions.
pub(super) const SIGNS: [(Comparison, &str); 6] = [
    (Comparison::Eq, "=="),
    (Comparison::Ne, "!="),
    (Comparison::Lt, "<"),
    (Comparison::Le, "<="),
    (Comparison::Gt, ">"),
    (Comparison::Ge, ">="),
];
