//! Integers: narrow ones in 32 bits, guards, and the bit operations that WGSL lacks.

use super::{Rewriter, legal_type};
use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Comparison, Const, Operand, Scalar};

/// Bits of an integer type in a register.
fn width(ty: Scalar) -> u32 {
    match ty {
        Scalar::U8 | Scalar::I8 => 8,
        Scalar::U16 | Scalar::I16 => 16,
        _ => 32,
    }
}

impl Rewriter<'_> {
    /// A legal binary operation.
    pub(super) fn integer(&mut self, op: BinaryOp, a: Operand, b: Operand) -> Operand {
        self.arith(ArithOp::Binary { op, a, b, ftz: false })
    }

    /// Cuts a 32-bit value down to the range of `ty`, extended again.
    pub(super) fn wrap(&mut self, ty: Scalar, value: Operand) -> Operand {
        let bits = width(ty);
        if bits == 32 || ty == Scalar::Bool {
            return value;
        }
        if !ty.is_signed() {
            let mask = Const::u32((1 << bits) - 1);
            return self.integer(BinaryOp::And, value, mask.into());
        }
        let (offset, width) = (Const::u32(0).into(), Const::u32(bits).into());
        self.arith(ArithOp::BitfieldExtract { value, offset, width })
    }

    /// Arithmetic on integers and truth values of type `ty`.
    pub(super) fn integer_op(&mut self, op: &ArithOp, ty: Scalar) -> Operand {
        match *op {
            ArithOp::Unary(op, a) => {
                let a = self.get(a);
                self.integer_unary(op, ty, a)
            }
            ArithOp::Binary { op, a, b, .. } => {
                let (a, b) = (self.get(a), self.get(b));
                self.integer_binary(op, ty, a, b)
            }
            ArithOp::Compare(op, a, b) => {
                let (a, b) = (self.get(a), self.get(b));
                self.arith(ArithOp::Compare(op, a, b))
            }
            ArithOp::Lop3 { operands, table } => {
                let operands = operands.map(|operand| self.get(operand));
                self.lop3(operands, table)
            }
            ArithOp::Prmt { a, b, selector } => {
                let (a, b, selector) = (self.get(a), self.get(b), self.get(selector));
                match selector.as_int() {
                    Some(selector) => self.permute(a, b, selector as u32),
                    None => self.arith(ArithOp::Prmt { a, b, selector }),
                }
            }
            ArithOp::BitfieldExtract { value, offset, width } => {
                let (value, offset) = (self.get(value), self.get(offset));
                let width = self.get(width);
                self.extract(value, offset, width)
            }
            ArithOp::Dot4 { a, b, c } => {
                let (a, b, c) = (self.get(a), self.get(b), self.get(c));
                self.arith(ArithOp::Dot4 { a, b, c })
            }
            // The remaining operations are for floats, or were handled before.
            _ => Const::int(legal_type(ty), 0).into(),
        }
    }

    fn integer_unary(&mut self, op: UnaryOp, ty: Scalar, a: Operand) -> Operand {
        let bits = width(ty);
        match op {
            UnaryOp::Neg if !ty.is_signed() => {
                let negated = self.integer(BinaryOp::Sub, Const::u32(0).into(), a);
                self.wrap(ty, negated)
            }
            UnaryOp::Abs if !ty.is_signed() => a,
            UnaryOp::CountOnes | UnaryOp::LeadingZeros | UnaryOp::TrailingZeros => {
                let word = self.arith(ArithOp::Bitcast(Scalar::U32, a));
                let mask = Const::u32(u32::MAX >> (32 - bits));
                let word = self.integer(BinaryOp::And, word, mask.into());
                let count = self.arith(ArithOp::Unary(op, word));
                match op {
                    UnaryOp::LeadingZeros => {
                        self.integer(BinaryOp::Sub, count, Const::u32(32 - bits).into())
                    }
                    UnaryOp::TrailingZeros if bits < 32 => {
                        self.integer(BinaryOp::Min, count, Const::u32(bits).into())
                    }
                    _ => count,
                }
            }
            UnaryOp::ReverseBits => {
                let reversed = self.arith(ArithOp::Unary(op, a));
                self.integer(BinaryOp::Shr, reversed, Const::u32(32 - bits).into())
            }
            _ => {
                let value = self.arith(ArithOp::Unary(op, a));
                self.wrap(ty, value)
            }
        }
    }

    fn integer_binary(&mut self, op: BinaryOp, ty: Scalar, a: Operand, b: Operand) -> Operand {
        let bits = width(ty);
        match op {
            BinaryOp::Div if b.as_int().is_none() => {
                let quotient = self.integer(op, a, b);
                let zero: Operand = Const::int(legal_type(ty), 0).into();
                let condition = self.arith(ArithOp::Compare(Comparison::Eq, b, zero));
                let guarded = self.arith(ArithOp::Select { condition, a: zero, b: quotient });
                self.wrap(ty, guarded)
            }
            BinaryOp::Shl | BinaryOp::Shr => {
                let shifted = self.shift(op, ty, a, b);
                self.wrap(ty, shifted)
            }
            BinaryOp::MulHigh if bits < 32 => {
                let product = self.integer(BinaryOp::Mul, a, b);
                let high = self.integer(BinaryOp::Shr, product, Const::u32(bits).into());
                self.wrap(ty, high)
            }
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => {
                let value = self.integer(op, a, b);
                self.wrap(ty, value)
            }
            _ => self.integer(op, a, b),
        }
    }

    /// A shift whose amount may reach the width: 0, or the sign's fill.
    fn shift(&mut self, op: BinaryOp, ty: Scalar, a: Operand, amount: Operand) -> Operand {
        let last: Operand = Const::u32(31).into();
        if self.bound(amount).is_some_and(|largest| largest < 32) {
            return self.integer(op, a, amount);
        }
        if op == BinaryOp::Shr && ty.is_signed() {
            let amount = self.integer(BinaryOp::Min, amount, last);
            return self.integer(op, a, amount);
        }
        let masked = self.integer(BinaryOp::And, amount, last);
        let shifted = self.integer(op, a, masked);
        let zero = Const::int(legal_type(ty), 0).into();
        let condition = self.arith(ArithOp::Compare(Comparison::Gt, amount, last));
        self.arith(ArithOp::Select { condition, a: zero, b: shifted })
    }

    /// The largest value that a `U32` operand can have, if its definition shows one.
    fn bound(&self, operand: Operand) -> Option<u64> {
        let id = match operand {
            Operand::Const(c) => return u64::try_from(c.as_int()?).ok(),
            Operand::Value(id) => id,
        };
        let ArithOp::Binary { op, a, b, .. } = (*self.defs.get(id.index())?)? else { return None };
        if self.out.module.type_of(a) != Scalar::U32 {
            return None;
        }
        let known = |operand: Operand| u64::try_from(operand.as_int()?).ok();
        match op {
            BinaryOp::And => match (self.bound(a), self.bound(b)) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
            BinaryOp::Min => self.bound(a).or(self.bound(b)),
            BinaryOp::Rem => known(b)?.checked_sub(1),
            BinaryOp::Shl => Some(self.bound(a)? << known(b)?.min(31)),
            BinaryOp::Shr => {
                Some(self.bound(a).unwrap_or(u64::from(u32::MAX)) >> known(b)?.min(63))
            }
            BinaryOp::Mul => self.bound(a)?.checked_mul(self.bound(b)?),
            BinaryOp::Add => self.bound(a)?.checked_add(self.bound(b)?),
            _ => None,
        }
        .filter(|largest| *largest <= u64::from(u32::MAX))
    }

    /// A truth table as an exclusive or of products (its algebraic normal form).
    fn lop3(&mut self, operands: [Operand; 3], table: u8) -> Operand {
        let mut form: [bool; 8] = std::array::from_fn(|i| table >> i & 1 == 1);
        for bit in [1, 2, 4] {
            for i in 0..8 {
                if i & bit != 0 {
                    form[i] ^= form[i ^ bit];
                }
            }
        }
        let mut sum: Operand = Const::u32(0).into();
        for (term, _) in form.iter().enumerate().filter(|(_, present)| **present) {
            let mut product: Option<Operand> = None;
            for (position, operand) in operands.iter().enumerate() {
                if term >> (2 - position) & 1 == 1 {
                    product = Some(match product {
                        None => *operand,
                        Some(p) => self.integer(BinaryOp::And, p, *operand),
                    });
                }
            }
            let product = product.unwrap_or(Const::u32(u32::MAX).into());
            sum = self.integer(BinaryOp::Xor, sum, product);
        }
        sum
    }

    /// `prmt` with a constant selector: one byte at a time, whole words where they stay.
    fn permute(&mut self, a: Operand, b: Operand, selector: u32) -> Operand {
        match selector & 0xffff {
            0x3210 => return a,
            0x7654 => return b,
            _ => {}
        }
        let mut word: Operand = Const::u32(0).into();
        for i in 0..4 {
            let nibble = selector >> (4 * i) & 0xf;
            let source = if nibble & 4 == 0 { a } else { b };
            let from = 8 * (nibble & 3);
            let byte = if nibble & 8 != 0 {
                let signed = self.arith(ArithOp::Bitcast(Scalar::I32, source));
                let high = self.integer(BinaryOp::Shl, signed, Const::u32(24 - from).into());
                let fill = self.integer(BinaryOp::Shr, high, Const::u32(31).into());
                let fill = self.arith(ArithOp::Bitcast(Scalar::U32, fill));
                self.integer(BinaryOp::And, fill, Const::u32(0xff << (8 * i)).into())
            } else {
                let moved = if from >= 8 * i {
                    self.integer(BinaryOp::Shr, source, Const::u32(from - 8 * i).into())
                } else {
                    self.integer(BinaryOp::Shl, source, Const::u32(8 * i - from).into())
                };
                self.integer(BinaryOp::And, moved, Const::u32(0xff << (8 * i)).into())
            };
            word = self.integer(BinaryOp::Or, word, byte);
        }
        word
    }

    /// `extractBits`, whose offset and width WGSL clamps to the word; constants out of range are errors
    /// there.
    fn extract(&mut self, value: Operand, offset: Operand, width: Operand) -> Operand {
        let ty = self.out.module.type_of(value);
        let zero: Operand = Const::int(ty, 0).into();
        if width.as_int() == Some(0) {
            return zero;
        }
        if !ty.is_signed() && offset.as_int().is_some_and(|o| o >= 32) {
            return zero;
        }
        let (mut offset, mut width) = (offset, width);
        let known = offset.as_int().zip(width.as_int());
        if ty.is_signed() && known.is_none_or(|(o, w)| o + w > 32) {
            // The sign fills what lies beyond the word: shift first, then take the low field.
            let shifted = self.shift(BinaryOp::Shr, ty, value, offset);
            let width = self.integer(BinaryOp::Min, width, Const::u32(32).into());
            let offset = Const::u32(0).into();
            return self.arith(ArithOp::BitfieldExtract { value: shifted, offset, width });
        }
        if let Some((o, w)) = known {
            offset = Const::u32(o as u32).into();
            width = Const::u32(w.min(32 - o) as u32).into();
        }
        self.arith(ArithOp::BitfieldExtract { value, offset, width })
    }

    /// Integer or truth value to integer or truth value.
    pub(super) fn convert_integer(&mut self, from: Scalar, to: Scalar, a: Operand) -> Operand {
        let value = self.get(a);
        let (legal, ty) = (legal_type(to), legal_type(from));
        if from == Scalar::Bool {
            let (a, b) = (Const::int(legal, 1).into(), Const::int(legal, 0).into());
            return self.arith(ArithOp::Select { condition: value, a, b });
        }
        if to == Scalar::Bool {
            return self.arith(ArithOp::Compare(Comparison::Ne, value, Const::int(ty, 0).into()));
        }
        let word = self.arith(ArithOp::Bitcast(legal, value));
        let keeps_sign = to.is_signed() || !from.is_signed();
        let contained = keeps_sign && width(from) < width(to);
        if contained { word } else { self.wrap(to, word) }
    }

    /// Integer or truth value to `F32`.
    pub(super) fn integer_to_f32(&mut self, from: Scalar, a: Operand) -> Operand {
        let value = self.get(a);
        if from == Scalar::Bool {
            let (a, b) = (Const::f32(1.0).into(), Const::f32(0.0).into());
            return self.arith(ArithOp::Select { condition: value, a, b });
        }
        self.arith(ArithOp::Convert(Scalar::F32, value))
    }

    /// `F32` to integer or truth value: toward zero, clamped, NaN to 0.
    pub(super) fn f32_to_integer(&mut self, to: Scalar, value: Operand) -> Operand {
        if to == Scalar::Bool {
            let zero = Const::f32(0.0).into();
            return self.arith(ArithOp::Compare(Comparison::Ne, value, zero));
        }
        let legal = legal_type(to);
        let whole = self.arith(ArithOp::Convert(legal, value));
        let bits = width(to);
        if bits == 32 {
            return whole;
        }
        let (low, high) = match to.is_signed() {
            true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            false => (0, (1i128 << bits) - 1),
        };
        let top = self.integer(BinaryOp::Min, whole, Const::int(legal, high).into());
        match to.is_signed() {
            true => self.integer(BinaryOp::Max, top, Const::int(legal, low).into()),
            false => top,
        }
    }
}
