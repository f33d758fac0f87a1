//! Arithmetic (`Op::Arith`): pure functions of register contents.

use super::fault::{Exec, FaultKind};
use super::float::{decode, encode, flush, half_of};
use super::integer;
use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Comparison, Module, Operand, Scalar};

/// Evaluates an operation; `get` reads an operand. The second result is only [`ArithOp::Unpack`]'s.
pub(super) fn evaluate(
    op: &ArithOp,
    module: &Module,
    get: &dyn Fn(Operand) -> u64,
) -> Exec<(u64, u64)> {
    let bits = module.index_bits;
    let one = |value: u64| Ok((value, 0));
    match *op {
        ArithOp::Unary(op, a) => one(unary(op, module.type_of(a), get(a), bits)?),
        ArithOp::Binary { op, a, b, ftz } => {
            one(binary(op, module.type_of(a), get(a), get(b), ftz, bits)?)
        }
        ArithOp::Fma { a, b, c, ftz } => one(fma(module.type_of(a), [a, b, c].map(get), ftz)?),
        ArithOp::Compare(comparison, a, b) => {
            one(u64::from(compare(comparison, module.type_of(a), get(a), get(b))))
        }
        ArithOp::Select { condition, a, b } => one(get(if get(condition) != 0 { a } else { b })),
        ArithOp::Convert(to, a) => one(convert(module.type_of(a), to, get(a), bits)?),
        ArithOp::Bitcast(to, a) => {
            let from = module.type_of(a);
            if from.size() != to.size() {
                let (from, to) = (from.name(), to.name());
                return Err(FaultKind::Operands(format!("bit cast of {from} to {to}")));
            }
            one(get(a))
        }
        ArithOp::Pack(to, a, b) => one(pack(to, module.type_of(a), get(a), get(b))),
        ArithOp::Unpack(a) => {
            let half = half_of(module.type_of(a))
                .ok_or_else(|| FaultKind::Operands("unpack of an unpacked type".to_owned()))?;
            let word = get(a);
            let wide = |bits: u64| encode(Scalar::F32, decode(half, bits & 0xFFFF));
            Ok((wide(word), wide(word >> 16)))
        }
        ArithOp::Lop3 { operands, table } => one(lop3(operands.map(get), table)),
        ArithOp::Prmt { a, b, selector } => one(prmt(get(a), get(b), get(selector))),
        ArithOp::BitfieldExtract { value, offset, width } => {
            one(bitfield(module.type_of(value), get(value), get(offset), get(width)))
        }
        ArithOp::Dot4 { a, b, c } => {
            let (a, b) = ((get(a) as u32).to_le_bytes(), (get(b) as u32).to_le_bytes());
            let products = a.iter().zip(b).map(|(x, y)| i32::from(*x as i8) * i32::from(y as i8));
            let sum = products.fold(get(c) as u32 as i32, i32::wrapping_add);
            one(u64::from(sum as u32))
        }
    }
}

fn unary(op: UnaryOp, ty: Scalar, a: u64, index_bits: u32) -> Exec<u64> {
    if let Some(half) = half_of(ty) {
        let low = unary(op, half, a & 0xFFFF, index_bits)?;
        return Ok(low | unary(op, half, a >> 16, index_bits)? << 16);
    }
    if !ty.is_float() {
        return integer::unary(op, ty, a, index_bits);
    }
    let sign = 1u64 << (8 * ty.size() - 1);
    match op {
        UnaryOp::Neg => return Ok(a ^ sign),
        UnaryOp::Abs => return Ok(a & !sign),
        _ => {}
    }
    let x = decode(ty, a);
    let flushed = |f: fn(f64) -> f64| f64::from(flush(f(f64::from(flush(x as f32))) as f32));
    let y = match op {
        UnaryOp::Sqrt => x.sqrt(),
        UnaryOp::Rsqrt => 1.0 / x.sqrt(),
        UnaryOp::Rcp => 1.0 / x,
        UnaryOp::Exp => x.exp(),
        UnaryOp::Exp2 => x.exp2(),
        UnaryOp::Log => x.ln(),
        UnaryOp::Log2 => x.log2(),
        UnaryOp::Sin => x.sin(),
        UnaryOp::Cos => x.cos(),
        UnaryOp::Tanh | UnaryOp::TanhApprox => x.tanh(),
        UnaryOp::Floor => x.floor(),
        UnaryOp::Ceil => x.ceil(),
        UnaryOp::Trunc => x.trunc(),
        UnaryOp::Round => x.round_ties_even(),
        UnaryOp::Exp2Approx => flushed(f64::exp2),
        UnaryOp::Log2Approx => flushed(f64::log2),
        UnaryOp::RcpApprox => flushed(f64::recip),
        UnaryOp::RsqrtApprox => flushed(|x| 1.0 / x.sqrt()),
        _ => return Err(FaultKind::Operands(format!("{op:?} of {}", ty.name()))),
    };
    Ok(encode(ty, y))
}

