//! Constant folding and the identities that keep the text short.

use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Comparison, Const, Module, Operand, Scalar};
use half::{bf16, f16};

/// The operand that a legal operation equals, if that is known now.
pub(super) fn fold(op: &ArithOp, module: &Module) -> Option<Operand> {
    match *op {
        ArithOp::Unary(op, a) => unary(op, a.as_const()?).map(Operand::Const),
        ArithOp::Binary { op, a, b, .. } => match (a.as_const(), b.as_const()) {
            (Some(a), Some(b)) => binary(op, a, b).map(Operand::Const),
            _ => identity(op, a, b, module),
        },
        ArithOp::Fma { a, b, c, .. } => {
            let of = |x: Operand| x.as_const().and_then(Const::as_f32);
            finite(of(a)?.mul_add(of(b)?, of(c)?)).map(Operand::Const)
        }
        ArithOp::Compare(op, a, b) => {
            compare(op, a.as_const()?, b.as_const()?).map(|c| Const::bool(c).into())
        }
        ArithOp::Select { condition, a, b } => {
            match condition.as_const().and_then(Const::as_bool) {
                Some(true) => Some(a),
                Some(false) => Some(b),
                None => (a == b).then_some(a),
            }
        }
        ArithOp::Convert(ty, a) => convert(ty, a.as_const()?).map(Operand::Const),
        ArithOp::Bitcast(ty, a) if module.type_of(a) == ty => Some(a),
        ArithOp::Bitcast(ty, a) => {
            let finite_float =
                |c: &Const| ty != Scalar::F32 || f32::from_bits(c.bits as u32).is_finite();
            a.as_const().filter(finite_float).map(|c| Const { ty, bits: c.bits }.into())
        }
        ArithOp::Pack(ty, a, b) => pack(ty, a.as_const()?.as_f32()?, b.as_const()?.as_f32()?),
        ArithOp::BitfieldExtract { value, offset, width } => {
            extract(value.as_const()?, offset.as_int()?, width.as_int()?).map(Operand::Const)
        }
        ArithOp::Unpack(_) | ArithOp::Lop3 { .. } | ArithOp::Prmt { .. } | ArithOp::Dot4 { .. } => {
            None
        }
    }
}

fn finite(value: f32) -> Option<Const> {
    value.is_finite().then(|| Const::f32(value))
}

fn unary(op: UnaryOp, a: Const) -> Option<Const> {
    if let Some(x) = a.as_f32() {
        let wide = f64::from(x);
        return finite(match op {
            UnaryOp::Neg => -x,
            UnaryOp::Abs => x.abs(),
            UnaryOp::Sqrt => x.sqrt(),
            UnaryOp::Rsqrt | UnaryOp::RsqrtApprox => (1.0 / wide.sqrt()) as f32,
            UnaryOp::Rcp | UnaryOp::RcpApprox => 1.0 / x,
            UnaryOp::Exp => wide.exp() as f32,
            UnaryOp::Exp2 | UnaryOp::Exp2Approx => wide.exp2() as f32,
            UnaryOp::Log => wide.ln() as f32,
            UnaryOp::Log2 | UnaryOp::Log2Approx => wide.log2() as f32,
            UnaryOp::Sin => wide.sin() as f32,
            UnaryOp::Cos => wide.cos() as f32,
            UnaryOp::Tanh | UnaryOp::TanhApprox => wide.tanh() as f32,
            UnaryOp::Floor => x.floor(),
            UnaryOp::Ceil => x.ceil(),
            UnaryOp::Trunc => x.trunc(),
            UnaryOp::Round => x.round_ties_even(),
            _ => return None,
        });
    }
    if let Some(x) = a.as_bool() {
        return (op == UnaryOp::Not).then(|| Const::bool(!x));
    }
    let x = a.as_int()?;
    let bits = a.bits as u32;
    Some(match op {
        UnaryOp::Neg => Const::int(a.ty, -x),
        UnaryOp::Not => Const::int(a.ty, !x),
        UnaryOp::Abs => Const::int(a.ty, x.abs()),
        UnaryOp::CountOnes => Const::u32(bits.count_ones()),
        UnaryOp::LeadingZeros => Const::u32(bits.leading_zeros()),
        UnaryOp::TrailingZeros => Const::u32(bits.trailing_zeros()),
        UnaryOp::ReverseBits => Const::int(a.ty, i128::from(bits.reverse_bits())),
        _ => return None,
    })
}

fn binary(op: BinaryOp, a: Const, b: Const) -> Option<Const> {
    if let (Some(x), Some(y)) = (a.as_f32(), b.as_f32()) {
        return finite(match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x * y,
            BinaryOp::Div => x / y,
            BinaryOp::Rem => x % y,
            BinaryOp::Min => x.min(y),
            BinaryOp::Max => x.max(y),
            _ => return None,
        });
    }
    if let (Some(x), Some(y)) = (a.as_bool(), b.as_bool()) {
        return Some(Const::bool(match op {
            BinaryOp::And => x && y,
            BinaryOp::Or => x || y,
            BinaryOp::Xor => x != y,
            _ => return None,
        }));
    }
    let (x, y) = (a.as_int()?, b.as_int()?);
    let width = u32::try_from(y).unwrap_or(32).min(32);
    Some(Const::int(
        a.ty,
        match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x * y,
            BinaryOp::MulHigh => (x * y) >> 32,
            BinaryOp::Div => x.checked_div(y).unwrap_or(0),
            BinaryOp::Rem => x.checked_rem(y).unwrap_or(0),
            BinaryOp::And => x & y,
            BinaryOp::Or => x | y,
            BinaryOp::Xor => x ^ y,
            BinaryOp::Shl => x << width,
            BinaryOp::Shr => x >> width,
            BinaryOp::Min => x.min(y),
            BinaryOp::Max => x.max(y),
        },
    ))
}

