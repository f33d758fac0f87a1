//! Method calls: on structs (device code), on scalars, buffers, workgroup arrays and ranges.

use super::ty::Ty;
use super::value::{Slot, Val};
use super::{Eval, Lowerer, Stop};
use crate::ast::{Expr, GenericArgument, Ident};
use crate::diag::catalog::types::{ARGUMENT_COUNT, UNKNOWN_METHOD};
use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Operand, Scalar, Span};
use std::sync::Arc;

impl<'a> Lowerer<'_, 'a> {
    /// `receiver.method::<generics>(arguments)`
    pub(super) fn method_call(
        &mut self,
        receiver: &'a Expr,
        method: &'a Ident,
        generics: &'a [GenericArgument],
        arguments: &'a [Expr],
        expected: Option<&Ty>,
    ) -> Eval<'a> {
        let slot = self.place(receiver)?;
        if let Some(Slot::Struct(ty, fields)) = slot {
            let ty_of = Arc::clone(&ty);
            let slot = Slot::Struct(ty, fields);
            return self.call_method_of(
                &ty_of,
                Some(slot),
                method,
                generics,
                arguments,
                method.span,
            );
        }
        let value = match &slot {
            Some(slot) => self.read(slot, receiver.span),
            None => self.eval(receiver, None)?,
        };
        match value {
            Val::Poison => Err(Stop::Error),
            Val::Struct(ref ty, _) => {
                let ty = Arc::clone(ty);
                let slot = Slot::Value(value);
                self.call_method_of(&ty, Some(slot), method, generics, arguments, method.span)
            }
            Val::Buffer(_) | Val::Shared(_) => {
                self.memory_method(&value, method, generics, arguments, expected)
            }
            Val::Fragment(fragment) => self.fragment_method(fragment, method, arguments),
            Val::TensorMap(map) => self.tensor_map_method(map, method, arguments),
            Val::Range(range) => self.range_method(*range, method, arguments),
            Val::Array(items) if method.name == "len" => Ok(Val::Int(items.len() as i128)),
            Val::Scalar(..) | Val::Int(_) | Val::Float(_) => {
                self.scalar_method(value, method, arguments)
            }
            other => {
                let ty = other.ty(&self.builder.module);
                self.error(
                    &UNKNOWN_METHOD,
                    method.span,
                    format!("{ty} has no method `{}`", method.name),
                )
            }
        }
    }

    fn range_method(
        &mut self,
        mut range: super::value::RangeVal<'a>,
        method: &'a Ident,
        arguments: &'a [Expr],
    ) -> Eval<'a> {
        match (method.name.as_str(), arguments) {
            ("rev", []) => range.reverse = !range.reverse,
            ("step_by", [step]) => range.step = Some(self.eval(step, None)?),
            _ => {
                return self.error_help(
                    &UNKNOWN_METHOD,
                    method.span,
                    format!("a range has no method `{}` in a kernel", method.name),
                    "ranges have `step_by(n)` and `rev()`".to_owned(),
                );
            }
        }
        Ok(Val::Range(Box::new(range)))
    }

    /// Methods of numbers: conversions and the functions of arithmetic.
    fn scalar_method(
        &mut self,
        value: Val<'a>,
        method: &'a Ident,
        arguments: &'a [Expr],
    ) -> Eval<'a> {
        let span = method.span;
        match (method.name.as_str(), arguments) {
            ("to_f32", []) => self.cast_to(value, Scalar::F32, span),
            ("to_bits", []) => {
                let (operand, ty) = self.any_scalar(value, span)?;
                let bits = match ty.size() {
                    1 => Scalar::U8,
                    2 => Scalar::U16,
                    4 => Scalar::U32,
                    _ => Scalar::U64,
                };
                Ok(Val::Scalar(self.arith(ArithOp::Bitcast(bits, operand), span), bits))
            }
            ("min" | "max", [other]) => {
                let other = self.eval(other, None)?;
                let op = if method.name == "min" { BinaryOp::Min } else { BinaryOp::Max };
                self.min_max(op, value, other, span)
            }
            ("clamp", [low, high]) => {
                let (low, high) = (self.eval(low, None)?, self.eval(high, None)?);
                let raised = self.min_max(BinaryOp::Max, value, low, span)?;
                self.min_max(BinaryOp::Min, raised, high, span)
            }
            ("div_ceil", [other]) => self.div_ceil(value, other, span),
            ("is_multiple_of", [other]) => {
                let other = self.eval(other, None)?;
                let rest = self.operate(crate::ast::BinaryOperator::Rem, value, other, span)?;
                self.operate(crate::ast::BinaryOperator::Eq, rest, Val::Int(0), span)
            }
            (name, []) => match super::intrinsic::unary_named(name) {
                Some(op) => self.unary_function(op, value, span),
                None => self.no_scalar_method(&value, method),
            },
            _ => self.no_scalar_method(&value, method),
        }
    }

    fn no_scalar_method(&mut self, value: &Val<'a>, method: &Ident) -> Eval<'a> {
        let ty = value.ty(&self.builder.module);
        let known = super::intrinsic::unary_names().chain([
            "to_f32",
            "to_bits",
            "min",
            "max",
            "clamp",
            "div_ceil",
            "is_multiple_of",
        ]);
        let help = crate::diag::suggest::nearest(&method.name, known)
            .map(|near| format!("did you mean `{near}`?"))
            .unwrap_or_default();
        self.error_help(
            &UNKNOWN_METHOD,
            method.span,
            format!("{ty} has no method `{}`", method.name),
            help,
        )
    }

    /// `min` or `max` of two numbers of one type.
    pub(super) fn min_max(&mut self, op: BinaryOp, a: Val<'a>, b: Val<'a>, span: Span) -> Eval<'a> {
        if let (Val::Int(a), Val::Int(b)) = (&a, &b) {
            return Ok(Val::Int(if op == BinaryOp::Min { *a.min(b) } else { *a.max(b) }));
        }
        let names = (a.ty(&self.builder.module), b.ty(&self.builder.module));
        match self.unify(a, b, span)? {
            Some((x, y, ty)) => Ok(Val::Scalar(self.binary(op, x, y, span), ty)),
            None => self.error(
                &crate::diag::catalog::types::DTYPE_MIX,
                span,
                format!("{} and {} have different types", names.0, names.1),
            ),
        }
    }

    fn div_ceil(&mut self, value: Val<'a>, other: &'a Expr, span: Span) -> Eval<'a> {
        let other = self.eval(other, None)?;
        if let (Val::Int(a), Val::Int(b)) = (&value, &other)
            && *b > 0
        {
            return Ok(Val::Int((a + b - 1).div_euclid(*b)));
        }
        let Some((a, b, ty)) = self.unify(value, other, span)? else {
            return self.error(
                &crate::diag::catalog::types::DTYPE_MIX,
                span,
                "div_ceil needs two integers of one type".to_owned(),
            );
        };
        // a / b + (a % b != 0): cannot overflow, unlike (a + b - 1) / b.
        let quotient = self.binary(BinaryOp::Div, a, b, span);
        let rest = self.binary(BinaryOp::Rem, a, b, span);
        let (zero, one) = (self.constant(ty, 0), self.constant(ty, 1));
        let more = self.compare(crate::ir::Comparison::Ne, rest, zero, span);
        let extra = self.arith(ArithOp::Select { condition: more, a: one, b: zero }, span);
        Ok(Val::Scalar(self.binary(BinaryOp::Add, quotient, extra, span), ty))
    }

    /// One of the functions of a number: `sqrt`, `exp2_approx`, ...
    pub(super) fn unary_function(&mut self, op: UnaryOp, value: Val<'a>, span: Span) -> Eval<'a> {
        let (operand, ty) = self.any_scalar(value, span)?;
        let fits = match op {
            UnaryOp::CountOnes
            | UnaryOp::LeadingZeros
            | UnaryOp::TrailingZeros
            | UnaryOp::ReverseBits => ty.is_integer(),
            UnaryOp::Abs | UnaryOp::Neg => ty.is_float() || ty.is_signed(),
            UnaryOp::Not => !ty.is_float(),
            _ => matches!(ty, Scalar::F32 | Scalar::F16 | Scalar::Bf16),
        };
        if !fits {
            let (name, help) = match super::intrinsic::unary_name(op) {
                Some(name) if ty.is_integer() => (name, "convert it first: `x as f32`"),
                Some(name) => (name, "it is for integers: take the bits with `x.to_bits()`"),
                None => ("this function", "convert it first"),
            };
            return self.error_help(
                &crate::diag::catalog::types::OPERATOR_TYPE,
                span,
                format!("{} does not have the function `{name}`", ty.name()),
                help.to_owned(),
            );
        }
        let result = match op {
            UnaryOp::CountOnes | UnaryOp::LeadingZeros | UnaryOp::TrailingZeros => Scalar::U32,
            _ => ty,
        };
        Ok(Val::Scalar(self.unary(op, operand, span), result))
    }

    /// `T::from_f32(x)`, `f32::from_bits(x)`, `T::zero()`.
    pub(super) fn scalar_function(
        &mut self,
        ty: Scalar,
        name: &'a Ident,
        arguments: &'a [Expr],
        span: Span,
    ) -> Eval<'a> {
        match (name.name.as_str(), arguments) {
            ("from_f32", [value]) => {
                let value = self.eval_as(value, Some(&Ty::Scalar(Scalar::F32)))?;
                self.cast_to(value, ty, span)
            }
            ("from_bits", [value]) => {
                let value = self.eval(value, None)?;
                let (operand, from) = self.any_scalar(value, span)?;
                if from.size() != ty.size() {
                    return self.error(
                        &crate::diag::catalog::types::CAST,
                        span,
                        format!("{} and {} differ in size", from.name(), ty.name()),
                    );
                }
                Ok(Val::Scalar(self.arith(ArithOp::Bitcast(ty, operand), span), ty))
            }
            ("zero", []) => Ok(Val::Scalar(zero(ty), ty)),
            _ => self.error_help(
                &UNKNOWN_METHOD,
                name.span,
                format!(
                    "{} has no function `{}` with {} arguments",
                    ty.name(),
                    name.name,
                    arguments.len()
                ),
                "element types have `from_f32(x)`, `from_bits(x)` and `zero()`".to_owned(),
            ),
        }
    }

    /// Exactly `N` arguments, evaluated.
    pub(super) fn arguments_of<const N: usize>(
        &mut self,
        name: &Ident,
        arguments: &'a [Expr],
    ) -> Eval<'a, [Val<'a>; N]> {
        let exact: Result<&'a [Expr; N], _> = arguments.try_into();
        let Ok(exact) = exact else {
            return self.error(
                &ARGUMENT_COUNT,
                name.span,
                format!(
                    "`{}` takes {N} argument{}, and {} given",
                    name.name,
                    if N == 1 { "" } else { "s" },
                    super::call::given(arguments.len())
                ),
            );
        };
        let mut values = Vec::with_capacity(N);
        for argument in exact {
            values.push(self.eval(argument, None)?);
        }
        values.try_into().map_err(|_| Stop::Error)
    }
}

/// Zero of any type: all bits clear.
fn zero(ty: Scalar) -> Operand {
    Operand::Const(crate::ir::Const { ty, bits: 0 })
}
