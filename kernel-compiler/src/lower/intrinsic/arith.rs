//! Arithmetic functions.

use super::super::ty::Ty;
use super::super::value::Val;
use super::super::{Eval, Lowerer};
use super::Call;
use crate::diag::catalog::types::{DTYPE_MIX, OPERATOR_TYPE, TYPE_MISMATCH};
use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Operand, Scalar};

pub(super) const NAMES: &[&str] = &[
    "min",
    "max",
    "fma",
    "select",
    "bitcast",
    "mul_high",
    "add_ftz",
    "sub_ftz",
    "mul_ftz",
    "fma_ftz",
    "lop3",
    "prmt",
    "dot4",
    "bitfield_extract",
    "pack_f16x2",
    "pack_bf16x2",
    "pack_f8e4m3",
    "pack_f8e5m2",
    "unpack",
];

const UNARY: [(&str, UnaryOp); 24] = [
    ("abs", UnaryOp::Abs),
    ("sqrt", UnaryOp::Sqrt),
    ("rsqrt", UnaryOp::Rsqrt),
    ("rcp", UnaryOp::Rcp),
    ("exp", UnaryOp::Exp),
    ("exp2", UnaryOp::Exp2),
    ("log", UnaryOp::Log),
    ("log2", UnaryOp::Log2),
    ("sin", UnaryOp::Sin),
    ("cos", UnaryOp::Cos),
    ("tanh", UnaryOp::Tanh),
    ("floor", UnaryOp::Floor),
    ("ceil", UnaryOp::Ceil),
    ("trunc", UnaryOp::Trunc),
    ("round", UnaryOp::Round),
    ("exp2_approx", UnaryOp::Exp2Approx),
    ("log2_approx", UnaryOp::Log2Approx),
    ("rcp_approx", UnaryOp::RcpApprox),
    ("rsqrt_approx", UnaryOp::RsqrtApprox),
    ("tanh_approx", UnaryOp::TanhApprox),
    ("count_ones", UnaryOp::CountOnes),
    ("leading_zeros", UnaryOp::LeadingZeros),
    ("trailing_zeros", UnaryOp::TrailingZeros),
    ("reverse_bits", UnaryOp::ReverseBits),
];

/// The one-operand function called `name`.
pub(in super::super) fn unary_named(name: &str) -> Option<UnaryOp> {
    UNARY.iter().find(|(n, _)| *n == name).map(|(_, op)| *op)
}

/// The name of a one-operand function; operators have none.
pub(in super::super) fn unary_name(op: UnaryOp) -> Option<&'static str> {
    UNARY.iter().find(|(_, o)| *o == op).map(|(name, _)| *name)
}