/// `x + 0`, `x * 1`, `x * 0`, `x << 0` and their like, on integers and truth values.
fn identity(op: BinaryOp, a: Operand, b: Operand, module: &Module) -> Option<Operand> {
    let ty = module.type_of(a);
    let zero = Operand::Const(Const::int(ty, 0));
    if ty == Scalar::Bool {
        let (value, known) = match (a.as_const(), b.as_const()) {
            (Some(known), None) => (b, known.as_bool()?),
            (None, Some(known)) => (a, known.as_bool()?),
            _ => return None,
        };
        return match (op, known) {
            (BinaryOp::And, true) | (BinaryOp::Or | BinaryOp::Xor, false) => Some(value),
            (BinaryOp::And, false) | (BinaryOp::Or, true) => Some(Const::bool(known).into()),
            _ => None,
        };
    }
    if ty.is_float() {
        return None;
    }
    match (op, a.as_int(), b.as_int()) {
        (BinaryOp::Add | BinaryOp::Or | BinaryOp::Xor, Some(0), _) => Some(b),
        (BinaryOp::Mul, Some(1), _) | (BinaryOp::And, Some(0xffff_ffff | -1), _) => Some(b),
        (BinaryOp::And, _, Some(0xffff_ffff | -1)) => Some(a),
        (BinaryOp::Mul | BinaryOp::And, Some(0), _)
        | (BinaryOp::Mul | BinaryOp::And, _, Some(0)) => Some(zero),
        (
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::Shr,
            _,
            Some(0),
        ) => Some(a),
        (BinaryOp::Mul | BinaryOp::Div, _, Some(1)) => Some(a),
        (BinaryOp::Div | BinaryOp::Rem, _, Some(0)) | (BinaryOp::Rem, _, Some(1)) => Some(zero),
        (BinaryOp::Shl, _, Some(32..)) => Some(zero),
        (BinaryOp::Shr, _, Some(32..)) if ty == Scalar::U32 => Some(zero),
        _ => None,
    }
}

fn compare(op: Comparison, a: Const, b: Const) -> Option<bool> {
    use std::cmp::Ordering;
    let order = match (a.as_f32(), b.as_f32()) {
        (Some(x), Some(y)) => x.partial_cmp(&y)?,
        _ => a.as_int()?.cmp(&b.as_int()?),
    };
    Some(match op {
        Comparison::Eq => order == Ordering::Equal,
        Comparison::Ne => order != Ordering::Equal,
        Comparison::Lt => order == Ordering::Less,
        Comparison::Le => order != Ordering::Greater,
        Comparison::Gt => order == Ordering::Greater,
        Comparison::Ge => order != Ordering::Less,
    })
}

fn convert(to: Scalar, a: Const) -> Option<Const> {
    let x = match a.ty {
        Scalar::F32 => a.as_f32()?,
        Scalar::F16 => f16::from_bits(a.bits as u16).to_f32(),
        Scalar::Bf16 => bf16::from_bits(a.bits as u16).to_f32(),
        Scalar::U32 | Scalar::I32 if to == Scalar::F32 => return finite(a.as_int()? as f32),
        _ => return None,
    };
    match to {
        Scalar::F32 => finite(x),
        Scalar::F16 => Some(Const { ty: to, bits: f16::from_f32(x).to_bits().into() }),
        Scalar::Bf16 => Some(Const { ty: to, bits: bf16::from_f32(x).to_bits().into() }),
        // Rust's casts truncate, clamp and send NaN to 0 as the IR does.
        Scalar::U32 => Some(Const::u32(x as u32)),
        Scalar::I32 => Some(Const::int(to, i128::from(x as i32))),
        _ => None,
    }
}

fn pack(ty: Scalar, a: f32, b: f32) -> Option<Operand> {
    let (low, high) = match ty {
        Scalar::F16x2 => (f16::from_f32(a).to_bits(), f16::from_f32(b).to_bits()),
        Scalar::Bf16x2 => (bf16::from_f32(a).to_bits(), bf16::from_f32(b).to_bits()),
        _ => return None,
    };
    Some(Const { ty, bits: u64::from(low) | u64::from(high) << 16 }.into())
}

fn extract(value: Const, offset: i128, width: i128) -> Option<Const> {
    let (offset, width) =
        (u32::try_from(offset).ok()?.min(127), u32::try_from(width).ok()?.min(32));
    if width == 0 {
        return Some(Const::int(value.ty, 0));
    }
    let field = (value.as_int()? >> offset) & ((1i128 << width) - 1);
    let negative = value.ty.is_signed() && (field >> (width - 1)) & 1 == 1;
    Some(Const::int(value.ty, if negative { field - (1i128 << width) } else { field }))
}
