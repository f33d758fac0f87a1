//! Compile-time functions: sizes, unrolling, arrays from closures, facts about the target.

use super::super::ty::Ty;
use super::super::value::{Slot, Val};
use super::super::{Boundary, Eval, Lowerer};
use super::Call;
use crate::ast::{Expr, ExprKind, GenericArgument};
use crate::diag::catalog::types::{NOT_CONST, STATIC_ASSERT, TYPE_MISMATCH};
use crate::ir::{Role, Stmt};
use crate::target::{Dialect, Target};

pub(super) const NAMES: &[&str] = &[
    "size_of",
    "unroll",
    "map",
    "static_assert",
    "assume",
    "subgroup_size",
    "is_ptx",
    "is_web",
    "has_f16",
    "target_sm",
    "shared_limit",
    "type_is",
    "roles",
    "elect_one",
    "uninitialised",
    "swap",
];

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn comptime_intrinsic(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        match call.name.name.as_str() {
            "size_of" => Ok(Val::Int(i128::from(self.generic_scalar(call, 0)?.size()))),
            "type_is" => {
                let (a, b) = (self.generic_scalar(call, 0)?, self.generic_scalar(call, 1)?);
                Ok(Val::bool(a == b))
            }
            "subgroup_size" => Ok(Val::Int(i128::from(self.target.subgroup().unwrap_or(0)))),
            "is_ptx" => Ok(Val::bool(matches!(self.target, Target::Ptx(_)))),
            "is_web" => {
                Ok(Val::bool(matches!(self.target, Target::Wgsl(w) if w.dialect == Dialect::Web)))
            }
            "has_f16" => Ok(Val::bool(match self.target {
                Target::Ptx(_) => true,
                Target::Wgsl(wgsl) => wgsl.f16,
            })),
            "target_sm" => Ok(Val::Int(match self.target {
                Target::Ptx(ptx) => i128::from(ptx.sm),
                Target::Wgsl(_) => 0,
            })),
            "shared_limit" => Ok(Val::Int(i128::from(self.target.shared_limit()))),
            "unroll" => {
                let [range] = self.arguments_of::<1>(call.name, call.arguments)?;
                match range {
                    Val::Range(mut range) => {
                        range.unrolled = true;
                        Ok(Val::Range(range))
                    }
                    other => Ok(other),
                }
            }
            "map" => self.map(call),
            "static_assert" => self.static_assert(call),
            "assume" => {
                let [value] = self.arguments_of::<1>(call.name, call.arguments)?;
                let condition = self.truth(value, call.span)?;
                self.builder.push(Stmt::Assume { condition, span: call.span });
                Ok(Val::Unit)
            }
            "uninitialised" => self.uninitialised_value(call),
            "swap" => self.swap(call),
            "roles" => self.roles(call),
            _ => self.elect_one(call),
        }
    }

    /// `map(N, |i| ..)`: an array of `N` values.
    fn map(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let [count, closure] = self.arguments_of::<2>(call.name, call.arguments)?;
        let count = self.const_u32(&count, "the length of `map`", call.span)?;
        let Val::Closure(closure) = closure else {
            return self.error(
                &TYPE_MISMATCH,
                call.span,
                "the second argument of `map` is a closure: `map(N, |i| ..)`".to_owned(),
            );
        };
        let items: Eval<'a, Vec<_>> = (0..count)
            .map(|i| self.call_closure(&closure, vec![Val::Int(i128::from(i))], call.span))
            .collect();
        let items = items?;
        // A literal among typed items takes their type.
        let ty =
            items.iter().find(|v| matches!(v, Val::Scalar(..))).map(|v| v.ty(&self.builder.module));
        match ty {
            Some(ty) => {
                let items: Eval<'a, Vec<_>> =
                    items.into_iter().map(|v| self.coerce(v, &ty, call.span)).collect();
                Ok(Val::Array(items?))
            }
            None => Ok(Val::Array(items)),
        }
    }

    fn static_assert(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let [condition, message] = self.arguments_of::<2>(call.name, call.arguments)?;
        let truth = self.truth(condition, call.span)?;
        match truth.as_const().and_then(crate::ir::Const::as_bool) {
            Some(true) => Ok(Val::Unit),
            Some(false) => {
                let text = if let Val::Str(text) = message { text } else { "it does not hold" };
                self.error(&STATIC_ASSERT, call.span, text.to_owned())
            }
            None => self.error_help(
                &NOT_CONST,
                call.span,
                "a static_assert must be known at compile time".to_owned(),
                "use `assume(..)` for a fact about run-time values".to_owned(),
            ),
        }
    }

    /// `uninitialised::<[f32; 8]>()`: registers without values yet, for `let mut`.
    fn uninitialised_value(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        match (call.generics.first(), call.expected) {
            (Some(GenericArgument::Type(ty)), _) => {
                let ty = self.resolve(ty)?;
                self.zeroed(&ty, call)
            }
            (_, Some(ty)) => self.zeroed(&ty.clone(), call),
            _ => self.error(
                &TYPE_MISMATCH,
                call.span,
                "write the type: `uninitialised::<[f32; 8]>()`".to_owned(),
            ),
        }
    }

    fn zeroed(&mut self, ty: &Ty, call: &Call<'a, '_>) -> Eval<'a> {
        match ty {
            Ty::Scalar(scalar) => Ok(Val::constant(crate::ir::Const { ty: *scalar, bits: 0 })),
            Ty::Array(item, len) => {
                let item = self.zeroed(item, call)?;
                Ok(Val::Array(vec![item; usize::try_from(*len).unwrap_or(0)]))
            }
            Ty::Tuple(items) => {
                let items: Eval<'a, Vec<_>> = items.iter().map(|t| self.zeroed(t, call)).collect();
                Ok(Val::Tuple(items?))
            }
            other => {
                self.error(&TYPE_MISMATCH, call.span, format!("registers cannot hold {other}"))
            }
        }
    }

    fn swap(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        if let [a, b] = call.arguments
            && let (Some(x), Some(y)) = (self.place(a)?, self.place(b)?)
        {
            let (old_x, old_y) = (self.read(&x, a.span), self.read(&y, b.span));
            self.write(&x, old_y, call.span)?;
            self.write(&y, old_x, call.span)?;
            return Ok(Val::Unit);
        }
        self.error(&TYPE_MISMATCH, call.span, "`swap` takes two mutable variables".to_owned())
    }

    /// `roles(role("name", warps, registers, || ..), ..)`; 0 registers leaves them alone.
    fn roles(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let mut roles = Vec::with_capacity(call.arguments.len());
        for argument in call.arguments {
            roles.push(self.role(argument)?);
        }
        self.builder.push(Stmt::Roles { roles, span: call.span });
        Ok(Val::Unit)
    }

    fn role(&mut self, argument: &'a Expr) -> Eval<'a, Role> {
        if let ExprKind::Call(callee, parts) = &argument.kind
            && let ExprKind::Path(path) = &callee.kind
            && path.segments.last().is_some_and(|(name, _)| name.name == "role")
            && let [name, warps, registers, body] = parts.as_slice()
        {
            let span = argument.span;
            let name = self.eval(name, None)?;
            let Val::Str(name) = name else {
                return self.error(&TYPE_MISMATCH, span, "a role's name is a string".to_owned());
            };
            let warps_value = self.eval(warps, None)?;
            let warps = self.const_u32(&warps_value, "a role's number of warps", warps.span)?;
            let value = self.eval(registers, None)?;
            let registers = self.const_u32(&value, "a role's registers", registers.span)?;
            let Val::Closure(closure) = self.eval(body, None)? else {
                return self.error(&TYPE_MISMATCH, span, "a role's body is a closure".to_owned());
            };
            let (body, _) = self
                .in_block(Boundary::Branch, |this| this.call_closure(&closure, Vec::new(), span))?;
            let registers = (registers != 0).then_some(registers);
            return Ok(Role { name: name.to_owned(), warps, registers, body, span });
        }
        self.error_help(
            &TYPE_MISMATCH,
            argument.span,
            "the arguments of `roles` are roles".to_owned(),
            "write `role(\"producer\", WARPS, REGISTERS, || { .. })`".to_owned(),
        )
    }

    /// `elect_one(|| ..)`
    fn elect_one(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let [closure] = self.arguments_of::<1>(call.name, call.arguments)?;
        let Val::Closure(closure) = closure else {
            return self.error(&TYPE_MISMATCH, call.span, "`elect_one` takes a closure".to_owned());
        };
        let (body, _) = self.in_block(Boundary::Branch, |this| {
            this.call_closure(&closure, Vec::new(), call.span)
        })?;
        self.builder.push(Stmt::ElectOne { body, span: call.span });
        Ok(Val::Unit)
    }

    /// The mutable variable that an argument names, for operations in place.
    pub(super) fn place_argument(&mut self, argument: &'a Expr) -> Eval<'a, Slot<'a>> {
        match self.place(argument)? {
            Some(slot) => Ok(slot),
            None => self.error(
                &crate::diag::catalog::types::NOT_ASSIGNABLE,
                argument.span,
                "this operation works in place: it needs a variable declared with `let mut`"
                    .to_owned(),
            ),
        }
    }
}
