//! Integer division and remainder.
//!
//! `x / 0` and `x % 0` are 0. ptxas turns a division by a constant into the general sequence, so
//! constant divisors become shifts and high products here.
//!
//! Source: Granlund & Montgomery 1994, "Division by Invariant Integers using Multiplication", sec. 4.

use crate::ir::Scalar;
use crate::ir::op::BinaryOp;

use super::emitter::{Arg, Emitter};
use super::registers::{Class, Reg};

/// How to divide any `u32` by a constant that is not a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Magic {
    /// Low 32 bits of the multiplier.
    multiplier: u32,
    /// Whether the multiplier has a 33rd bit.
    wide: bool,
    /// Right shift of the high product.
    shift: u32,
}

/// The multiplier `ceil(2^(32 + shift) / divisor)` of the smallest width that is exact for all `u32`.
fn magic(divisor: u32) -> Magic {
    let floor_log = divisor.ilog2();
    let power = 1u64 << (32 + floor_log);
    let multiplier = power.div_ceil(u64::from(divisor));
    let excess = multiplier * u64::from(divisor) - power;
    if excess <= 1 << floor_log {
        return Magic { multiplier: multiplier as u32, wide: false, shift: floor_log };
    }
    let multiplier = (1u128 << (33 + floor_log)).div_ceil(u128::from(divisor));
    Magic { multiplier: multiplier as u32, wide: true, shift: floor_log }
}

impl Emitter<'_> {
    /// Division or remainder by an unknown divisor.
    pub fn divide(&mut self, op: BinaryOp, ty: Scalar, a: &Arg, b: &Arg) -> Reg {
        let (class, int) = (self.class(ty), self.int(ty));
        let name = if op == BinaryOp::Div { "div" } else { "rem" };
        let zero = self.op(Class::Pred, &format!("setp.eq.{int}"), &[b, &0]);
        let raw = self.op(class, &format!("{name}.{int}"), &[a, b]);
        let bits = if class == Class::B64 { "selp.b64" } else { "selp.b32" };
        let d = self.op(class, bits, &[&0, &raw, &zero]);
        // Only the smallest narrow integer by -1 leaves its type.
        if ty.is_signed() { self.extend(ty, d) } else { d }
    }

    /// Division or remainder by a constant.
    pub fn divide_const(&mut self, op: BinaryOp, ty: Scalar, a: &Arg, divisor: i128) -> Reg {
        let class = self.class(ty);
        let zero = Arg::Immediate("0".to_owned());
        if divisor == 0 || (op == BinaryOp::Rem && divisor.abs() == 1) {
            let d = self.fresh(class);
            self.mov(d, &zero);
            return d;
        }
        let d = if ty.is_signed() {
            self.divide_signed(op, ty, a, divisor)
        } else {
            self.divide_unsigned(op, ty, a, divisor as u64)
        };
        if ty.is_signed() { self.extend(ty, d) } else { d }
    }

    fn divide_unsigned(&mut self, op: BinaryOp, ty: Scalar, a: &Arg, divisor: u64) -> Reg {
        let (class, int) = (self.class(ty), self.int(ty));
        let bits = if class == Class::B64 { "b64" } else { "b32" };
        if divisor.is_power_of_two() {
            let shift = divisor.trailing_zeros();
            return match op {
                BinaryOp::Div => self.op(class, &format!("shr.{int}"), &[a, &shift]),
                _ => self.op(class, &format!("and.{bits}"), &[a, &(divisor - 1)]),
            };
        }
        if class == Class::B64 {
            let name = if op == BinaryOp::Div { "div" } else { "rem" };
            let divisor = format!("0x{divisor:X}");
            return self.op(class, &format!("{name}.u64"), &[a, &divisor]);
        }
        let divisor = divisor as u32;
        let quotient = self.div_u32_const(a, divisor);
        if op == BinaryOp::Div { quotient } else { self.remainder(a, quotient, divisor) }
    }

    /// `a % divisor` of a `u32` register; the divisor is not 0.
    pub fn rem_u32_const(&mut self, a: Reg, divisor: u32) -> Reg {
        self.divide_unsigned(BinaryOp::Rem, Scalar::U32, &Arg::Reg(a), u64::from(divisor))
    }

    fn div_u32_const(&mut self, a: &Arg, divisor: u32) -> Reg {
        let Magic { multiplier, wide, shift } = magic(divisor);
        let high = self.op(Class::B32, "mul.hi.u32", &[a, &multiplier]);
        if !wide {
            return self.op(Class::B32, "shr.u32", &[&high, &shift]);
        }
        // (high + a) >> (shift + 1), whose sum has 33 bits.
        let rest = self.op(Class::B32, "sub.u32", &[a, &high]);
        let half = self.op(Class::B32, "shr.u32", &[&rest, &1]);
        let sum = self.op(Class::B32, "add.u32", &[&half, &high]);
        self.op(Class::B32, "shr.u32", &[&sum, &shift])
    }

    /// `a - quotient * divisor`
    fn remainder(&mut self, a: &Arg, quotient: Reg, divisor: u32) -> Reg {
        let back = self.op(Class::B32, "mul.lo.u32", &[&quotient, &divisor]);
        self.op(Class::B32, "sub.u32", &[a, &back])
    }

    /// Through the magnitudes; the remainder has the dividend's sign.
    fn divide_signed(&mut self, op: BinaryOp, ty: Scalar, a: &Arg, divisor: i128) -> Reg {
        let class = self.class(ty);
        if class == Class::B64 {
            let name = if op == BinaryOp::Div { "div" } else { "rem" };
            return self.op(class, &format!("{name}.s64"), &[a, &divisor]);
        }
        let magnitude = divisor.unsigned_abs() as u64;
        let positive = self.op(Class::B32, "abs.s32", &[a]);
        let result = self.divide_unsigned(op, Scalar::U32, &Arg::Reg(positive), magnitude);
        let negated = self.op(Class::B32, "neg.s32", &[&result]);
        let flips = op == BinaryOp::Div && divisor < 0;
        let test = if flips { "setp.ge.s32" } else { "setp.lt.s32" };
        let negative = self.op(Class::Pred, test, &[a, &0]);
        self.op(Class::B32, "selp.b32", &[&negated, &result, &negative])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The emitted sequence, in Rust.
    fn divide_by(magic: Magic, a: u32) -> u32 {
        let high = ((u64::from(a) * u64::from(magic.multiplier)) >> 32) as u32;
        if magic.wide { (((a - high) >> 1) + high) >> magic.shift } else { high >> magic.shift }
    }

    #[test]
    fn the_multiplier_is_exact_at_every_edge() {
        let divisors = (3..5000).chain([65535, 65537, 1 << 31 | 1, u32::MAX - 1, u32::MAX]);
        let mut wide = 0;
        for divisor in divisors.filter(|d: &u32| !d.is_power_of_two()) {
            let magic = magic(divisor);
            wide += u32::from(magic.wide);
            let top = u32::MAX / divisor * divisor;
            let edges = [0, 1, divisor - 1, divisor, divisor.saturating_add(1)];
            for a in edges.into_iter().chain([top - 1, top, u32::MAX, 1 << 31, 0x1234_5678]) {
                assert_eq!(divide_by(magic, a), a / divisor, "{a} / {divisor}");
            }
        }
        assert!(wide > 0, "no divisor took the 33-bit path");
    }
}
