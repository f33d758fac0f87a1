//! Scalar types and uniformity.

/// The type of every value. Aggregates do not exist in the IR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scalar {
    /// A truth value; never in memory.
    Bool,
    /// 8-bit unsigned.
    U8,
    /// 8-bit signed.
    I8,
    /// 16-bit unsigned.
    U16,
    /// 16-bit signed.
    I16,
    /// 32-bit unsigned.
    U32,
    /// 32-bit signed.
    I32,
    /// 64-bit unsigned.
    U64,
    /// 64-bit signed.
    I64,
    /// An element index: 32 or 64 bits per instance, never negative.
    Index,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    Bf16,
    /// IEEE binary32.
    F32,
    /// 8-bit float, 4 exponent and 3 mantissa bits (OCP `E4M3`, no infinity).
    F8E4M3,
    /// 8-bit float, 5 exponent and 2 mantissa bits (OCP `E5M2`).
    F8E5M2,
    /// Two `f16` in 32 bits, the first in the low half.
    F16x2,
    /// Two `bf16` in 32 bits, the first in the low half.
    Bf16x2,
}

/// Every scalar type with its name in the source language and in printed IR.
pub const SCALARS: [(Scalar, &str); 17] = [
    (Scalar::Bool, "bool"),
    (Scalar::U8, "u8"),
    (Scalar::I8, "i8"),
    (Scalar::U16, "u16"),
    (Scalar::I16, "i16"),
    (Scalar::U32, "u32"),
    (Scalar::I32, "i32"),
    (Scalar::U64, "u64"),
    (Scalar::I64, "i64"),
    (Scalar::Index, "index"),
    (Scalar::F16, "f16"),
    (Scalar::Bf16, "bf16"),
    (Scalar::F32, "f32"),
    (Scalar::F8E4M3, "f8e4m3"),
    (Scalar::F8E5M2, "f8e5m2"),
    (Scalar::F16x2, "f16x2"),
    (Scalar::Bf16x2, "bf16x2"),
];

impl Scalar {
    /// The name in the source language and in printed IR.
    pub fn name(self) -> &'static str {
        SCALARS[self as usize].1
    }

    /// The type called `name`.
    pub fn from_name(name: &str) -> Option<Scalar> {
        SCALARS.iter().find(|(_, n)| *n == name).map(|(s, _)| *s)
    }

    /// Bytes in memory. `Index` and `Bool` do not live in memory; their register widths are given.
    pub fn size(self) -> u32 {
        match self {
            Scalar::Bool | Scalar::U8 | Scalar::I8 | Scalar::F8E4M3 | Scalar::F8E5M2 => 1,
            Scalar::U16 | Scalar::I16 | Scalar::F16 | Scalar::Bf16 => 2,
            Scalar::U32 | Scalar::I32 | Scalar::F32 | Scalar::F16x2 | Scalar::Bf16x2 => 4,
            Scalar::U64 | Scalar::I64 | Scalar::Index => 8,
        }
    }

    /// `f16 bf16 f32`, the 8-bit floats and the packed pairs.
    pub fn is_float(self) -> bool {
        matches!(
            self,
            Scalar::F16
                | Scalar::Bf16
                | Scalar::F32
                | Scalar::F8E4M3
                | Scalar::F8E5M2
                | Scalar::F16x2
                | Scalar::Bf16x2
        )
    }

    /// Whether it is a pair of 16-bit floats.
    pub fn is_packed(self) -> bool {
        matches!(self, Scalar::F16x2 | Scalar::Bf16x2)
    }

    /// Integers, `Index` included; not `Bool`.
    pub fn is_integer(self) -> bool {
        !self.is_float() && self != Scalar::Bool
    }

    /// Signed integers.
    pub fn is_signed(self) -> bool {
        matches!(self, Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64)
    }
}

/// For which set of threads a value is known to be the same, from the widest set to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Uniformity {
    /// Every thread of the launch.
    Grid,
    /// Every thread of a cluster of workgroups.
    Cluster,
    /// Every thread of a workgroup.
    Workgroup,
    /// Every thread of an aligned group of 128.
    WarpGroup,
    /// Every thread of a subgroup (warp).
    Subgroup,
    /// May differ from thread to thread.
    Varying,
}

/// The names of all scalar types, for suggestions.
pub fn scalar_names() -> impl Iterator<Item = &'static str> {
    SCALARS.iter().map(|(_, name)| *name)
}
