//! Constant folding of pure operations, exactly as the module's semantics say.

use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Comparison, Const, Module, Operand, Scalar};

/// The result of `op`, where it is known: constants, and identities such as `x + 0`.
pub fn fold(op: &ArithOp, module: &Module) -> Option<Operand> {
    match *op {
        ArithOp::Unary(op, a) => unary(op, a.as_const()?).map(Operand::Const),
        ArithOp::Binary { op, a, b, ftz: false } => {
            if let (Some(a), Some(b)) = (a.as_const(), b.as_const()) {
                return binary(op, a, b).map(Operand::Const);
            }
            identity(op, a, b, module.type_of(a))
        }
        ArithOp::Compare(op, a, b) => {
            compare(op, a.as_const()?, b.as_const()?).map(|c| Operand::Const(Const::bool(c)))
        }
        ArithOp::Select { condition, a, b } => {
            Some(if condition.as_const()?.as_bool()? { a } else { b })
        }
        ArithOp::Convert(ty, a) => convert(ty, a.as_const()?).map(Operand::Const),
        ArithOp::Bitcast(ty, a) => Some(Operand::Const(Const { ty, bits: a.as_const()?.bits })),
        _ => None,
    }
}

fn unary(op: UnaryOp, a: Const) -> Option<Const> {
    if let Some(x) = a.as_f32() {
        return match op {
            UnaryOp::Neg => Some(Const::f32(-x)),
            UnaryOp::Abs => Some(Const::f32(x.abs())),
            _ => None,
        };
    }
    let value = a.as_int()?;
    match op {
        UnaryOp::Not if a.ty == Scalar::Bool => Some(Const::bool(value == 0)),
        UnaryOp::Not => Some(Const::int(a.ty, !value)),
        UnaryOp::Neg => Some(Const::int(a.ty, -value)),
        UnaryOp::CountOnes => Some(Const::u32(a.bits.count_ones())),
        _ => None,
    }
}

fn binary(op: BinaryOp, a: Const, b: Const) -> Option<Const> {
    if let (Some(x), Some(y)) = (a.as_f32(), b.as_f32()) {
        let value = match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x * y,
            BinaryOp::Div => x / y,
            BinaryOp::Min => x.min(y),
            BinaryOp::Max => x.max(y),
            _ => return None,
        };
        return Some(Const::f32(value));
    }
    let (x, y) = (a.as_int()?, b.as_int()?);
    let bits = if a.ty == Scalar::Bool { 1 } else { i128::from(a.ty.size()) * 8 };
    let value = match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x.wrapping_mul(y),
        BinaryOp::Div if y == 0 => 0,
        BinaryOp::Div => x / y,
        BinaryOp::Rem if y == 0 => 0,
        BinaryOp::Rem => x % y,
        BinaryOp::And => x & y,
        BinaryOp::Or => x | y,
        BinaryOp::Xor => x ^ y,
        BinaryOp::Shl if y >= bits => 0,
        BinaryOp::Shl => x << y,
        BinaryOp::Shr => x >> y.min(127),
        BinaryOp::Min => x.min(y),
        BinaryOp::Max => x.max(y),
        BinaryOp::MulHigh => return None,
    };
    Some(Const::int(a.ty, value))
}

/// `x + 0`, `x * 1`, `x * 0`, `b && true` and their like; integers and truth values only.
fn identity(op: BinaryOp, a: Operand, b: Operand, ty: Scalar) -> Option<Operand> {
    if ty.is_float() {
        return None;
    }
    let (x, y) = (a.as_int(), b.as_int());
    match op {
        BinaryOp::Add | BinaryOp::Or | BinaryOp::Xor if x == Some(0) => Some(b),
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Or | BinaryOp::Xor if y == Some(0) => Some(a),
        BinaryOp::Shl | BinaryOp::Shr if y == Some(0) => Some(a),
        BinaryOp::Mul | BinaryOp::And if x == Some(0) || y == Some(0) => {
            Some(Operand::Const(Const::int(ty, 0)))
        }
        BinaryOp::Mul if x == Some(1) => Some(b),
        BinaryOp::Mul | BinaryOp::Div if y == Some(1) => Some(a),
        BinaryOp::Rem if y == Some(1) => Some(Operand::Const(Const::int(ty, 0))),
        BinaryOp::And if ty == Scalar::Bool && x == Some(1) => Some(b),
        BinaryOp::And if ty == Scalar::Bool && y == Some(1) => Some(a),
        _ => None,
    }
}

fn compare(op: Comparison, a: Const, b: Const) -> Option<bool> {
    let order = match (a.as_f32(), b.as_f32()) {
        (Some(x), Some(y)) => x.partial_cmp(&y)?,
        _ => a.as_int()?.cmp(&b.as_int()?),
    };
    Some(match op {
        Comparison::Eq => order.is_eq(),
        Comparison::Ne => order.is_ne(),
        Comparison::Lt => order.is_lt(),
        Comparison::Le => order.is_le(),
        Comparison::Gt => order.is_gt(),
        Comparison::Ge => order.is_ge(),
    })
}

fn convert(ty: Scalar, a: Const) -> Option<Const> {
    match (a.as_int(), a.as_f32()) {
        (Some(value), _) if ty.is_integer() => Some(Const::int(ty, value)),
        (Some(value), _) if ty == Scalar::F32 => Some(Const::f32(value as f32)),
        (None, Some(x)) if ty == Scalar::F32 => Some(Const::f32(x)),
        (None, Some(x)) if ty == Scalar::F16 => {
            Some(Const { ty, bits: u64::from(half::f16::from_f32(x).to_bits()) })
        }
        (None, Some(x)) if ty == Scalar::Bf16 => {
            Some(Const { ty, bits: u64::from(half::bf16::from_f32(x).to_bits()) })
        }
        _ => None,
    }
}
