//! Comparisons.

use crate::ir::{Comparison, Scalar};

use super::emitter::{Arg, Emitter};
use super::registers::{Class, Reg};
use super::tables;

impl Emitter<'_> {
    /// Compares two operands of one type.
    pub fn compare(&mut self, op: Comparison, ty: Scalar, a: &Arg, b: &Arg) -> Reg {
        let name = tables::comparison(op, ty.is_float());
        match ty {
            Scalar::Bool => self.compare_bool(op, a, b),
            Scalar::F32 => self.op(Class::Pred, &format!("setp.{name}.f32"), &[a, b]),
            Scalar::F16 => self.op(Class::Pred, &format!("setp.{name}.f16"), &[a, b]),
            Scalar::Bf16 | Scalar::F8E4M3 | Scalar::F8E5M2 => {
                let (a, b) = (self.widen_arg(ty, a), self.widen_arg(ty, b));
                self.op(Class::Pred, &format!("setp.{name}.f32"), &[&a, &b])
            }
            Scalar::F16x2 | Scalar::Bf16x2 => {
                self.no_form(
                    format!("a packed {} cannot be compared", ty.name()),
                    "unpack it and compare the halves",
                );
                self.fresh(Class::Pred)
            }
            ty => {
                let int = self.int(ty);
                self.op(Class::Pred, &format!("setp.{name}.{int}"), &[a, b])
            }
        }
    }

    /// `false < true`.
    fn compare_bool(&mut self, op: Comparison, a: &Arg, b: &Arg) -> Reg {
        let negated = |e: &mut Self, x: &Arg| Arg::Reg(e.op(Class::Pred, "not.pred", &[x]));
        let (mnemonic, a, b, negate) = match op {
            Comparison::Ne => ("xor.pred", a.clone(), b.clone(), false),
            Comparison::Eq => ("xor.pred", a.clone(), b.clone(), true),
            Comparison::Lt => ("and.pred", negated(self, a), b.clone(), false),
            Comparison::Gt => ("and.pred", a.clone(), negated(self, b), false),
            Comparison::Le => ("or.pred", negated(self, a), b.clone(), false),
            Comparison::Ge => ("or.pred", a.clone(), negated(self, b), false),
        };
        let d = self.op(Class::Pred, mnemonic, &[&a, &b]);
        if negate { self.op(Class::Pred, "not.pred", &[&d]) } else { d }
    }
}
