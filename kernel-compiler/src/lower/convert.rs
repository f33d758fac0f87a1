//! Fitting values to the types of their places.

use super::ty::Ty;
use super::value::Val;
use super::{Eval, Lowerer, Stop};
use crate::diag::catalog::types::{LITERAL_RANGE, NOT_CONST, TYPE_MISMATCH};
use crate::ir::{Const, Operand, Scalar, Span};

impl<'a> Lowerer<'_, 'a> {
    /// `value` as `ty`: literals take the type, `u32` widens to `index`, all else must agree.
    pub(super) fn coerce(&mut self, value: Val<'a>, ty: &Ty, span: Span) -> Eval<'a> {
        match (value, ty) {
            (Val::Poison, _) => Err(Stop::Error),
            (Val::Never, _) => Ok(Val::Never),
            (Val::Int(v), Ty::Scalar(scalar)) => self.int_literal(v, *scalar, span),
            (Val::Float(v), Ty::Scalar(scalar)) if scalar.is_float() => {
                let wide = Operand::Const(Const::f32(v as f32));
                Ok(Val::Scalar(self.convert(wide, *scalar, span), *scalar))
            }
            (Val::Scalar(operand, Scalar::U32), Ty::Scalar(Scalar::Index)) => {
                Ok(Val::Scalar(self.convert(operand, Scalar::Index, span), Scalar::Index))
            }
            (Val::Array(items), Ty::Array(item, len)) if items.len() as u64 == *len => {
                let items: Eval<'a, Vec<_>> =
                    items.into_iter().map(|v| self.coerce(v, item, span)).collect();
                Ok(Val::Array(items?))
            }
            (Val::Tuple(items), Ty::Tuple(types)) if items.len() == types.len() => {
                let items: Eval<'a, Vec<_>> =
                    items.into_iter().zip(types).map(|(v, t)| self.coerce(v, t, span)).collect();
                Ok(Val::Tuple(items?))
            }
            (value, ty) => {
                let found = value.ty(&self.builder.module);
                if found == *ty || *ty == Ty::Opaque {
                    return Ok(value);
                }
                let help = match (&found, ty) {
                    (Ty::Scalar(_), Ty::Scalar(to @ (Scalar::F16 | Scalar::Bf16))) => {
                        format!("convert it: `{}::from_f32(x)`", to.name())
                    }
                    (Ty::Scalar(_), Ty::Scalar(Scalar::Index)) => {
                        "indices are u32 or `index(x)` of an integer".to_owned()
                    }
                    (Ty::Scalar(_), Ty::Scalar(to)) if *to != Scalar::Bool => {
                        format!("convert it: `x as {}`", to.name())
                    }
                    _ => String::new(),
                };
                self.error_help(&TYPE_MISMATCH, span, format!("expected {ty}, found {found}"), help)
            }
        }
    }

    fn int_literal(&mut self, value: i128, ty: Scalar, span: Span) -> Eval<'a> {
        if ty.is_float() {
            return self.error_help(
                &TYPE_MISMATCH,
                span,
                format!("expected {}, found an integer", ty.name()),
                format!("write {value}.0"),
            );
        }
        let constant = Const::int(ty, value);
        if ty == Scalar::Bool || constant.as_int() != Some(value) {
            let message = format!("{value} does not fit {}", ty.name());
            let help = match ty {
                Scalar::Bool => "write `true` or `false`".to_owned(),
                ty if value < 0 && !ty.is_signed() => {
                    format!("{} has no negative numbers: take a signed type", ty.name())
                }
                ty => format!("the largest {} is {}", ty.name(), largest(ty)),
            };
            return self.error_help(&LITERAL_RANGE, span, message, help);
        }
        Ok(Val::constant(constant))
    }

    /// A scalar operand of exactly `ty`.
    pub(super) fn scalar(&mut self, value: Val<'a>, ty: Scalar, span: Span) -> Eval<'a, Operand> {
        match self.coerce(value, &Ty::Scalar(ty), span)? {
            Val::Scalar(operand, _) => Ok(operand),
            _ => Err(Stop::Error),
        }
    }

    /// A scalar of whatever type; untyped literals become `u32` and `f32`.
    pub(super) fn any_scalar(&mut self, value: Val<'a>, span: Span) -> Eval<'a, (Operand, Scalar)> {
        match value {
            Val::Scalar(operand, ty) => Ok((operand, ty)),
            Val::Int(_) => Ok((self.scalar(value, Scalar::U32, span)?, Scalar::U32)),
            Val::Float(_) => Ok((self.scalar(value, Scalar::F32, span)?, Scalar::F32)),
            Val::Poison => Err(Stop::Error),
            other => {
                let ty = other.ty(&self.builder.module);
                self.error(&TYPE_MISMATCH, span, format!("expected a number, found {ty}"))
            }
        }
    }

    /// An element index: `index` or `u32`.
    pub(super) fn element_index(&mut self, value: Val<'a>, span: Span) -> Eval<'a, Operand> {
        match value {
            Val::Scalar(operand, Scalar::Index | Scalar::U32) => Ok(operand),
            other => self.scalar(other, Scalar::Index, span),
        }
    }

    /// An integer that must be known now.
    pub(super) fn const_int(&mut self, value: &Val<'a>, what: &str, span: Span) -> Eval<'a, i128> {
        match value.as_int() {
            Some(value) => Ok(value),
            None if matches!(value, Val::Poison) => Err(Stop::Error),
            None => self.error_help(
                &NOT_CONST,
                span,
                format!("{what} must be known at compile time"),
                "use a literal, a const generic or an unrolled loop's variable".to_owned(),
            ),
        }
    }

    /// A small count that must be known now.
    pub(super) fn const_u32(&mut self, value: &Val<'a>, what: &str, span: Span) -> Eval<'a, u32> {
        let value = self.const_int(value, what, span)?;
        match u32::try_from(value) {
            Ok(value) => Ok(value),
            Err(_) => {
                self.error(&LITERAL_RANGE, span, format!("{what} is {value}, which is no count"))
            }
        }
    }

    /// Gives two operands one type: literals follow the other side, `u32` widens to `index`.
    pub(super) fn unify(
        &mut self,
        a: Val<'a>,
        b: Val<'a>,
        span: Span,
    ) -> Eval<'a, Option<(Operand, Operand, Scalar)>> {
        let ty = match (&a, &b) {
            (Val::Poison, _) | (_, Val::Poison) => return Err(Stop::Error),
            (Val::Scalar(_, x), Val::Scalar(_, y)) if x == y => *x,
            (Val::Scalar(_, Scalar::Index), Val::Scalar(_, Scalar::U32))
            | (Val::Scalar(_, Scalar::U32), Val::Scalar(_, Scalar::Index)) => Scalar::Index,
            (Val::Scalar(_, x), Val::Int(_)) | (Val::Int(_), Val::Scalar(_, x)) => *x,
            (Val::Scalar(_, x), Val::Float(_)) | (Val::Float(_), Val::Scalar(_, x)) => *x,
            (Val::Float(_), Val::Int(_) | Val::Float(_)) | (Val::Int(_), Val::Float(_)) => {
                Scalar::F32
            }
            _ => return Ok(None),
        };
        Ok(Some((self.scalar(a, ty, span)?, self.scalar(b, ty, span)?, ty)))
    }
}

/// The largest number of an integer type.
fn largest(ty: Scalar) -> i128 {
    let bits = ty.size() * 8 - u32::from(ty.is_signed());
    (1i128 << bits) - 1
}
