//! Typed constants.

use super::Scalar;

/// A constant: its type and its bits (zero-extended; floats in their own encoding).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Const {
    /// The type.
    pub ty: Scalar,
    /// The bits, zero-extended to 64. `Bool` is 0 or 1.
    pub bits: u64,
}

impl Const {
    /// An integer of type `ty`, wrapped to its width.
    pub fn int(ty: Scalar, value: i128) -> Const {
        let bits = match ty {
            Scalar::Index | Scalar::U64 | Scalar::I64 => value as u64,
            _ => (value as u64) & (u64::MAX >> (64 - 8 * ty.size())),
        };
        Const { ty, bits }
    }

    /// A `u32`.
    pub fn u32(value: u32) -> Const {
        Const { ty: Scalar::U32, bits: u64::from(value) }
    }

    /// An `index`.
    pub fn index(value: u64) -> Const {
        Const { ty: Scalar::Index, bits: value }
    }

    /// An `f32`.
    pub fn f32(value: f32) -> Const {
        Const { ty: Scalar::F32, bits: u64::from(value.to_bits()) }
    }

    /// A truth value.
    pub fn bool(value: bool) -> Const {
        Const { ty: Scalar::Bool, bits: u64::from(value) }
    }

    /// The value of an integer or truth constant, sign-extended where the type is signed.
    pub fn as_int(self) -> Option<i128> {
        match self.ty {
            Scalar::I8 => Some(i128::from(self.bits as u8 as i8)),
            Scalar::I16 => Some(i128::from(self.bits as u16 as i16)),
            Scalar::I32 => Some(i128::from(self.bits as u32 as i32)),
            Scalar::I64 => Some(i128::from(self.bits as i64)),
            ty if ty.is_float() => None,
            _ => Some(i128::from(self.bits)),
        }
    }

    /// The value of an `f32` constant.
    pub fn as_f32(self) -> Option<f32> {
        (self.ty == Scalar::F32).then(|| f32::from_bits(self.bits as u32))
    }

    /// The value of a truth constant.
    pub fn as_bool(self) -> Option<bool> {
        (self.ty == Scalar::Bool).then_some(self.bits != 0)
    }
}