/// `a op b` for every type. Used by atomics and reductions too.
pub(super) fn binary(
    op: BinaryOp,
    ty: Scalar,
    a: u64,
    b: u64,
    ftz: bool,
    index_bits: u32,
) -> Exec<u64> {
    if let Some(half) = half_of(ty) {
        let low = binary(op, half, a & 0xFFFF, b & 0xFFFF, ftz, index_bits)?;
        return Ok(low | binary(op, half, a >> 16, b >> 16, ftz, index_bits)? << 16);
    }
    if ty == Scalar::Bool {
        return match op {
            BinaryOp::And => Ok(a & b),
            BinaryOp::Or => Ok(a | b),
            BinaryOp::Xor => Ok(a ^ b),
            _ => Err(FaultKind::Operands(format!("{op:?} of bool"))),
        };
    }
    if !ty.is_float() {
        return integer::binary(op, ty, a, b, index_bits);
    }
    let (mut x, mut y) = (decode(ty, a), decode(ty, b));
    if ftz && ty == Scalar::F32 {
        (x, y) = (f64::from(flush(x as f32)), f64::from(flush(y as f32)));
    }
    // One operation on f64 rounded to f32 or less is correctly rounded: 53 >= 2 * 24 + 2.
    let result = match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::Div => x / y,
        BinaryOp::Rem => x % y,
        BinaryOp::Min => lesser(x, y),
        BinaryOp::Max => -lesser(-x, -y),
        _ => return Err(FaultKind::Operands(format!("{op:?} of {}", ty.name()))),
    };
    let bits = encode(ty, result);
    if ftz && ty == Scalar::F32 {
        return Ok(u64::from(flush(f32::from_bits(bits as u32)).to_bits()));
    }
    Ok(bits)
}

/// The smaller one; a NaN loses, and -0 is below +0.
fn lesser(x: f64, y: f64) -> f64 {
    if x == y { if x.is_sign_negative() { x } else { y } } else { x.min(y) }
}

fn fma(ty: Scalar, [a, b, c]: [u64; 3], ftz: bool) -> Exec<u64> {
    if let Some(half) = half_of(ty) {
        let low = fma(half, [a, b, c].map(|x| x & 0xFFFF), ftz)?;
        return Ok(low | fma(half, [a, b, c].map(|x| x >> 16), ftz)? << 16);
    }
    match ty {
        Scalar::F32 => {
            let [x, y, z] = [a, b, c].map(|bits| f32::from_bits(bits as u32));
            let result =
                if ftz { flush(flush(x).mul_add(flush(y), flush(z))) } else { x.mul_add(y, z) };
            Ok(u64::from(result.to_bits()))
        }
        Scalar::F16 => Ok(encode(ty, decode(ty, a).mul_add(decode(ty, b), decode(ty, c)))),
        Scalar::Bf16 => {
            let [x, y, z] = [a, b, c].map(|bits| decode(ty, bits) as f32);
            Ok(encode(ty, f64::from(x.mul_add(y, z))))
        }
        _ => Err(FaultKind::Operands(format!("fma of {}", ty.name()))),
    }
}

