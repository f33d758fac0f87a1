//! The intrinsics: functions that the language has, one file per family of operations.

mod arith;
mod asynchronous;
mod comptime;
mod ids;
mod matrix;
mod memory;
mod subgroup;
mod sync;

pub(super) use arith::{unary_name, unary_named, unary_names};

use super::ty::Ty;
use super::value::Val;
use super::{Eval, Lowerer};
use crate::ast::{Expr, GenericArgument, Ident};
use crate::ir::Span;

/// A call of an intrinsic, as its family sees it.
pub(super) struct Call<'a, 't> {
    /// The function's name.
    pub name: &'a Ident,
    /// Explicit generic arguments.
    pub generics: &'a [GenericArgument],
    /// Arguments, not yet evaluated.
    pub arguments: &'a [Expr],
    /// What the place of the result expects.
    pub expected: Option<&'t Ty>,
    /// The call.
    pub span: Span,
}

/// The names of all intrinsic functions, for suggestions and for the language's documentation.
pub fn names() -> impl Iterator<Item = &'static str> {
    comptime::NAMES
        .iter()
        .chain(ids::NAMES)
        .chain(arith::NAMES)
        .chain(memory::NAMES)
        .chain(sync::NAMES)
        .chain(subgroup::NAMES)
        .chain(matrix::NAMES)
        .chain(asynchronous::NAMES)
        .copied()
        .chain(unary_names())
}

impl<'a> Lowerer<'_, 'a> {
    /// Calls an intrinsic; `None` if there is none of this name.
    pub(super) fn intrinsic(
        &mut self,
        name: &'a Ident,
        generics: &'a [GenericArgument],
        arguments: &'a [Expr],
        expected: Option<&Ty>,
        span: Span,
    ) -> Option<Eval<'a>> {
        let call = Call { name, generics, arguments, expected, span };
        let text = name.name.as_str();
        let is = |names: &[&str]| names.contains(&text);
        if let Some(op) = unary_named(text) {
            return Some(self.unary_intrinsic(op, &call));
        }
        if is(comptime::NAMES) {
            Some(self.comptime_intrinsic(&call))
        } else if is(ids::NAMES) {
            Some(self.id_intrinsic(&call))
        } else if is(arith::NAMES) {
            Some(self.arith_intrinsic(&call))
        } else if is(memory::NAMES) {
            Some(self.memory_intrinsic(&call))
        } else if is(sync::NAMES) {
            Some(self.sync_intrinsic(&call))
        } else if is(subgroup::NAMES) {
            Some(self.subgroup_intrinsic(&call))
        } else if is(matrix::NAMES) {
            Some(self.matrix_intrinsic(&call))
        } else if is(asynchronous::NAMES) {
            Some(self.async_intrinsic(&call))
        } else {
            None
        }
    }

    /// A generic argument that must be a number.
    pub(super) fn generic_u32(&mut self, call: &Call<'a, '_>, at: usize) -> Eval<'a, u32> {
        let Some(argument) = call.generics.get(at) else {
            return self.error(
                &crate::diag::catalog::types::ARGUMENT_COUNT,
                call.span,
                format!("`{}` needs a generic argument {}", call.name.name, at + 1),
            );
        };
        let value = match argument {
            GenericArgument::Const(expr) => self.eval(expr, None)?,
            GenericArgument::Type(ty) => match &ty.kind {
                crate::ast::TypeKind::Path { path, .. } if path.len() == 1 => {
                    self.name(&path[0].name, ty.span)?
                }
                _ => Val::Poison,
            },
        };
        self.const_u32(&value, "a generic argument", call.span)
    }

    /// A generic argument that must be a scalar type.
    pub(super) fn generic_scalar(
        &mut self,
        call: &Call<'a, '_>,
        at: usize,
    ) -> Eval<'a, crate::ir::Scalar> {
        if let Some(GenericArgument::Type(ty)) = call.generics.get(at)
            && let Ty::Scalar(scalar) = self.resolve(ty)?
        {
            return Ok(scalar);
        }
        self.error(
            &crate::diag::catalog::types::ARGUMENT_COUNT,
            call.span,
            format!("`{}` needs a scalar type as generic argument {}", call.name.name, at + 1),
        )
    }
}
