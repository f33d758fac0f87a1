//! Expressions: the dispatch over their forms.

use super::ty::Ty;
use super::value::{Closure, RangeVal, Slot, Val};
use super::{Eval, Lowerer, Stop};
use crate::ast::{Expr, ExprKind, Literal, Path};
use crate::diag::catalog::types::{HOST_NAME, LITERAL_RANGE, UNKNOWN_NAME, UNKNOWN_TYPE};
use crate::diag::suggest;
use crate::ir::op::{BinaryOp, UnaryOp};
use crate::ir::{Scalar, Span};
use std::sync::Arc;

impl<'a> Lowerer<'_, 'a> {
    /// Evaluates an expression; `expected` guides literals and loads, and is not enforced here.
    pub(super) fn eval(&mut self, expr: &'a Expr, expected: Option<&Ty>) -> Eval<'a> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span),
            ExprKind::Path(path) => self.path(path, span),
            ExprKind::Unary(op, inner) => self.unary_operator(*op, inner, expected, span),
            ExprKind::Binary(op, a, b) => self.binary_operator(*op, a, b, expected, span),
            ExprKind::Assign(to, value) => self.assign(to, value, span),
            ExprKind::AssignOp(op, to, value) => self.assign_operator(*op, to, value, span),
            ExprKind::Call(callee, arguments) => self.call(callee, arguments, expected, span),
            ExprKind::MethodCall { receiver, method, generics, arguments } => {
                self.method_call(receiver, method, generics, arguments, expected)
            }
            ExprKind::Field(base, field) => {
                if let Some(slot) = self.place(expr)? {
                    return Ok(self.read(&slot, span));
                }
                let base = self.eval(base, None)?;
                self.field(base, field)
            }
            ExprKind::Index(base, index) => self.index(expr, base, index),
            ExprKind::Range { start, end, inclusive } => {
                self.range(start.as_deref(), end.as_deref(), *inclusive, span)
            }
            ExprKind::Array(items) => {
                let item = match expected {
                    Some(Ty::Array(item, _)) => Some(&**item),
                    _ => None,
                };
                let items: Eval<'a, Vec<_>> = items.iter().map(|e| self.eval_as(e, item)).collect();
                Ok(Val::Array(items?))
            }
            ExprKind::Repeat(item, count) => {
                let item_ty = match expected {
                    Some(Ty::Array(item, _)) => Some((**item).clone()),
                    _ => None,
                };
                let value = self.eval_as(item, item_ty.as_ref())?;
                let count_value = self.eval(count, None)?;
                let count = self.const_u32(&count_value, "an array's length", count.span)?;
                Ok(Val::Array(vec![value; count as usize]))
            }
            ExprKind::Tuple(items) if items.is_empty() => Ok(Val::Unit),
            ExprKind::Tuple(items) => {
                let items: Eval<'a, Vec<_>> = items.iter().map(|e| self.eval(e, None)).collect();
                Ok(Val::Tuple(items?))
            }
            ExprKind::Struct { ty, fields } => self.struct_literal(ty, fields, span),
            ExprKind::Block(block) => self.block(block, expected),
            ExprKind::If { condition, then, otherwise } => {
                self.branch(condition, then, otherwise.as_deref(), expected, span)
            }
            ExprKind::Match(value, arms) => self.match_expression(value, arms, expected, span),
            ExprKind::Loop(body) => self.endless_loop(body, span),
            ExprKind::While(condition, body) => self.while_loop(condition, body, span),
            ExprKind::For(pattern, range, body) => self.for_loop(pattern, range, body, span),
            ExprKind::Break => self.leave_loop(true, span),
            ExprKind::Continue => self.leave_loop(false, span),
            ExprKind::Return(value) => self.return_expression(value.as_deref(), span),
            ExprKind::Closure { params, body } => {
                let frame = self.frame.clone();
                Ok(Val::Closure(Arc::new(Closure { params, body, frame })))
            }
            ExprKind::Cast(inner, ty) => self.cast(inner, ty, span),
            ExprKind::Reference(inner) => self.eval(inner, expected),
        }
    }

    /// Evaluates an expression and fits it to a type, where one is given.
    pub(super) fn eval_as(&mut self, expr: &'a Expr, ty: Option<&Ty>) -> Eval<'a> {
        let value = self.eval(expr, ty)?;
        match ty {
            Some(ty) => self.coerce(value, ty, expr.span),
            None => Ok(value),
        }
    }

    fn literal(&mut self, literal: &'a Literal, span: Span) -> Eval<'a> {
        match literal {
            Literal::Int(value, None) => Ok(Val::Int(*value)),
            Literal::Float(value, None) => Ok(Val::Float(*value)),
            Literal::Bool(value) => Ok(Val::bool(*value)),
            Literal::Str(text) => Ok(Val::Str(text)),
            Literal::Int(value, Some(suffix)) => match self.suffix(suffix, span)? {
                ty if ty.is_float() => {
                    self.coerce(Val::Float(*value as f64), &Ty::Scalar(ty), span)
                }
                ty => self.coerce(Val::Int(*value), &Ty::Scalar(ty), span),
            },
            Literal::Float(value, Some(suffix)) => {
                let ty = self.suffix(suffix, span)?;
                self.coerce(Val::Float(*value), &Ty::Scalar(ty), span)
            }
        }
    }

    fn suffix(&mut self, suffix: &str, span: Span) -> Eval<'a, Scalar> {
        match suffix {
            "usize" => Ok(Scalar::Index),
            _ => match Scalar::from_name(suffix) {
                Some(ty) => Ok(ty),
                None => self.error(
                    &LITERAL_RANGE,
                    span,
                    format!("`{suffix}` is not the suffix of a type known on a device"),
                ),
            },
        }
    }

    fn path(&mut self, path: &'a Path, span: Span) -> Eval<'a> {
        match path.segments.as_slice() {
            [(name, _)] => self.name(&name.name, span),
            [(ty, arguments), (name, _)] => {
                if let Some(item) = self.program.enumeration(&ty.name) {
                    if item.variants.iter().any(|v| v.name == name.name) {
                        return Ok(Val::Variant(ty.name.clone(), name.name.clone()));
                    }
                    let known: Vec<&str> = item.variants.iter().map(|v| v.name.as_str()).collect();
                    return self.error_help(
                        &UNKNOWN_NAME,
                        name.span,
                        format!("`{}` has no variant `{}`", ty.name, name.name),
                        format!("it has: {}", known.join(", ")),
                    );
                }
                self.associated_constant(ty, arguments, name)
            }
            _ => self.host_name(path, span),
        }
    }

    fn host_name(&mut self, path: &'a Path, span: Span) -> Eval<'a> {
        let names: Vec<&str> = path.segments.iter().map(|(n, _)| n.name.as_str()).collect();
        self.error_help(
            &HOST_NAME,
            span,
            format!(
                "`{}` can only be resolved by rustc, after this macro has run",
                names.join("::")
            ),
            "write the number here, or make it a const generic of the kernel".to_owned(),
        )
    }

    /// A variable, generic constant or constant item.
    pub(super) fn name(&mut self, name: &'a str, span: Span) -> Eval<'a> {
        if let Some(slot) = self.frame.find(name).cloned() {
            return Ok(self.read(&slot, span));
        }
        match self.frame.generics.get(name) {
            Some(super::Argument::Const(value)) => return Ok(self.generic_const(*value)),
            Some(super::Argument::Truth(value)) => return Ok(Val::bool(*value)),
            Some(super::Argument::Variant(ty, variant)) => {
                return Ok(Val::Variant(ty.clone(), variant.clone()));
            }
            Some(super::Argument::Type(_)) | None => {}
        }
        if let Some((layer, item)) = self.program.constant(name, self.frame.layer) {
            let frame = super::value::Frame { layer, ..Default::default() };
            return self.in_item_frame(frame, |this| {
                let ty = this.resolve(&item.ty)?;
                this.eval_as(&item.value, Some(&ty))
            });
        }
        let upper = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if upper {
            return self.error_help(
                &HOST_NAME,
                span,
                format!("`{name}` is not a constant of this kernel or its module"),
                "a macro cannot see constants outside its own tokens: write the number here, or make \
                 it a const generic"
                    .to_owned(),
            );
        }
        let mut known: Vec<&str> =
            self.frame.scopes.iter().flat_map(|scope| scope.keys().copied()).collect();
        known.sort_unstable();
        let help = suggest::nearest(name, known)
            .map(|near| format!("did you mean `{near}`?"))
            .unwrap_or_default();
        self.error_help(&UNKNOWN_NAME, span, format!("`{name}` is not in scope"), help)
    }

    /// A generic constant: an untyped integer, so that it fits wherever its value does.
    fn generic_const(&self, value: i128) -> Val<'a> {
        Val::Int(value)
    }

    fn associated_constant(
        &mut self,
        ty: &'a crate::ast::Ident,
        arguments: &'a [crate::ast::GenericArgument],
        name: &'a crate::ast::Ident,
    ) -> Eval<'a> {
        let resolved = self.resolve_named(ty, arguments)?;
        match &resolved {
            Ty::Struct(structure) => {
                let Some((item, constant)) = self.program.associated(&structure.name, &name.name)
                else {
                    return self.error(
                        &UNKNOWN_NAME,
                        name.span,
                        format!("`{}` has no constant `{}`", structure.name, name.name),
                    );
                };
                let generics = self.impl_generics(item, structure, name.span)?;
                let frame = super::value::Frame {
                    generics,
                    self_ty: Some(Arc::clone(structure)),
                    layer: self.program.layer(item),
                    ..Default::default()
                };
                self.in_item_frame(frame, |this| {
                    let ty = this.resolve(&constant.ty)?;
                    this.eval_as(&constant.value, Some(&ty))
                })
            }
            Ty::Scalar(scalar) => self.scalar_constant(*scalar, name),
            other => self.error(
                &UNKNOWN_TYPE,
                ty.span,
                format!("{other} has no constant `{}`", name.name),
            ),
        }
    }

    fn scalar_constant(&mut self, ty: Scalar, name: &crate::ast::Ident) -> Eval<'a> {
        let bits = i128::from(ty.size()) * 8;
        let value = match (name.name.as_str(), ty.is_float()) {
            ("MAX", false) if ty.is_signed() => (1 << (bits - 1)) - 1,
            ("MAX", false) => (1i128 << bits) - 1,
            ("MIN", false) if ty.is_signed() => -(1 << (bits - 1)),
            ("MIN", false) => 0,
            ("BITS", _) => return Ok(Val::Int(bits)),
            _ => {
                return self.error(
                    &UNKNOWN_NAME,
                    name.span,
                    format!("{} has no constant `{}` on a device", ty.name(), name.name),
                );
            }
        };
        self.coerce(Val::Int(value), &Ty::Scalar(ty), name.span)
    }

    fn range(
        &mut self,
        start: Option<&'a Expr>,
        end: Option<&'a Expr>,
        inclusive: bool,
        span: Span,
    ) -> Eval<'a> {
        let (Some(start), Some(end)) = (start, end) else {
            return self.error(
                &crate::diag::catalog::types::TYPE_MISMATCH,
                span,
                "a range needs both of its ends in a kernel".to_owned(),
            );
        };
        let start = self.eval(start, None)?;
        let mut end_value = self.eval(end, None)?;
        if inclusive {
            end_value = self.add_one(end_value, end.span)?;
        }
        Ok(Val::Range(Box::new(RangeVal {
            start,
            end: end_value,
            step: None,
            reverse: false,
            unrolled: false,
        })))
    }

    fn add_one(&mut self, value: Val<'a>, span: Span) -> Eval<'a> {
        if let Val::Int(v) = value {
            return Ok(Val::Int(v + 1));
        }
        let (operand, ty) = self.any_scalar(value, span)?;
        let one = self.constant(ty, 1);
        Ok(Val::Scalar(self.binary(BinaryOp::Add, operand, one, span), ty))
    }

    fn struct_literal(
        &mut self,
        ty: &'a crate::ast::Type,
        fields: &'a [(crate::ast::Ident, Expr)],
        span: Span,
    ) -> Eval<'a> {
        let (name, item) = self.struct_item(ty)?;
        let mut arguments = self.explicit_arguments(&item.generics, ty)?;
        let mut values = Vec::with_capacity(item.fields.len());
        for (field, declared) in &item.fields {
            let Some((_, expr)) = fields.iter().find(|(n, _)| n.name == field.name) else {
                return self.error(
                    &crate::diag::catalog::types::UNKNOWN_FIELD,
                    span,
                    format!("the field `{}` of `{name}` is missing", field.name),
                );
            };
            let value = self.eval(expr, None)?;
            self.infer(&item.generics, declared, &value, &mut arguments);
            values.push((value, declared, expr.span));
        }
        if let Some((extra, _)) =
            fields.iter().find(|(n, _)| !item.fields.iter().any(|(f, _)| f.name == n.name))
        {
            return self.error(
                &crate::diag::catalog::types::UNKNOWN_FIELD,
                extra.span,
                format!("`{name}` has no field `{}`", extra.name),
            );
        }
        let ty = self.close_struct(name, item, arguments, span)?;
        let generics = self.struct_generics(item, &ty);
        let mut out = Vec::with_capacity(values.len());
        for (value, declared, span) in values {
            let declared = self.resolve_in(declared, &generics)?;
            out.push(self.coerce(value, &declared, span)?);
        }
        Ok(Val::Struct(ty, out))
    }

    fn index(&mut self, expr: &'a Expr, base: &'a Expr, index: &'a Expr) -> Eval<'a> {
        if let Some(slot) = self.place(expr)? {
            return Ok(self.read(&slot, expr.span));
        }
        match self.eval(base, None)? {
            Val::Array(items) => {
                let at = self.eval(index, None)?;
                let at = self.register_index(&at, items.len(), index.span)?;
                Ok(items.into_iter().nth(at).unwrap_or(Val::Poison))
            }
            handle @ (Val::Buffer(_) | Val::Shared(_)) => {
                let at = self.eval(index, None)?;
                let at = self.element_index(at, index.span)?;
                self.load_element(&handle, at, expr.span)
            }
            Val::Poison => Err(Stop::Error),
            other => {
                let ty = other.ty(&self.builder.module);
                self.error(
                    &crate::diag::catalog::types::OPERATOR_TYPE,
                    base.span,
                    format!("{ty} cannot be indexed"),
                )
            }
        }
    }

    fn assign(&mut self, to: &'a Expr, value: &'a Expr, span: Span) -> Eval<'a> {
        if let ExprKind::Path(path) = &to.kind
            && path.segments.len() == 1
            && path.segments[0].0.name == "_"
        {
            self.eval(value, None)?;
            return Ok(Val::Unit);
        }
        if let Some(slot) = self.place(to)? {
            let ty = slot_ty(&slot);
            let value = self.eval(value, ty.as_ref())?;
            self.write(&slot, value, span)?;
            return Ok(Val::Unit);
        }
        if let ExprKind::Index(base, index) = &to.kind {
            let handle = self.eval(base, None)?;
            if matches!(handle, Val::Buffer(_) | Val::Shared(_)) {
                let at = self.eval(index, None)?;
                let at = self.element_index(at, index.span)?;
                let new = self.eval(value, None)?;
                self.store_element_from(&handle, at, new, (to.span, value.span))?;
                return Ok(Val::Unit);
            }
        }
        self.not_assignable(to)
    }

    fn not_assignable(&mut self, to: &'a Expr) -> Eval<'a> {
        // What is wrong with the place itself was reported already, if its parts have no value.
        if let ExprKind::Index(base, _) | ExprKind::Field(base, _) = &to.kind {
            self.eval(base, None)
                .and_then(|v| if matches!(v, Val::Poison) { Err(Stop::Error) } else { Ok(v) })?;
        }
        self.error_help(
            &crate::diag::catalog::types::NOT_ASSIGNABLE,
            to.span,
            "this cannot be assigned".to_owned(),
            "assign to a variable declared with `let mut`, or to an element of a buffer".to_owned(),
        )
    }

    fn assign_operator(
        &mut self,
        op: crate::ast::BinaryOperator,
        to: &'a Expr,
        value: &'a Expr,
        span: Span,
    ) -> Eval<'a> {
        if let Some(slot) = self.place(to)? {
            let new = self.binary_operator(op, to, value, None, span)?;
            self.write(&slot, new, span)?;
            return Ok(Val::Unit);
        }
        if let ExprKind::Index(base, index) = &to.kind {
            let handle = self.eval(base, None)?;
            if matches!(handle, Val::Buffer(_) | Val::Shared(_)) {
                // The index is evaluated once: it may have effects.
                let at = self.eval(index, None)?;
                let at = self.element_index(at, index.span)?;
                let old = self.load_element(&handle, at, to.span)?;
                let ty = old.ty(&self.builder.module);
                let other = self.eval(value, Some(&ty))?;
                let new = self.operate(op, old, other, span)?;
                self.store_element_from(&handle, at, new, (to.span, value.span))?;
                return Ok(Val::Unit);
            }
        }
        self.not_assignable(to)
    }

    /// `-x` on a typed operand.
    pub(super) fn negate(&mut self, operand: crate::ir::Operand, span: Span) -> crate::ir::Operand {
        self.unary(UnaryOp::Neg, operand, span)
    }
}

fn slot_ty(slot: &Slot<'_>) -> Option<Ty> {
    match slot {
        Slot::Local(_, ty) => Some(Ty::Scalar(*ty)),
        Slot::Array(slots) => {
            let item = slots.first().and_then(slot_ty)?;
            Some(Ty::Array(Box::new(item), slots.len() as u64))
        }
        Slot::Tuple(slots) => slots.iter().map(slot_ty).collect::<Option<Vec<_>>>().map(Ty::Tuple),
        Slot::Struct(ty, _) => Some(Ty::Struct(Arc::clone(ty))),
        Slot::Value(_) => None,
    }
}