fn compare(comparison: Comparison, ty: Scalar, a: u64, b: u64) -> bool {
    let order = if ty.is_float() {
        decode(ty, a).partial_cmp(&decode(ty, b))
    } else {
        Some(integer::value(ty, a).cmp(&integer::value(ty, b)))
    };
    match comparison {
        Comparison::Eq => order.is_some_and(|o| o.is_eq()),
        Comparison::Ne => !order.is_some_and(|o| o.is_eq()),
        Comparison::Lt => order.is_some_and(|o| o.is_lt()),
        Comparison::Le => order.is_some_and(|o| o.is_le()),
        Comparison::Gt => order.is_some_and(|o| o.is_gt()),
        Comparison::Ge => order.is_some_and(|o| o.is_ge()),
    }
}

fn convert(from: Scalar, to: Scalar, bits: u64, index_bits: u32) -> Exec<u64> {
    let packed = half_of(from).is_some() || half_of(to).is_some();
    if packed {
        let (from, to) = (from.name(), to.name());
        return Err(FaultKind::Operands(format!("conversion of {from} to {to}")));
    }
    if from.is_float() && to.is_float() {
        return Ok(if from == to { bits } else { encode(to, decode(from, bits)) });
    }
    if to == Scalar::Bool {
        let zero = if from.is_float() { decode(from, bits) == 0.0 } else { bits == 0 };
        return Ok(u64::from(!zero));
    }
    if from.is_float() {
        let x = decode(from, bits);
        let width = integer::width(to, index_bits);
        let (low, high) = if to.is_signed() {
            (-(1i128 << (width - 1)), (1i128 << (width - 1)) - 1)
        } else {
            (0, (1i128 << width) - 1)
        };
        // `as` truncates toward zero, saturates and turns NaN into 0.
        return Ok(integer::wrap((x as i128).clamp(low, high), width));
    }
    let x = integer::value(from, bits);
    if to.is_float() {
        // i128 to f32 rounds once; 16-bit targets of values below 2^53 go through an exact f64.
        let wide = if to == Scalar::F32 { f64::from(x as f32) } else { x as f64 };
        return Ok(encode(to, wide));
    }
    if to == Scalar::Index {
        return integer::index(x, index_bits, "conversion to index");
    }
    Ok(integer::wrap(x, integer::width(to, index_bits)))
}

fn pack(to: Scalar, from: Scalar, a: u64, b: u64) -> u64 {
    let (half, shift) = match half_of(to) {
        Some(half) => (half, 16),
        None => (to, 8),
    };
    encode(half, decode(from, a)) | encode(half, decode(from, b)) << shift
}

fn lop3([a, b, c]: [u64; 3], table: u8) -> u64 {
    let mut result = 0u64;
    for bit in 0..32 {
        let row = (a >> bit & 1) << 2 | (b >> bit & 1) << 1 | (c >> bit & 1);
        result |= u64::from(table >> row & 1) << bit;
    }
    result
}

fn prmt(a: u64, b: u64, selector: u64) -> u64 {
    let bytes = (a & 0xFFFF_FFFF) | (b << 32);
    let mut result = 0u64;
    for lane in 0..4 {
        let nibble = selector >> (4 * lane) & 0xF;
        let byte = bytes >> (8 * (nibble & 7)) & 0xFF;
        let chosen = if nibble & 8 == 0 { byte } else { (byte >> 7) * 0xFF };
        result |= chosen << (8 * lane);
    }
    result
}

fn bitfield(ty: Scalar, value: u64, offset: u64, width: u64) -> u64 {
    if width == 0 {
        return 0;
    }
    let width = width.min(32);
    let shifted = integer::value(ty, value) >> offset.min(64);
    let field = shifted & ((1i128 << width) - 1);
    let negative = ty.is_signed() && field >> (width - 1) & 1 == 1;
    integer::wrap(if negative { field - (1i128 << width) } else { field }, 32)
}
