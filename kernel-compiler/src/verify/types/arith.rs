//! Types of arithmetic.

use super::Types;
use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Comparison, Scalar};

/// A float that is computed with: not the 8-bit ones.
fn float(ty: Scalar) -> bool {
    ty.is_float() && !matches!(ty, Scalar::F8E4M3 | Scalar::F8E5M2)
}

/// What helps an operation on a type that only holds values.
const WIDEN: &str = "widen it first: `x.to_f32()`";

impl Types<'_, '_> {
    /// Checks an arithmetic operation.
    pub(super) fn arith(&mut self, op: &ArithOp) {
        match *op {
            ArithOp::Unary(op, a) => {
                let ty = self.of(a);
                if !unary(op, ty) {
                    self.misused(format!("{} has no such operation", ty.name()), WIDEN);
                }
            }
            ArithOp::Binary { op, a, b, ftz } => {
                let ty = self.of(a);
                let shift = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
                self.is(b, if shift { Scalar::U32 } else { ty });
                if !binary(op, ty) {
                    self.misused(format!("{} has no such operation", ty.name()), WIDEN);
                }
                self.ftz(ftz, ty);
            }
            ArithOp::Fma { a, b, c, ftz } => {
                let ty = self.same(a, b);
                self.is(c, ty);
                if !float(ty) {
                    self.misused(format!("{} has no such operation", ty.name()), WIDEN);
                }
                self.ftz(ftz, ty);
            }
            ArithOp::Compare(comparison, a, b) => {
                let ty = self.same(a, b);
                let equality = matches!(comparison, Comparison::Eq | Comparison::Ne);
                let ordered = ty.is_integer() || float(ty) && !ty.is_packed();
                if !(ordered || equality && ty == Scalar::Bool) {
                    self.misused(format!("{} has no such comparison", ty.name()), WIDEN);
                }
            }
            ArithOp::Select { condition, a, b } => {
                self.is(condition, Scalar::Bool);
                self.same(a, b);
            }
            ArithOp::Convert(to, a) => {
                let from = self.of(a);
                let from_truth = from == Scalar::Bool && to.is_integer();
                if to == Scalar::Bool || to.is_packed() || from.is_packed() {
                    self.wrong(format!("no conversion from {} to {}", from.name(), to.name()));
                } else if from == Scalar::Bool && !from_truth {
                    self.wrong(format!("no conversion from bool to {}", to.name()));
                }
            }
            ArithOp::Bitcast(to, a) => {
                let from = self.of(a);
                let opaque = |ty| matches!(ty, Scalar::Bool | Scalar::Index);
                if opaque(to) || opaque(from) || to.size() != from.size() {
                    self.wrong(format!("{} does not have the bits of {}", to.name(), from.name()));
                }
            }
            ArithOp::Pack(ty, a, b) => {
                self.is(a, Scalar::F32);
                self.is(b, Scalar::F32);
                if !(ty.is_packed() || matches!(ty, Scalar::F8E4M3 | Scalar::F8E5M2)) {
                    self.wrong(format!("{} is no packed type", ty.name()));
                }
            }
            ArithOp::Unpack(a) => self.one_of(a, &[Scalar::F16x2, Scalar::Bf16x2]),
            ArithOp::Lop3 { operands, .. } => {
                operands.into_iter().for_each(|operand| self.is(operand, Scalar::U32));
            }
            ArithOp::Prmt { a, b, selector } => {
                [a, b, selector].into_iter().for_each(|operand| self.is(operand, Scalar::U32));
            }
            ArithOp::BitfieldExtract { value, offset, width } => {
                self.one_of(value, &[Scalar::U32, Scalar::I32]);
                self.is(offset, Scalar::U32);
                self.is(width, Scalar::U32);
            }
            ArithOp::Dot4 { a, b, c } => {
                self.is(a, Scalar::U32);
                self.is(b, Scalar::U32);
                self.is(c, Scalar::I32);
            }
        }
    }

    fn ftz(&mut self, ftz: bool, ty: Scalar) {
        if ftz && ty != Scalar::F32 {
            self.wrong(format!("flushing subnormals of {}", ty.name()));
        }
    }
}

fn unary(op: UnaryOp, ty: Scalar) -> bool {
    match op {
        UnaryOp::Neg => float(ty) || ty.is_signed(),
        UnaryOp::Abs => float(ty) || ty.is_signed(),
        UnaryOp::Not => ty.is_integer() || ty == Scalar::Bool,
        UnaryOp::CountOnes
        | UnaryOp::LeadingZeros
        | UnaryOp::TrailingZeros
        | UnaryOp::ReverseBits => ty.is_integer(),
        UnaryOp::Exp2Approx | UnaryOp::TanhApprox => float(ty),
        _ => float(ty) && !ty.is_packed(),
    }
}

fn binary(op: BinaryOp, ty: Scalar) -> bool {
    match op {
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Min | BinaryOp::Max => {
            ty.is_integer() || float(ty)
        }
        BinaryOp::Div | BinaryOp::Rem => ty.is_integer() || float(ty) && !ty.is_packed(),
        BinaryOp::MulHigh | BinaryOp::Shl | BinaryOp::Shr => ty.is_integer(),
        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => ty.is_integer() || ty == Scalar::Bool,
    }
}
