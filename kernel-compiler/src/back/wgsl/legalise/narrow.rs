//! Floats narrower than 32 bits: arithmetic in `F32`, rounded to nearest even after each operation.

use super::{Rewriter, Slot};
use crate::ir::op::{ArithOp, BinaryOp};
use crate::ir::{Const, Operand, Scalar, ValueId};

/// Types that are held both as bits and as `F32`.
pub(super) fn is_half(ty: Scalar) -> bool {
    matches!(ty, Scalar::F16 | Scalar::Bf16)
}

fn is_pair(ty: Scalar) -> bool {
    matches!(ty, Scalar::F16x2 | Scalar::Bf16x2)
}

fn is_byte(ty: Scalar) -> bool {
    matches!(ty, Scalar::F8E4M3 | Scalar::F8E5M2)
}

impl Rewriter<'_> {
    /// A float operand as `F32`.
    pub(super) fn wide(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Value(id) => match self.slots[id.index()] {
                Some(Slot { wide: Some(wide), .. }) => wide,
                Some(Slot { operand, .. }) => self.widen(operand),
                None => Const::f32(0.0).into(),
            },
            Operand::Const(_) => {
                let bits = self.get(operand);
                self.widen(bits)
            }
        }
    }

    /// An `F32` that rounds to the operand's value: saves rounding twice on the way to memory.
    pub(super) fn rounding_source(&mut self, operand: Operand) -> Operand {
        if let Operand::Value(id) = operand
            && let Some(Slot { source: Some(source), .. }) = self.slots[id.index()]
        {
            return source;
        }
        self.wide(operand)
    }

    /// Whether the operand's bits came from memory or a bit operation, not from rounding.
    pub(super) fn has_exact_bits(&self, operand: Operand) -> bool {
        match operand {
            Operand::Value(id) => self.slots[id.index()].is_none_or(|slot| slot.source.is_none()),
            Operand::Const(_) => true,
        }
    }

    /// Legal bits to `F32`.
    fn widen(&mut self, bits: Operand) -> Operand {
        match self.out.module.type_of(bits) {
            Scalar::Bf16 => {
                let word = self.arith(ArithOp::Bitcast(Scalar::U32, bits));
                let high = self.integer(BinaryOp::Shl, word, Const::u32(16).into());
                self.arith(ArithOp::Bitcast(Scalar::F32, high))
            }
            Scalar::F32 => bits,
            _ => self.arith(ArithOp::Convert(Scalar::F32, bits)),
        }
    }

    /// Binds a half to an `F32`; `exact` if that already has the half's precision.
    pub(super) fn bind_half(&mut self, id: ValueId, ty: Scalar, value: Operand, exact: bool) {
        let bits = self.arith(ArithOp::Convert(ty, value));
        let wide = if exact { value } else { self.widen(bits) };
        self.slots[id.index()] =
            Some(Slot { operand: bits, wide: Some(wide), source: Some(value) });
    }

    /// Binds a value of a narrow float type to its bits.
    pub(super) fn bind_bits(&mut self, id: ValueId, bits: Operand) {
        let half = is_half(self.out.module.type_of(bits));
        let wide = if half { Some(self.widen(bits)) } else { None };
        self.slots[id.index()] = Some(Slot { operand: bits, wide, source: None });
    }

    /// Arithmetic of any type.
    pub(super) fn arithmetic(&mut self, results: &[ValueId], op: &ArithOp) {
        let Some(&result) = results.first() else { return };
        match op {
            ArithOp::Convert(to, a) => return self.convert(result, *to, *a),
            ArithOp::Bitcast(to, a) => return self.bitcast(result, *to, *a),
            ArithOp::Pack(ty, a, b) => return self.pack(result, *ty, *a, *b),
            ArithOp::Unpack(a) => {
                let (low, high) = self.unpack(*a);
                self.set(result, low);
                if let Some(&second) = results.get(1) {
                    self.set(second, high);
                }
                return;
            }
            ArithOp::Select { condition, a, b } => return self.select(result, *condition, *a, *b),
            _ => {}
        }
        let operands = crate::ir::Op::Arith(*op).operands();
        let ty = self.source.type_of(operands[0]);
        if is_pair(ty) {
            self.pairwise(result, ty, op);
        } else if is_half(ty) || is_byte(ty) {
            let value = self.float_op(op, |rewriter, operand| rewriter.wide(operand));
            match op {
                ArithOp::Compare(..) => self.set(result, value),
                _ => self.bind_half(result, ty, value, false),
            }
        } else if ty == Scalar::F32 {
            let value = self.float_op(op, |rewriter, operand| rewriter.get(operand));
            self.set(result, value);
        } else {
            let value = self.integer_op(op, ty);
            self.set(result, value);
        }
    }

    /// The same operation on `F32`, its operands mapped.
    fn float_op(
        &mut self,
        op: &ArithOp,
        mut map: impl FnMut(&mut Self, Operand) -> Operand,
    ) -> Operand {
        let mut op = crate::ir::Op::Arith(*op);
        op.for_each_operand(&mut |operand| *operand = map(self, *operand));
        match op {
            crate::ir::Op::Arith(op) => self.arith(op),
            _ => Const::f32(0.0).into(),
        }
    }

    fn pairwise(&mut self, result: ValueId, ty: Scalar, op: &ArithOp) {
        let low = self.float_op(op, |rewriter, operand| rewriter.unpack(operand).0);
        let high = self.float_op(op, |rewriter, operand| rewriter.unpack(operand).1);
        let packed = match op {
            ArithOp::Compare(..) => self.integer(BinaryOp::And, low, high),
            _ => self.arith(ArithOp::Pack(ty, low, high)),
        };
        self.set(result, packed);
    }

    fn select(&mut self, result: ValueId, condition: Operand, a: Operand, b: Operand) {
        let condition = self.get(condition);
        let half = is_half(self.source.type_of(a));
        let (x, y) = (self.get(a), self.get(b));
        let operand = self.arith(ArithOp::Select { condition, a: x, b: y });
        let wide = half.then(|| {
            let (x, y) = (self.wide(a), self.wide(b));
            self.arith(ArithOp::Select { condition, a: x, b: y })
        });
        self.slots[result.index()] = Some(Slot { operand, wide, source: None });
    }

    fn unpack(&mut self, pair: Operand) -> (Operand, Operand) {
        let bf16 = self.source.type_of(pair) == Scalar::Bf16x2;
        let legal = self.get(pair);
        let word = self.arith(ArithOp::Bitcast(Scalar::U32, legal));
        let ty = if bf16 { Scalar::Bf16 } else { Scalar::F16 };
        (self.half_of_word(ty, word, 0), self.half_of_word(ty, word, 1))
    }

    /// The low or high half of a word as `F32`.
    pub(super) fn half_of_word(&mut self, ty: Scalar, word: Operand, which: u32) -> Operand {
        if ty == Scalar::Bf16 && which == 1 {
            let high = self.integer(BinaryOp::And, word, Const::u32(0xffff_0000).into());
            return self.arith(ArithOp::Bitcast(Scalar::F32, high));
        }
        let bits = self.half_bits(ty, word, which);
        self.widen(bits)
    }

    /// The low or high half of a word as bits of type `ty`.
    pub(super) fn half_bits(&mut self, ty: Scalar, word: Operand, which: u32) -> Operand {
        let bits = if which == 0 {
            self.integer(BinaryOp::And, word, Const::u32(0xffff).into())
        } else {
            self.integer(BinaryOp::Shr, word, Const::u32(16).into())
        };
        self.arith(ArithOp::Bitcast(ty, bits))
    }

    fn pack(&mut self, result: ValueId, ty: Scalar, a: Operand, b: Operand) {
        let (a, b) = (self.rounding_source(a), self.rounding_source(b));
        let packed = if is_byte(ty) {
            let [low, high] = [a, b].map(|x| {
                let code = self.arith(ArithOp::Convert(ty, x));
                self.arith(ArithOp::Bitcast(Scalar::U32, code))
            });
            let high = self.integer(BinaryOp::Shl, high, Const::u32(8).into());
            self.integer(BinaryOp::Or, low, high)
        } else {
            self.arith(ArithOp::Pack(ty, a, b))
        };
        self.set(result, packed);
    }

    fn convert(&mut self, result: ValueId, to: Scalar, a: Operand) {
        let from = self.source.type_of(a);
        if from == to {
            match a {
                Operand::Value(id) => self.slots[result.index()] = self.slots[id.index()],
                Operand::Const(_) => {
                    let bits = self.get(a);
                    self.bind_bits(result, bits);
                }
            }
            return;
        }
        if !to.is_float() && !from.is_float() {
            let value = self.convert_integer(from, to, a);
            return self.set(result, value);
        }
        let value = if from.is_float() { self.wide(a) } else { self.integer_to_f32(from, a) };
        if is_half(to) {
            self.bind_half(result, to, value, false);
        } else if to == Scalar::F32 {
            self.set(result, value);
        } else if is_byte(to) {
            let bits = self.arith(ArithOp::Convert(to, value));
            self.set(result, bits);
        } else {
            let integer = self.f32_to_integer(to, value);
            self.set(result, integer);
        }
    }

    fn bitcast(&mut self, result: ValueId, to: Scalar, a: Operand) {
        let from = self.source.type_of(a);
        let value = self.get(a);
        if to.is_float() {
            let word = match from {
                Scalar::I8 => {
                    self.integer(BinaryOp::And, value, Const::int(Scalar::I32, 0xff).into())
                }
                Scalar::I16 => {
                    self.integer(BinaryOp::And, value, Const::int(Scalar::I32, 0xffff).into())
                }
                _ => value,
            };
            let bits = self.arith(ArithOp::Bitcast(to, word));
            return self.bind_bits(result, bits);
        }
        let word = self.arith(ArithOp::Bitcast(super::legal_type(to), value));
        let wrapped = self.wrap(to, word);
        self.set(result, wrapped);
    }
}
