//! [`ScalarValue`]: a scalar argument of a launch.

use crate::{DType, Error};

/// A scalar argument, passed by value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScalarValue {
    /// `f32`.
    F32(f32),
    /// `f16`.
    F16(half::f16),
    /// `bf16`.
    Bf16(half::bf16),
    /// `i32`.
    I32(i32),
    /// `u32`.
    U32(u32),
    /// `i64`.
    I64(i64),
    /// `u64`.
    U64(u64),
}

impl ScalarValue {
    /// Its element type.
    pub const fn dtype(self) -> DType {
        match self {
            ScalarValue::F32(_) => DType::F32,
            ScalarValue::F16(_) => DType::F16,
            ScalarValue::Bf16(_) => DType::Bf16,
            ScalarValue::I32(_) => DType::I32,
            ScalarValue::U32(_) => DType::U32,
            ScalarValue::I64(_) => DType::I64,
            ScalarValue::U64(_) => DType::U64,
        }
    }

    /// Its bits, zero-extended to 64: what a little-endian PTX parameter of its size reads.
    pub(crate) fn bits(self) -> u64 {
        match self {
            ScalarValue::F32(value) => u64::from(value.to_bits()),
            ScalarValue::F16(value) => u64::from(value.to_bits()),
            ScalarValue::Bf16(value) => u64::from(value.to_bits()),
            ScalarValue::I32(value) => u64::from(value as u32),
            ScalarValue::U32(value) => u64::from(value),
            ScalarValue::I64(value) => value as u64,
            ScalarValue::U64(value) => value,
        }
    }

    /// The 4-byte field of a WGSL uniform buffer; 64-bit values must fit 32 bits.
    pub(crate) fn word(self) -> Result<u32, Error> {
        match self {
            ScalarValue::I64(value) => i32::try_from(value)
                .map(|value| value as u32)
                .map_err(|_| Error::ScalarTooLarge { value: value.to_string() }),
            ScalarValue::U64(value) => {
                u32::try_from(value).map_err(|_| Error::ScalarTooLarge { value: value.to_string() })
            }
            other => Ok(other.bits() as u32),
        }
    }
}

macro_rules! from_scalars {
    ($($rust:ty => $variant:ident),* $(,)?) => {$(
        impl From<$rust> for ScalarValue {
            fn from(value: $rust) -> Self {
                ScalarValue::$variant(value)
            }
        }
    )*};
}

from_scalars! {
    f32 => F32,
    half::f16 => F16,
    half::bf16 => Bf16,
    i32 => I32,
    u32 => U32,
    i64 => I64,
    u64 => U64,
}
