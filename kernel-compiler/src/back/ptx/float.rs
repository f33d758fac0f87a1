//! Floating-point arithmetic. `f32` and `f16` are native, always `.rn`; everything else computes in
//! `f32` and rounds to nearest even.
//!
//! Quotients and square roots of `f16` through `f32` are correctly rounded, since 24 >= 2 * 11 + 2.
//! PTX ISA, "Floating Point Instructions", "Half Precision Floating Point Instructions".

use crate::ir::Scalar;
use crate::ir::op::{BinaryOp, UnaryOp};

use super::emitter::{Arg, Emitter};
use super::registers::{Class, Reg, braces};
use super::tables;

impl Emitter<'_> {
    /// A scalar float in an `f32` register.
    pub fn widen(&mut self, ty: Scalar, reg: Reg) -> Reg {
        if ty == Scalar::F32 { reg } else { self.convert(Scalar::F32, ty, reg) }
    }

    /// A scalar float in an `f32` register or immediate.
    pub fn widen_arg(&mut self, ty: Scalar, arg: &Arg) -> Arg {
        match (ty, arg) {
            (Scalar::F32, _) => arg.clone(),
            (_, Arg::Reg(reg)) => Arg::Reg(self.widen(ty, *reg)),
            (_, Arg::Immediate(_)) => {
                let reg = self.fresh(self.class(ty));
                self.mov(reg, arg);
                Arg::Reg(self.widen(ty, reg))
            }
        }
    }

    /// Applies `f` to the operands as `f32` and rounds the result to `ty`; packed pairs by halves.
    fn in_f32(
        &mut self,
        ty: Scalar,
        args: &[Arg],
        f: &mut dyn FnMut(&mut Self, &[Arg]) -> Reg,
    ) -> Reg {
        if !ty.is_packed() {
            let wide: Vec<Arg> = args.iter().map(|arg| self.widen_arg(ty, arg)).collect();
            let d = f(self, &wide);
            return self.convert(ty, Scalar::F32, d);
        }
        let mut halves = [Vec::new(), Vec::new()];
        for arg in args {
            let word = self.fresh(Class::B32);
            self.mov(word, arg);
            let [low, high] = self.unpack(ty, word);
            halves[0].push(Arg::Reg(low));
            halves[1].push(Arg::Reg(high));
        }
        let [low, high] = halves.map(|half| f(self, &half));
        self.pack(ty, low, high)
    }

    /// Two operands.
    pub fn float_binary(&mut self, op: BinaryOp, ty: Scalar, a: &Arg, b: &Arg, ftz: bool) -> Reg {
        match ty {
            Scalar::F32 => return self.f32_binary(op, a, b, ftz),
            Scalar::F16 | Scalar::F16x2 => {
                if let Some(d) = self.f16_binary(op, ty, a, b) {
                    return d;
                }
            }
            _ => {}
        }
        let args = [a.clone(), b.clone()];
        self.in_f32(ty, &args, &mut |e, args| e.f32_binary(op, &args[0], &args[1], ftz))
    }

    fn f16_binary(&mut self, op: BinaryOp, ty: Scalar, a: &Arg, b: &Arg) -> Option<Reg> {
        let (class, name) = (self.class(ty), ty.name());
        let mnemonic = match op {
            BinaryOp::Add => format!("add.rn.{name}"),
            BinaryOp::Sub => format!("sub.rn.{name}"),
            BinaryOp::Mul => format!("mul.rn.{name}"),
            BinaryOp::Min | BinaryOp::Max if tables::F16_MINMAX.on(self.ptx) => {
                self.need(tables::F16_MINMAX);
                let which = if op == BinaryOp::Min { "min" } else { "max" };
                format!("{which}.{name}")
            }
            _ => return None,
        };
        Some(self.op(class, &mnemonic, &[a, b]))
    }

    fn f32_binary(&mut self, op: BinaryOp, a: &Arg, b: &Arg, ftz: bool) -> Reg {
        let flush = if ftz { ".ftz" } else { "" };
        let mnemonic = match op {
            BinaryOp::Add => format!("add.rn{flush}.f32"),
            BinaryOp::Sub => format!("sub.rn{flush}.f32"),
            BinaryOp::Mul => format!("mul.rn{flush}.f32"),
            BinaryOp::Div => format!("div.rn{flush}.f32"),
            BinaryOp::Min => format!("min{flush}.f32"),
            BinaryOp::Max => format!("max{flush}.f32"),
            BinaryOp::Rem => return self.f32_remainder(a, b),
            BinaryOp::MulHigh
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::Shr => {
                self.no_form(
                    format!("{op:?} has no form for floats"),
                    "cast the bits to an integer first",
                );
                return self.fresh(Class::F32);
            }
        };
        self.op(Class::F32, &mnemonic, &[a, b])
    }

    /// `a - trunc(a / b) * b` with the sign of `a`: exact while the quotient is below 2^24.
    fn f32_remainder(&mut self, a: &Arg, b: &Arg) -> Reg {
        let quotient = self.f32_op("div.rn.f32", &[a, b]);
        let whole = self.f32_op("cvt.rzi.f32.f32", &[&quotient]);
        let negative = self.f32_op("neg.f32", &[&whole]);
        let rest = self.f32_op("fma.rn.f32", &[&negative, b, a]);
        // A quotient rounded up to a whole number leaves a rest of the other sign: one `b` too much.
        let size = self.f32_op("abs.f32", &[b]);
        let back = self.f32_op("copysign.f32", &[a, &size]);
        let repaired = self.f32_op("add.rn.f32", &[&rest, &back]);
        let same = self.f32_op("copysign.f32", &[a, &rest]);
        let passed = self.op(Class::Pred, "setp.neu.f32", &[&same, &rest]);
        self.f32_op("selp.f32", &[&repaired, &same, &passed])
    }

    /// `a * b + c` with one rounding.
    pub fn fma(&mut self, ty: Scalar, args: &[Arg; 3], ftz: bool) -> Reg {
        let [a, b, c] = args;
        match ty {
            Scalar::F32 if ftz => self.op(Class::F32, "fma.rn.ftz.f32", &[a, b, c]),
            Scalar::F32 => self.op(Class::F32, "fma.rn.f32", &[a, b, c]),
            Scalar::F16 => self.op(Class::B16, "fma.rn.f16", &[a, b, c]),
            Scalar::F16x2 => self.op(Class::B32, "fma.rn.f16x2", &[a, b, c]),
            ty => self.in_f32(ty, args, &mut |e, args| {
                e.op(Class::F32, "fma.rn.f32", &[&args[0], &args[1], &args[2]])
            }),
        }
    }

    /// One operand.
    pub fn float_unary(&mut self, op: UnaryOp, ty: Scalar, a: &Arg) -> Reg {
        match (op, ty) {
            (_, Scalar::F32) => self.f32_unary(op, a),
            (UnaryOp::Neg, Scalar::F16) => self.op(Class::B16, "neg.f16", &[a]),
            (UnaryOp::Neg, Scalar::F16x2) => self.op(Class::B32, "neg.f16x2", &[a]),
            (UnaryOp::Neg, Scalar::Bf16) => self.op(Class::B16, "xor.b16", &[a, &"0x8000"]),
            (UnaryOp::Neg, Scalar::Bf16x2) => self.op(Class::B32, "xor.b32", &[a, &"0x80008000"]),
            (UnaryOp::Abs, Scalar::F16) => {
                self.need(tables::F16_ABS);
                self.op(Class::B16, "abs.f16", &[a])
            }
            (UnaryOp::Abs, Scalar::Bf16) => self.op(Class::B16, "and.b16", &[a, &"0x7FFF"]),
            (UnaryOp::Abs, Scalar::F16x2 | Scalar::Bf16x2) => {
                self.op(Class::B32, "and.b32", &[a, &"0x7FFF7FFF"])
            }
            _ => {
                let args = [a.clone()];
                self.in_f32(ty, &args, &mut |e, args| e.f32_unary(op, &args[0]))
            }
        }
    }

    /// A bf16 register as `f32`: its bits are the upper half.
    pub fn bf16_to_f32(&mut self, a: Reg) -> Reg {
        let word = self.op(Class::B32, "cvt.u32.u16", &[&a]);
        self.op(Class::F32, "shl.b32", &[&word, &16])
    }

    /// Two 16-bit registers as one word.
    pub fn pair(&mut self, low: Reg, high: Reg) -> Reg {
        let d = self.fresh(Class::B32);
        self.line(format_args!("mov.b32 {d}, {};", braces(&[low, high])));
        d
    }
}
