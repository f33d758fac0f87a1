//! Constants in text: `3u32`, `-1i8`, `7index`, `true`, `1.5f32`, `f16x2(0x3c003c00)`.

use crate::ir::ty::SCALARS;
use crate::ir::{Const, Scalar};
use half::{bf16, f16};

/// The text of a constant.
pub(super) fn write(constant: Const) -> String {
    let name = constant.ty.name();
    let wide = match constant.ty {
        Scalar::Bool => return (constant.bits != 0).to_string(),
        Scalar::F32 => f32::from_bits(constant.bits as u32),
        Scalar::F16 => f16::from_bits(constant.bits as u16).to_f32(),
        Scalar::Bf16 => bf16::from_bits(constant.bits as u16).to_f32(),
        _ => f32::NAN,
    };
    match constant.as_int() {
        Some(value) => format!("{value}{name}"),
        None if wide.is_finite() => format!("{wide:?}{name}"),
        None => bits(constant),
    }
}

fn bits(constant: Const) -> String {
    format!("{}({:#x})", constant.ty.name(), constant.bits)
}

/// A number with its type as suffix.
pub(super) fn read(text: &str) -> Option<Const> {
    let mut found: Option<(&str, Scalar)> = None;
    for (ty, name) in SCALARS {
        if let Some(digits) = text.strip_suffix(name)
            && found.is_none_or(|(known, _)| digits.len() < known.len())
        {
            found = Some((digits, ty));
        }
    }
    let (digits, ty) = found?;
    match ty {
        Scalar::F32 => Some(Const::f32(digits.parse().ok()?)),
        Scalar::F16 => {
            let value = f16::from_f32(digits.parse().ok()?);
            Some(Const { ty, bits: u64::from(value.to_bits()) })
        }
        Scalar::Bf16 => {
            let value = bf16::from_f32(digits.parse().ok()?);
            Some(Const { ty, bits: u64::from(value.to_bits()) })
        }
        _ if ty.is_integer() => integer(digits, ty),
        _ => None,
    }
}

fn integer(digits: &str, ty: Scalar) -> Option<Const> {
    let value: i128 = match digits.strip_prefix("0x") {
        Some(hexadecimal) => i128::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let constant = Const::int(ty, value);
    (constant.as_int() == Some(value)).then_some(constant)
}

/// The constant `ty(bits)`.
pub(super) fn from_bits(ty: Scalar, digits: &str) -> Option<Const> {
    let bits = u64::from_str_radix(digits.strip_prefix("0x")?, 16).ok()?;
    Some(Const { ty, bits })
}
