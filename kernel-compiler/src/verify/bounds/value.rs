//! The polynomial of every integer operation.

use super::super::symbolic::{Kind, Poly};
use super::{Bounds, Held};
use crate::ir::op::{ArithOp, MemoryOp, SubgroupOp, UnaryOp};
use crate::ir::{Op, Operand, Scalar, ValueId};

impl<'m> Bounds<'m, '_> {
    /// Records what an operation's results are.
    pub(super) fn define(&mut self, op: &'m Op, results: &[ValueId]) {
        for id in results {
            self.definitions[id.index()] = Some(op);
        }
        let [id] = results else { return };
        let ty = self.module.values[id.index()].ty;
        if let (Op::Read(local), Scalar::Bool) = (op, ty) {
            let held = self.locals.get(local.index()).and_then(|held| held.as_ref());
            if let Some(truth) = Self::held_truth(held) {
                self.truths.insert(*id, truth);
            }
        }
        if !ty.is_integer() {
            return;
        }
        let poly = match op {
            Op::Read(local) => self.read(*local, ty),
            Op::Param(param) => self.param(*param, ty),
            Op::Builtin(builtin) => self.builtin(*builtin),
            Op::Arith(op) => self.arith(op, ty),
            Op::Subgroup(SubgroupOp::Shuffle { value, .. } | SubgroupOp::BroadcastFirst(value)) => {
                let value = self.poly(*value);
                self.exchanged(&value, ty)
            }
            Op::Memory(MemoryOp::SharedAddress(place)) => {
                let multiple = self.shared_multiple(place);
                let most = self.most(ty);
                self.symbols.atom(Kind::Opaque, most, multiple)
            }
            _ => return,
        };
        self.set(*id, poly);
    }

    /// The value of another lane: only its range is known.
    fn exchanged(&mut self, value: &Poly, ty: Scalar) -> Poly {
        match self.symbols.low(value) >= 0 {
            true => {
                let high = self.symbols.high(value).min(self.most(ty));
                let multiple = self.symbols.multiple(value);
                self.symbols.atom(Kind::Opaque, high, multiple)
            }
            false => self.unknown(ty),
        }
    }

    fn read(&mut self, local: crate::ir::LocalId, ty: Scalar) -> Poly {
        if let Some(Some(Held::Number(poly))) = self.locals.get(local.index()) {
            return poly.clone();
        }
        let poly = self.havoc(local, ty);
        self.locals[local.index()] = Some(Held::Number(poly.clone()));
        poly
    }

    /// A local of which only the range is known.
    pub(super) fn havoc(&mut self, local: crate::ir::LocalId, ty: Scalar) -> Poly {
        let range = self.ranges[local.index()];
        match ty.is_signed() && range.low < 0 {
            true => self.unknown(ty),
            false => {
                let most = self.most(ty).min(range.high);
                self.symbols.atom(Kind::Opaque, most, range.multiple)
            }
        }
    }

    /// An exact value in a type: itself where it surely fits, else what is known of it modulo the type.
    pub(super) fn fit(&mut self, exact: Poly, ty: Scalar) -> Poly {
        let most = self.most(ty);
        let s = &mut self.symbols;
        if !exact.is_moderate() {
            let (low, high) = (s.low(&exact), s.high(&exact));
            return match low >= 0 && high <= most {
                true => s.opaque(high),
                false => self.unknown(ty),
            };
        }
        if ty.is_signed() {
            let fits = s.low(&exact) >= -most - 1 && s.high(&exact) <= most;
            return if fits { exact } else { self.unknown(ty) };
        }
        let multiple = s.multiple(&exact);
        let power = 1u64 << multiple.trailing_zeros().min(31);
        if !s.proves_quickly(&exact) {
            let power = if ty == Scalar::Index { multiple } else { power };
            return s.atom(Kind::Wrap(exact), most, power);
        }
        if ty == Scalar::Index || s.high(&exact) <= most {
            return exact;
        }
        let wrapped = s.atom(Kind::Opaque, most, power);
        s.fact_of_newest(exact.sub(&wrapped));
        wrapped
    }

    /// `condition ? a : b`
    pub(super) fn select(&mut self, condition: Operand, a: &Poly, b: &Poly, ty: Scalar) -> Poly {
        if a == b {
            return a.clone();
        }
        match condition.as_const().and_then(crate::ir::Const::as_bool) {
            Some(true) => return a.clone(),
            Some(false) => return b.clone(),
            None => {}
        }
        if self.symbols.low(a).min(self.symbols.low(b)) < 0 {
            return self.unknown(ty);
        }
        self.outcome(condition);
        let s = &mut self.symbols;
        let high = s.high(a).max(s.high(b));
        let multiple = super::super::symbolic::gcd(s.multiple(a), s.multiple(b));
        s.atom(Kind::Select(condition, a.clone(), b.clone()), high, multiple)
    }

    fn arith(&mut self, op: &ArithOp, ty: Scalar) -> Poly {
        match *op {
            ArithOp::Binary { op, a, b, .. } => self.binary(op, a, b, ty),
            ArithOp::Select { condition, a, b } => {
                let (a, b) = (self.poly(a), self.poly(b));
                self.select(condition, &a, &b, ty)
            }
            ArithOp::Convert(_, a) => self.convert(a, ty),
            ArithOp::Bitcast(_, a) if self.module.type_of(a).is_integer() => self.convert(a, ty),
            ArithOp::Unary(UnaryOp::Neg, a) => {
                let a = self.poly(a);
                self.fit(a.scale(-1), ty)
            }
            ArithOp::Unary(op, a) => {
                let bits = i128::from(self.module.type_of(a).size()) * 8;
                match op {
                    UnaryOp::CountOnes | UnaryOp::LeadingZeros | UnaryOp::TrailingZeros => {
                        self.symbols.opaque(bits)
                    }
                    _ => self.unknown(ty),
                }
            }
            ArithOp::BitfieldExtract { value, offset, width } if !ty.is_signed() => {
                match (offset.as_int(), width.as_int()) {
                    (Some(offset @ 0..=31), Some(width @ 0..=31)) => {
                        let value = self.poly(value);
                        let shifted = self.quotient(&value, 1 << offset, ty);
                        self.remainder(&shifted, 1 << width, ty)
                    }
                    _ => self.unknown(ty),
                }
            }
            _ => self.unknown(ty),
        }
    }

    fn convert(&mut self, a: Operand, ty: Scalar) -> Poly {
        let from = self.module.type_of(a);
        if !from.is_integer() {
            let high = if from == Scalar::Bool { 1 } else { self.most(ty) };
            return if from == Scalar::Bool { self.symbols.opaque(high) } else { self.unknown(ty) };
        }
        let value = self.poly(a);
        // A difference that may wrap in the narrow type is not a difference in the wide one.
        match ty == Scalar::Index {
            true if self.symbols.high(&value) > self.most(ty) => self.unknown(ty),
            _ => self.fit(value, ty),
        }
    }
}
