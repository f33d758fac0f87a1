//! Integer arithmetic: wrapping, total (division by zero and wide shifts are defined).

use super::fault::{Exec, FaultKind};
use crate::ir::Scalar;
use crate::ir::op::{BinaryOp, UnaryOp};

/// Bits of an integer type (`Index` as wide as the instance says).
pub(super) fn width(ty: Scalar, index_bits: u32) -> u32 {
    if ty == Scalar::Index { index_bits } else { 8 * ty.size() }
}

/// The number that the bits of an integer (or truth) type stand for.
pub(super) fn value(ty: Scalar, bits: u64) -> i128 {
    match ty {
        Scalar::I8 => i128::from(bits as u8 as i8),
        Scalar::I16 => i128::from(bits as u16 as i16),
        Scalar::I32 => i128::from(bits as u32 as i32),
        Scalar::I64 => i128::from(bits as i64),
        _ => i128::from(bits),
    }
}

/// The bits of `value` wrapped to `width`.
pub(super) fn wrap(value: i128, width: u32) -> u64 {
    if width >= 64 { value as u64 } else { (value as u64) & ((1u64 << width) - 1) }
}

/// An `Index` must not leave its range.
pub(super) fn index(value: i128, index_bits: u32, what: &str) -> Exec<u64> {
    if value < 0 || value >= (1i128 << index_bits) {
        return Err(FaultKind::IndexOverflow(format!("{what} gives {value}")));
    }
    Ok(value as u64)
}

/// `a op b` of one integer type; for shifts `b` is the amount.
pub(super) fn binary(op: BinaryOp, ty: Scalar, a: u64, b: u64, index_bits: u32) -> Exec<u64> {
    let width = width(ty, index_bits);
    let (x, y) = (value(ty, a), value(ty, b));
    let result = match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x.wrapping_mul(y),
        // The product of two u64 needs all 128 bits without a sign.
        BinaryOp::MulHigh if width == 64 && !ty.is_signed() => {
            ((u128::from(a) * u128::from(b)) >> 64) as i128
        }
        BinaryOp::MulHigh => (x * y) >> width,
        BinaryOp::Div => x.checked_div(y).unwrap_or(0),
        BinaryOp::Rem => x.checked_rem(y).unwrap_or(0),
        BinaryOp::And => x & y,
        BinaryOp::Or => x | y,
        BinaryOp::Xor => x ^ y,
        BinaryOp::Shl if b >= u64::from(width) => 0,
        BinaryOp::Shl => x << b,
        BinaryOp::Shr => x >> b.min(127),
        BinaryOp::Min => x.min(y),
        BinaryOp::Max => x.max(y),
    };
    if ty == Scalar::Index {
        // A product of two u64 above i128's range shows as a negative one.
        if result < 0 || result >= (1i128 << index_bits) {
            return Err(FaultKind::IndexOverflow(format!("{op:?}({x}, {y}) gives {result}")));
        }
    }
    Ok(wrap(result, width))
}

/// One-operand operations on integers and truth values.
pub(super) fn unary(op: UnaryOp, ty: Scalar, a: u64, index_bits: u32) -> Exec<u64> {
    if ty == Scalar::Bool {
        return match op {
            UnaryOp::Not => Ok(1 - (a & 1)),
            _ => Err(FaultKind::Operands(format!("{op:?} of bool"))),
        };
    }
    let width = width(ty, index_bits);
    let x = value(ty, a);
    match op {
        UnaryOp::Neg => Ok(wrap(-x, width)),
        UnaryOp::Not => Ok(wrap(!x, width)),
        UnaryOp::Abs => Ok(wrap(x.abs(), width)),
        UnaryOp::CountOnes => Ok(u64::from(a.count_ones())),
        UnaryOp::LeadingZeros => Ok(u64::from(a.leading_zeros() + width - 64)),
        UnaryOp::TrailingZeros => Ok(u64::from(a.trailing_zeros().min(width))),
        UnaryOp::ReverseBits => Ok(a.reverse_bits() >> (64 - width)),
        _ => Err(FaultKind::Operands(format!("{op:?} of {}", ty.name()))),
    }
}
