//! Arithmetic: dispatch by type family, and the operations on bits that no family owns.

use crate::ir::op::{ArithOp, BinaryOp};
use crate::ir::{Operand, Scalar, ValueId};

use super::emitter::{Arg, Emitter};
use super::registers::{Class, Reg, braces};
use super::tables;

impl Emitter<'_> {
    /// Emits an arithmetic operation.
    pub fn arith(&mut self, op: &ArithOp, results: &[ValueId]) {
        if let ArithOp::Unpack(value) = op {
            let ty = self.module.type_of(*value);
            let word = self.reg(*value);
            let halves = self.unpack(ty, word);
            for (result, half) in results.iter().zip(halves) {
                self.bind(*result, half);
            }
            return;
        }
        let d = self.arith_one(op);
        self.bind_first(results, d);
    }

    /// The register of the only result.
    pub fn arith_one(&mut self, op: &ArithOp) -> Reg {
        match op {
            ArithOp::Unary(op, a) => {
                let ty = self.module.type_of(*a);
                let a = self.arg(*a);
                if ty.is_float() {
                    self.float_unary(*op, ty, &a)
                } else {
                    self.integer_unary(*op, ty, &a)
                }
            }
            ArithOp::Binary { op, a, b, ftz } => self.binary_operands(*op, *a, *b, *ftz),
            ArithOp::Fma { a, b, c, ftz } => {
                let ty = self.module.type_of(*a);
                let args = [self.arg(*a), self.arg(*b), self.arg(*c)];
                self.fma(ty, &args, *ftz)
            }
            ArithOp::Compare(op, a, b) => {
                let ty = self.module.type_of(*a);
                let (a, b) = (self.arg(*a), self.arg(*b));
                self.compare(*op, ty, &a, &b)
            }
            ArithOp::Select { condition, a, b } => {
                let ty = self.module.type_of(*a);
                let condition = self.reg(*condition);
                let (a, b) = (self.arg(*a), self.arg(*b));
                self.select(ty, condition, &a, &b)
            }
            ArithOp::Convert(to, a) => {
                let from = self.module.type_of(*a);
                let reg = self.reg(*a);
                if self.is_same_register(*to, from) && self.is_stable(*a) {
                    return reg;
                }
                self.convert(*to, from, reg)
            }
            ArithOp::Bitcast(to, a) => {
                let from = self.module.type_of(*a);
                let arg = self.arg(*a);
                match arg {
                    Arg::Reg(reg) if self.is_same_register(*to, from) && self.is_stable(*a) => reg,
                    arg => self.bitcast(*to, from, &arg),
                }
            }
            ArithOp::Pack(ty, a, b) => {
                let from = self.module.type_of(*a);
                let (a, b) = (self.reg(*a), self.reg(*b));
                let (a, b) = (self.widen(from, a), self.widen(from, b));
                self.pack(*ty, a, b)
            }
            ArithOp::Unpack(a) => self.reg(*a),
            ArithOp::Lop3 { operands, table } => {
                let [a, b, c] = operands.map(|operand| self.arg(operand));
                let table = format!("0x{table:02X}");
                self.op(Class::B32, "lop3.b32", &[&a, &b, &c, &table])
            }
            ArithOp::Prmt { a, b, selector } => {
                let (a, b, selector) = (self.arg(*a), self.arg(*b), self.arg(*selector));
                self.op(Class::B32, "prmt.b32", &[&a, &b, &selector])
            }
            ArithOp::BitfieldExtract { value, offset, width } => {
                let mnemonic = format!("bfe.{}", self.int(self.module.type_of(*value)));
                let value = self.arg(*value);
                let (offset, width) = (self.bit_count(*offset), self.bit_count(*width));
                self.op(Class::B32, &mnemonic, &[&value, &offset, &width])
            }
            ArithOp::Dot4 { a, b, c } => {
                let (a, b, c) = (self.arg(*a), self.arg(*b), self.arg(*c));
                self.op(Class::B32, "dp4a.s32.s32", &[&a, &b, &c])
            }
        }
    }

    /// Whether the conversion changes no bit of the register.
    fn is_same_register(&self, to: Scalar, from: Scalar) -> bool {
        let word = |ty: Scalar| {
            matches!(ty, Scalar::U32 | Scalar::I32 | Scalar::F16x2 | Scalar::Bf16x2)
                || (ty == Scalar::Index && self.class(ty) == Class::B32)
        };
        let long = |ty: Scalar| self.class(ty) == Class::B64;
        to == from || (word(to) && word(from)) || (long(to) && long(from))
    }

    /// Whether the register of an operand never changes: a read that shares its local's may.
    fn is_stable(&self, operand: Operand) -> bool {
        matches!(operand, Operand::Value(value) if !self.forwarded[value.index()])
    }

    /// An offset or width for `bfe`, which reads only its low eight bits.
    fn bit_count(&mut self, operand: Operand) -> Arg {
        match operand.as_int() {
            Some(count) => Arg::Immediate(count.clamp(0, 255).to_string()),
            None => {
                let count = self.arg(operand);
                Arg::Reg(self.op(Class::B32, "min.u32", &[&count, &255]))
            }
        }
    }

    fn binary_operands(&mut self, op: BinaryOp, a: Operand, b: Operand, ftz: bool) -> Reg {
        let ty = self.module.type_of(a);
        if ty.is_integer() && matches!(op, BinaryOp::Div | BinaryOp::Rem) {
            let a = self.arg(a);
            return match b.as_int() {
                Some(divisor) => self.divide_const(op, ty, &a, divisor),
                None => {
                    let b = self.arg(b);
                    self.divide(op, ty, &a, &b)
                }
            };
        }
        let (a, b) = (self.arg(a), self.arg(b));
        self.binary(op, ty, &a, &b, ftz)
    }

    /// A two-operand operation of any type.
    pub fn binary(&mut self, op: BinaryOp, ty: Scalar, a: &Arg, b: &Arg, ftz: bool) -> Reg {
        match ty {
            Scalar::Bool => {
                let mnemonic = match op {
                    BinaryOp::And | BinaryOp::Min | BinaryOp::Mul => "and.pred",
                    BinaryOp::Or | BinaryOp::Max => "or.pred",
                    _ => "xor.pred",
                };
                self.op(Class::Pred, mnemonic, &[a, b])
            }
            ty if ty.is_float() => self.float_binary(op, ty, a, b, ftz),
            ty => self.integer_binary(op, ty, a, b),
        }
    }

    /// `condition ? a : b`
    pub fn select(&mut self, ty: Scalar, condition: Reg, a: &Arg, b: &Arg) -> Reg {
        let class = self.class(ty);
        match class {
            Class::Pred => {
                let both = self.op(Class::Pred, "and.pred", &[&condition, a]);
                let not = self.op(Class::Pred, "not.pred", &[&condition]);
                let other = self.op(Class::Pred, "and.pred", &[&not, b]);
                self.op(Class::Pred, "or.pred", &[&both, &other])
            }
            Class::B16 => self.op(class, "selp.b16", &[a, b, &condition]),
            Class::B32 => self.op(class, "selp.b32", &[a, b, &condition]),
            Class::B64 => self.op(class, "selp.b64", &[a, b, &condition]),
            Class::F32 => self.op(class, "selp.f32", &[a, b, &condition]),
        }
    }

    fn bitcast(&mut self, to: Scalar, from: Scalar, a: &Arg) -> Reg {
        let (source, target) = (self.class(from), self.class(to));
        match (source, target) {
            (Class::B16, Class::B32) if to.is_signed() => self.op(Class::B32, "cvt.s32.s16", &[a]),
            (Class::B16, Class::B32) => self.op(Class::B32, "cvt.u32.u16", &[a]),
            (Class::B32, Class::B16) => {
                let Arg::Reg(reg) = a else {
                    let reg = self.fresh(Class::B32);
                    self.mov(reg, a);
                    return self.op(Class::B16, "cvt.u16.u32", &[&reg]);
                };
                self.op(Class::B16, "cvt.u16.u32", &[reg])
            }
            (Class::B32, Class::B32) if to.size() < 4 => {
                let d = self.fresh(Class::B32);
                self.mov(d, a);
                self.extend(to, d)
            }
            // A 32-bit move takes the bits of an `f32` register or immediate as they are.
            (Class::F32 | Class::B32, Class::F32 | Class::B32) => self.op(target, "mov.b32", &[a]),
            _ => {
                let d = self.fresh(target);
                self.mov(d, a);
                d
            }
        }
    }

    /// Two `f32` registers as a packed pair.
    pub fn pack(&mut self, ty: Scalar, low: Reg, high: Reg) -> Reg {
        match ty {
            Scalar::F16x2 | Scalar::Bf16x2 => {
                let bits = if ty == Scalar::F16x2 { "f16x2" } else { "bf16x2" };
                if ty == Scalar::F16x2 && !tables::PACKED_CONVERT.on(self.ptx) {
                    let halves =
                        [low, high].map(|half| self.op(Class::B16, "cvt.rn.f16.f32", &[&half]));
                    let d = self.fresh(Class::B32);
                    self.line(format_args!("mov.b32 {d}, {};", braces(&halves)));
                    return d;
                }
                self.need(tables::PACKED_CONVERT);
                self.op(Class::B32, &format!("cvt.rn.{bits}.f32"), &[&high, &low])
            }
            _ => self.pack_f8(ty, low, high),
        }
    }

    /// The two `f32` of a packed pair, low half first.
    pub fn unpack(&mut self, ty: Scalar, word: Reg) -> [Reg; 2] {
        if ty == Scalar::Bf16x2 {
            let low = self.op(Class::F32, "shl.b32", &[&word, &16]);
            let high = self.op(Class::F32, "and.b32", &[&word, &"0xFFFF0000"]);
            return [low, high];
        }
        let halves = [self.fresh(Class::B16), self.fresh(Class::B16)];
        self.line(format_args!("mov.b32 {}, {word};", braces(&halves)));
        halves.map(|half| self.op(Class::F32, "cvt.f32.f16", &[&half]))
    }
}
