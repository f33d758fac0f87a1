//! Integer arithmetic. Narrow types compute in 32 bits and are extended again where that is needed.
//!
//! PTX ISA, "Integer Arithmetic Instructions", "Logic and Shift Instructions". Shift amounts beyond the
//! width are clamped by `shl` and `shr`, as the IR wants it.

use crate::ir::Scalar;
use crate::ir::op::{BinaryOp, UnaryOp};

use super::emitter::{Arg, Emitter};
use super::registers::{Class, Reg};

impl Emitter<'_> {
    /// Makes a 32-bit register with a narrow integer in its low bits hold it extended.
    pub fn extend(&mut self, ty: Scalar, reg: Reg) -> Reg {
        match ty {
            Scalar::U8 | Scalar::F8E4M3 | Scalar::F8E5M2 => {
                self.op(Class::B32, "and.b32", &[&reg, &"0xFF"])
            }
            Scalar::U16 => self.op(Class::B32, "and.b32", &[&reg, &"0xFFFF"]),
            Scalar::I8 => self.op(Class::B32, "cvt.s32.s8", &[&reg]),
            Scalar::I16 => self.op(Class::B32, "cvt.s32.s16", &[&reg]),
            _ => reg,
        }
    }

    /// `b32` or `b64`.
    fn bits(&self, ty: Scalar) -> &'static str {
        if self.class(ty) == Class::B64 { "b64" } else { "b32" }
    }

    /// Two operands; division has its own file.
    pub fn integer_binary(&mut self, op: BinaryOp, ty: Scalar, a: &Arg, b: &Arg) -> Reg {
        let (class, int, bits) = (self.class(ty), self.int(ty), self.bits(ty));
        let narrow = ty.size() < 4;
        let (mnemonic, may_overflow) = match op {
            BinaryOp::Add => (format!("add.{int}"), true),
            BinaryOp::Sub => (format!("sub.{int}"), true),
            BinaryOp::Mul => (format!("mul.lo.{int}"), true),
            BinaryOp::MulHigh if narrow => {
                let product = self.op(class, &format!("mul.lo.{int}"), &[a, b]);
                return self.op(class, &format!("shr.{int}"), &[&product, &(8 * ty.size())]);
            }
            BinaryOp::MulHigh => (format!("mul.hi.{int}"), false),
            BinaryOp::Div | BinaryOp::Rem => return self.divide(op, ty, a, b),
            BinaryOp::And => (format!("and.{bits}"), false),
            BinaryOp::Or => (format!("or.{bits}"), false),
            BinaryOp::Xor => (format!("xor.{bits}"), false),
            BinaryOp::Shl => (format!("shl.{bits}"), true),
            BinaryOp::Shr => (format!("shr.{int}"), false),
            BinaryOp::Min => (format!("min.{int}"), false),
            BinaryOp::Max => (format!("max.{int}"), false),
        };
        let d = self.op(class, &mnemonic, &[a, b]);
        if may_overflow { self.extend(ty, d) } else { d }
    }

    /// One operand.
    pub fn integer_unary(&mut self, op: UnaryOp, ty: Scalar, a: &Arg) -> Reg {
        let (class, bits) = (self.class(ty), self.bits(ty));
        let signed = if class == Class::B64 { "s64" } else { "s32" };
        match op {
            UnaryOp::Not if ty == Scalar::Bool => self.op(Class::Pred, "not.pred", &[a]),
            UnaryOp::Not => {
                let d = self.op(class, &format!("not.{bits}"), &[a]);
                if ty.is_signed() { d } else { self.extend(ty, d) }
            }
            UnaryOp::Neg => {
                let d = self.op(class, &format!("neg.{signed}"), &[a]);
                self.extend(ty, d)
            }
            UnaryOp::Abs if ty.is_signed() => {
                let d = self.op(class, &format!("abs.{signed}"), &[a]);
                self.extend(ty, d)
            }
            UnaryOp::Abs => {
                let d = self.fresh(class);
                self.mov(d, a);
                d
            }
            UnaryOp::CountOnes | UnaryOp::LeadingZeros => {
                let own = self.own_bits(ty, a);
                let name = if op == UnaryOp::CountOnes { "popc" } else { "clz" };
                let d = self.op(Class::B32, &format!("{name}.{bits}"), &[&own]);
                if op == UnaryOp::CountOnes || ty.size() >= 4 {
                    return d;
                }
                self.op(Class::B32, "sub.u32", &[&d, &(32 - 8 * ty.size())])
            }
            UnaryOp::TrailingZeros => {
                // A bit above a narrow type's own stops the count at its width.
                let stopped = if ty.size() < 4 {
                    let stop = 1u32 << (8 * ty.size());
                    Arg::Reg(self.op(Class::B32, "or.b32", &[a, &stop]))
                } else {
                    a.clone()
                };
                let reversed = self.op(class, &format!("brev.{bits}"), &[&stopped]);
                self.op(Class::B32, &format!("clz.{bits}"), &[&reversed])
            }
            UnaryOp::ReverseBits => {
                let d = self.op(class, &format!("brev.{bits}"), &[a]);
                if ty.size() >= 4 {
                    return d;
                }
                let d = self.op(Class::B32, "shr.u32", &[&d, &(32 - 8 * ty.size())]);
                self.extend(ty, d)
            }
            _ => {
                self.no_form(
                    format!("{op:?} has no form for {}", ty.name()),
                    "convert the operand to f32",
                );
                self.fresh(class)
            }
        }
    }

    /// The operand without a narrow signed type's extension.
    fn own_bits(&mut self, ty: Scalar, a: &Arg) -> Arg {
        match ty {
            Scalar::I8 => Arg::Reg(self.op(Class::B32, "and.b32", &[a, &"0xFF"])),
            Scalar::I16 => Arg::Reg(self.op(Class::B32, "and.b32", &[a, &"0xFFFF"])),
            _ => a.clone(),
        }
    }
}
