//! Two-operand integer arithmetic as polynomials.

use super::super::symbolic::{Kind, Poly};
use super::Bounds;
use crate::ir::op::BinaryOp;
use crate::ir::{Operand, Scalar};

/// All ones up to the highest bit of a number.
fn ones(high: i128) -> i128 {
    let bits = 128 - high.max(0).leading_zeros();
    if bits >= 100 { 1 << 100 } else { (1 << bits) - 1 }
}

impl Bounds<'_, '_> {
    /// `a op b`
    pub(super) fn binary(&mut self, op: BinaryOp, a: Operand, b: Operand, ty: Scalar) -> Poly {
        let (x, y) = (self.poly(a), self.poly(b));
        match op {
            BinaryOp::Add => self.fit(x.add(&y), ty),
            BinaryOp::Sub => self.fit(x.sub(&y), ty),
            BinaryOp::Mul => match self.symbols.multiply(&x, &y) {
                Some(product) => self.fit(product, ty),
                None => self.unknown(ty),
            },
            BinaryOp::Div => self.divided(&x, &y, ty).map_or_else(|| self.unknown(ty), |q| q.0),
            BinaryOp::Rem => self.divided(&x, &y, ty).map_or_else(|| self.unknown(ty), |q| q.1),
            BinaryOp::Shl => match y.as_constant() {
                Some(by @ 0..=63) if by < i128::from(ty.size() * 8) => {
                    self.fit(x.scale(1 << by), ty)
                }
                _ => self.unknown(ty),
            },
            BinaryOp::Shr => match y.as_constant() {
                Some(by @ 0..=63) => self.quotient(&x, 1 << by, ty),
                _ if !ty.is_signed() => {
                    let high = self.symbols.high(&x);
                    let shifted = self.symbols.opaque(high.min(self.most(ty)));
                    self.symbols.fact_of_newest(x.sub(&shifted));
                    shifted
                }
                _ => self.unknown(ty),
            },
            BinaryOp::Min if self.are_positive(&x, &y) => self.minimum(&x, &y),
            BinaryOp::Max if self.is_positive(&x) || self.is_positive(&y) => self.maximum(&x, &y),
            BinaryOp::And => self.and(&x, &y, ty),
            BinaryOp::Or | BinaryOp::Xor => self.either(&x, &y, ty),
            BinaryOp::Min | BinaryOp::Max | BinaryOp::MulHigh => self.unknown(ty),
        }
    }

    fn is_positive(&mut self, poly: &Poly) -> bool {
        self.symbols.proves_quickly(poly)
    }

    fn are_positive(&mut self, a: &Poly, b: &Poly) -> bool {
        self.is_positive(a) && self.is_positive(b)
    }

    fn divided(&mut self, a: &Poly, b: &Poly, ty: Scalar) -> Option<(Poly, Poly)> {
        if ty.is_signed() && !self.are_positive(a, b) {
            return None;
        }
        self.symbols.divide(a, b)
    }

    /// `value / by`
    pub(super) fn quotient(&mut self, value: &Poly, by: i128, ty: Scalar) -> Poly {
        let result = self.divided(value, &Poly::constant(by), ty);
        result.map_or_else(|| self.unknown(ty), |(quotient, _)| quotient)
    }

    /// `value % by`
    pub(super) fn remainder(&mut self, value: &Poly, by: i128, ty: Scalar) -> Poly {
        let result = self.divided(value, &Poly::constant(by), ty);
        result.map_or_else(|| self.unknown(ty), |(_, remainder)| remainder)
    }

    fn and(&mut self, a: &Poly, b: &Poly, ty: Scalar) -> Poly {
        let (value, mask) = match (a.as_constant(), b.as_constant()) {
            (Some(mask), None) => (b, mask),
            (_, Some(mask)) => (a, mask),
            (None, None) => {
                if ty.is_signed() {
                    return self.unknown(ty);
                }
                let high = self.symbols.high(a).min(self.symbols.high(b));
                let both = self.symbols.opaque(high);
                self.symbols.fact_of_newest(a.sub(&both));
                self.symbols.fact_of_newest(b.sub(&both));
                return both;
            }
        };
        if mask < 0 || ty.is_signed() && !self.is_positive(value) {
            return self.unknown(ty);
        }
        if (mask + 1).count_ones() == 1 {
            return self.remainder(value, mask + 1, ty);
        }
        let low = 1i128 << mask.trailing_zeros().min(63);
        let above = self.most(ty) - mask;
        if mask != 0 && above == low - 1 {
            // Every bit but the lowest: a multiple of the lowest kept.
            return self.quotient(value, low, ty).scale(low);
        }
        let high = self.symbols.high(value).min(mask);
        let kept = self.symbols.atom(Kind::Opaque, high, low as u64);
        self.symbols.fact_of_newest(value.sub(&kept));
        kept
    }

    /// Or and exclusive or: a sum where the bits do not meet, else at most all ones.
    fn either(&mut self, a: &Poly, b: &Poly, ty: Scalar) -> Poly {
        if self.symbols.low(a).min(self.symbols.low(b)) < 0 {
            return self.unknown(ty);
        }
        for (wide, narrow) in [(a, b), (b, a)] {
            let step = self.symbols.multiple(wide);
            let power = 1i128 << step.trailing_zeros().min(63);
            if step == 0 || self.symbols.high(narrow) < power {
                return self.fit(wide.add(narrow), ty);
            }
        }
        let s = &mut self.symbols;
        let high = ones(s.high(a)).max(ones(s.high(b)));
        let common = super::super::symbolic::gcd(s.multiple(a), s.multiple(b));
        let power = 1u64 << common.trailing_zeros().min(31);
        s.atom(Kind::Opaque, high, power)
    }
}