/// The names of the one-operand functions.
pub(in super::super) fn unary_names() -> impl Iterator<Item = &'static str> {
    UNARY.iter().map(|(name, _)| *name)
}

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn unary_intrinsic(&mut self, op: UnaryOp, call: &Call<'a, '_>) -> Eval<'a> {
        let [value] = self.arguments_of::<1>(call.name, call.arguments)?;
        self.unary_function(op, value, call.span)
    }

    pub(super) fn arith_intrinsic(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        match call.name.name.as_str() {
            name @ ("min" | "max") => {
                let op = if name == "min" { BinaryOp::Min } else { BinaryOp::Max };
                let [a, b] = self.arguments_of::<2>(call.name, call.arguments)?;
                self.min_max(op, a, b, call.span)
            }
            "fma" => self.fma(call, false),
            "fma_ftz" => self.fma(call, true),
            "add_ftz" => self.ftz(call, BinaryOp::Add),
            "sub_ftz" => self.ftz(call, BinaryOp::Sub),
            "mul_ftz" => self.ftz(call, BinaryOp::Mul),
            "select" => self.select(call),
            "bitcast" => self.bitcast(call),
            "mul_high" => {
                let [a, b] = self.arguments_of::<2>(call.name, call.arguments)?;
                match self.unify(a, b, call.span)? {
                    Some((a, b, ty)) if ty.is_integer() => {
                        Ok(Val::Scalar(self.binary(BinaryOp::MulHigh, a, b, call.span), ty))
                    }
                    _ => self.error(
                        &OPERATOR_TYPE,
                        call.span,
                        "`mul_high` takes two integers of one type".to_owned(),
                    ),
                }
            }
            "lop3" => self.lop3(call),
            "prmt" => {
                let [a, b, selector] = self.words(call)?;
                Ok(Val::Scalar(
                    self.arith(ArithOp::Prmt { a, b, selector }, call.span),
                    Scalar::U32,
                ))
            }
            "dot4" => {
                let [a, b, c] = self.arguments_of::<3>(call.name, call.arguments)?;
                let a = self.scalar(a, Scalar::U32, call.span)?;
                let b = self.scalar(b, Scalar::U32, call.span)?;
                let c = self.scalar(c, Scalar::I32, call.span)?;
                Ok(Val::Scalar(self.arith(ArithOp::Dot4 { a, b, c }, call.span), Scalar::I32))
            }
            "bitfield_extract" => {
                let [value, offset, width] = self.arguments_of::<3>(call.name, call.arguments)?;
                let (value, ty) = self.any_scalar(value, call.span)?;
                let offset = self.scalar(offset, Scalar::U32, call.span)?;
                let width = self.scalar(width, Scalar::U32, call.span)?;
                let op = ArithOp::BitfieldExtract { value, offset, width };
                Ok(Val::Scalar(self.arith(op, call.span), ty))
            }
            "unpack" => {
                let [value] = self.arguments_of::<1>(call.name, call.arguments)?;
                let (value, ty) = self.any_scalar(value, call.span)?;
                if !matches!(ty, Scalar::F16x2 | Scalar::Bf16x2) {
                    let message =
                        format!("`unpack` takes f16x2 or bf16x2, and this is {}", ty.name());
                    return self.error(&TYPE_MISMATCH, call.span, message);
                }
                let parts = self.arith_many(ArithOp::Unpack(value), call.span);
                Ok(Val::Tuple(parts.into_iter().map(|p| Val::Scalar(p, Scalar::F32)).collect()))
            }
            name => self.pack(name, call),
        }
    }

    fn pack(&mut self, name: &str, call: &Call<'a, '_>) -> Eval<'a> {
        let (packed, result) = match name {
            "pack_f16x2" => (Scalar::F16x2, Scalar::F16x2),
            "pack_bf16x2" => (Scalar::Bf16x2, Scalar::Bf16x2),
            "pack_f8e4m3" => (Scalar::F8E4M3, Scalar::U16),
            _ => (Scalar::F8E5M2, Scalar::U16),
        };
        let [low, high] = self.arguments_of::<2>(call.name, call.arguments)?;
        let low = self.scalar(low, Scalar::F32, call.span)?;
        let high = self.scalar(high, Scalar::F32, call.span)?;
        Ok(Val::Scalar(self.arith(ArithOp::Pack(packed, low, high), call.span), result))
    }

    fn fma(&mut self, call: &Call<'a, '_>, ftz: bool) -> Eval<'a> {
        let [a, b, c] = self.arguments_of::<3>(call.name, call.arguments)?;
        let ty = [&a, &b, &c].into_iter().find_map(|v| match v {
            Val::Scalar(_, ty) => Some(*ty),
            _ => None,
        });
        let ty = ty.unwrap_or(Scalar::F32);
        if !ty.is_float() {
            let message = format!("`fma` takes floats, and this is {}", ty.name());
            return self.error(&OPERATOR_TYPE, call.span, message);
        }
        let a = self.scalar(a, ty, call.span)?;
        let b = self.scalar(b, ty, call.span)?;
        let c = self.scalar(c, ty, call.span)?;
        Ok(Val::Scalar(self.arith(ArithOp::Fma { a, b, c, ftz }, call.span), ty))
    }

    fn ftz(&mut self, call: &Call<'a, '_>, op: BinaryOp) -> Eval<'a> {
        let [a, b] = self.arguments_of::<2>(call.name, call.arguments)?;
        let a = self.scalar(a, Scalar::F32, call.span)?;
        let b = self.scalar(b, Scalar::F32, call.span)?;
        let op = ArithOp::Binary { op, a, b, ftz: true };
        Ok(Val::Scalar(self.arith(op, call.span), Scalar::F32))
    }

    fn select(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let [condition, a, b] = self.arguments_of::<3>(call.name, call.arguments)?;
        let condition = self.truth(condition, call.span)?;
        if let Some(known) = condition.as_const().and_then(crate::ir::Const::as_bool) {
            return Ok(if known { a } else { b });
        }
        let hint = call.expected.cloned();
        let (a, b) = match (&a, &b, hint) {
            (
                Val::Int(_) | Val::Float(_),
                Val::Int(_) | Val::Float(_),
                Some(ty @ Ty::Scalar(_)),
            ) => (self.coerce(a, &ty, call.span)?, self.coerce(b, &ty, call.span)?),
            _ => (a, b),
        };
        let names = (a.ty(&self.builder.module), b.ty(&self.builder.module));
        if let (Val::Int(x), Val::Int(y)) = (&a, &b) {
            let ty = super::super::control::literal_type(*x, *y);
            let a = self.scalar(a, ty, call.span)?;
            let b = self.scalar(b, ty, call.span)?;
            return Ok(Val::Scalar(self.choose(condition, a, b, call), ty));
        }
        match self.unify(a, b, call.span)? {
            Some((a, b, ty)) => Ok(Val::Scalar(self.choose(condition, a, b, call), ty)),
            None => self.error(
                &DTYPE_MIX,
                call.span,
                format!("`select` chooses between {} and {}, which differ", names.0, names.1),
            ),
        }
    }

    fn choose(
        &mut self,
        condition: Operand,
        a: Operand,
        b: Operand,
        call: &Call<'a, '_>,
    ) -> Operand {
        self.arith(ArithOp::Select { condition, a, b }, call.span)
    }

    fn bitcast(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let to = match (call.generics.is_empty(), call.expected) {
            (true, Some(Ty::Scalar(ty))) => *ty,
            _ => self.generic_scalar(call, 0)?,
        };
        let [value] = self.arguments_of::<1>(call.name, call.arguments)?;
        let (operand, from) = self.any_scalar(value, call.span)?;
        if from.size() != to.size() || from == Scalar::Bool || to == Scalar::Bool {
            return self.error(
                &crate::diag::catalog::types::CAST,
                call.span,
                format!(
                    "{} has {} bytes and {} has {}",
                    from.name(),
                    from.size(),
                    to.name(),
                    to.size()
                ),
            );
        }
        Ok(Val::Scalar(self.arith(ArithOp::Bitcast(to, operand), call.span), to))
    }

    /// `lop3::<TABLE>(a, b, c)`
    fn lop3(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let table = self.generic_u32(call, 0)?;
        let operands = self.words(call)?;
        let Ok(table) = u8::try_from(table) else {
            return self.error(
                &TYPE_MISMATCH,
                call.span,
                "the truth table of `lop3` is one byte".to_owned(),
            );
        };
        Ok(Val::Scalar(self.arith(ArithOp::Lop3 { operands, table }, call.span), Scalar::U32))
    }

    /// Three `u32` arguments.
    fn words(&mut self, call: &Call<'a, '_>) -> Eval<'a, [Operand; 3]> {
        let [a, b, c] = self.arguments_of::<3>(call.name, call.arguments)?;
        Ok([
            self.scalar(a, Scalar::U32, call.span)?,
            self.scalar(b, Scalar::U32, call.span)?,
            self.scalar(c, Scalar::U32, call.span)?,
        ])
    }
}
