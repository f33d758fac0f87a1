//! Calls: closures, device functions (inlined), associated functions, intrinsics.

use super::ty::Ty;
use super::types::Generics;
use super::value::{Closure, Frame, Slot, Val};
use super::{Boundary, Eval, Lowerer, Stop};
use crate::ast::{Expr, ExprKind, Function, GenericArgument, Ident, Type, TypeKind};
use crate::diag::catalog::types::{
    ARGUMENT_COUNT, RECURSION, TYPE_MISMATCH, UNKNOWN_FUNCTION, UNKNOWN_METHOD,
};
use crate::diag::suggest;
use crate::ir::Span;
use std::sync::Arc;

/// Device functions may nest this deep: more is recursion.
const CALL_DEPTH: usize = 64;

impl<'a> Lowerer<'_, 'a> {
    /// `callee(arguments)`
    pub(super) fn call(
        &mut self,
        callee: &'a Expr,
        arguments: &'a [Expr],
        expected: Option<&Ty>,
        span: Span,
    ) -> Eval<'a> {
        if let ExprKind::Path(path) = &callee.kind {
            match path.segments.as_slice() {
                [(name, generics)] => {
                    return self.call_named(name, generics, arguments, expected, span);
                }
                [.., (ty, ty_arguments), (name, generics)] => {
                    return self.call_associated(ty, ty_arguments, name, generics, arguments, span);
                }
                [] => {}
            }
        }
        match self.eval(callee, None)? {
            Val::Closure(closure) => self.call_closure_exprs(&closure, arguments, span),
            other => {
                let ty = other.ty(&self.builder.module);
                self.error(&TYPE_MISMATCH, callee.span, format!("{ty} cannot be called"))
            }
        }
    }

    fn call_named(
        &mut self,
        name: &'a Ident,
        generics: &'a [GenericArgument],
        arguments: &'a [Expr],
        expected: Option<&Ty>,
        span: Span,
    ) -> Eval<'a> {
        if let Some(Slot::Value(Val::Closure(closure))) = self.frame.find(&name.name).cloned() {
            return self.call_closure_exprs(&closure, arguments, span);
        }
        if let Some(function) = self.program.function(&name.name, self.frame.layer) {
            return self.inline(function, None, None, generics, arguments, span);
        }
        if let Some(result) = self.intrinsic(name, generics, arguments, expected, span) {
            return result;
        }
        let program = self.program;
        let mut known: Vec<&str> = program.function_names().collect();
        super::intrinsic::names().for_each(|n| known.push(n));
        let help = suggest::nearest(&name.name, known)
            .map(|near| format!("did you mean `{near}`?"))
            .unwrap_or_else(|| {
                "device functions must stand in the same #[kernel_module]".to_owned()
            });
        self.error_help(
            &UNKNOWN_FUNCTION,
            name.span,
            format!("`{}` is neither an intrinsic nor a function of this module", name.name),
            help,
        )
    }

    fn call_associated(
        &mut self,
        ty: &'a Ident,
        ty_arguments: &'a [GenericArgument],
        name: &'a Ident,
        generics: &'a [GenericArgument],
        arguments: &'a [Expr],
        span: Span,
    ) -> Eval<'a> {
        if let Some(item) = self.program.structure(&ty.name) {
            let self_ty = if ty_arguments.is_empty() && !item.generics.is_empty() {
                self.inferred_self(item, name, arguments, span)?
            } else {
                match self.resolve_named(ty, ty_arguments)? {
                    Ty::Struct(structure) => structure,
                    _ => return Err(Stop::Error),
                }
            };
            return self.call_method_of(&self_ty, None, name, generics, arguments, span);
        }
        match self.resolve_named(ty, ty_arguments)? {
            Ty::Struct(structure) => {
                self.call_method_of(&structure, None, name, generics, arguments, span)
            }
            Ty::Scalar(scalar) => self.scalar_function(scalar, name, arguments, span),
            other => self.error(
                &UNKNOWN_METHOD,
                name.span,
                format!("{other} has no function `{}`", name.name),
            ),
        }
    }

    /// `Name::new(..)` without generic arguments: they follow from the arguments' types.
    fn inferred_self(
        &mut self,
        item: &'a crate::ast::Struct,
        name: &'a Ident,
        arguments: &'a [Expr],
        span: Span,
    ) -> Eval<'a, Arc<super::ty::StructTy>> {
        let mut known = Generics::new();
        if let Some((block, function)) = self.program.method(&item.name.name, &name.name) {
            for (param, argument) in function.params.iter().zip(arguments) {
                let value = self.eval(argument, None)?;
                self.infer(&block.generics, &param.ty, &value, &mut known);
            }
            // The impl's generics, by position, are the struct's.
            if let TypeKind::Path { arguments, .. } = &block.ty.kind {
                let mut by_struct = Generics::new();
                for (generic, argument) in item.generics.iter().zip(arguments) {
                    if let Some(value) = written_name(argument).and_then(|n| known.get(n)) {
                        by_struct.insert(&generic.name.name, value.clone());
                    }
                }
                known = by_struct;
            }
        }
        self.close_struct(&item.name.name, item, known, span)
    }

    /// A method or associated function of a struct.
    pub(super) fn call_method_of(
        &mut self,
        ty: &Arc<super::ty::StructTy>,
        receiver: Option<Slot<'a>>,
        name: &'a Ident,
        generics: &'a [GenericArgument],
        arguments: &'a [Expr],
        span: Span,
    ) -> Eval<'a> {
        let Some((block, function)) = self.program.method(&ty.name, &name.name) else {
            let help = suggest::nearest(&name.name, self.program.method_names(&ty.name))
                .map(|near| format!("did you mean `{near}`?"))
                .unwrap_or_default();
            return self.error_help(
                &UNKNOWN_METHOD,
                name.span,
                format!("`{}` has no function `{}`", ty.name, name.name),
                help,
            );
        };
        let outer = self.impl_generics(block, ty, span)?;
        self.inline(function, Some((outer, Arc::clone(ty))), receiver, generics, arguments, span)
    }

    /// Lowers a device function's body here.
    fn inline(
        &mut self,
        function: &'a Function,
        owner: Option<(Generics<'a>, Arc<super::ty::StructTy>)>,
        receiver: Option<Slot<'a>>,
        generics: &'a [GenericArgument],
        arguments: &'a [Expr],
        span: Span,
    ) -> Eval<'a> {
        let name = function.name.name.as_str();
        if self.calls.len() >= CALL_DEPTH {
            return self.error_help(
                &RECURSION,
                span,
                format!("`{name}` is called within itself: device functions are always inlined"),
                "write it as a loop".to_owned(),
            );
        }
        if arguments.len() != function.params.len() {
            return self.error(
                &ARGUMENT_COUNT,
                span,
                format!(
                    "`{name}` has {} parameters, and {} given",
                    function.params.len(),
                    given(arguments.len())
                ),
            );
        }
        let explicit = self.generic_values(&function.generics, generics, span)?;
        let (mut known, self_ty) = match owner {
            Some((generics, ty)) => (generics, Some(ty)),
            None => (Generics::new(), None),
        };
        known.extend(explicit);
        let (slots, known) = self.arguments(function, arguments, known, self_ty.as_ref())?;
        for generic in &function.generics {
            if !known.contains_key(generic.name.name.as_str()) {
                return self.unknown_generic(generic, name, span);
            }
        }
        let layer = self.program.layer(function);
        let mut frame = Frame { generics: known, self_ty, layer, ..Frame::default() };
        if let Some(receiver) = receiver {
            frame.bind("self", receiver);
        }
        for (param, slot) in function.params.iter().zip(slots) {
            frame.bind(&param.name.name, slot);
        }
        self.run_inlined(name, function, frame, span)
    }

    fn run_inlined(
        &mut self,
        name: &'a str,
        function: &'a Function,
        frame: Frame<'a>,
        span: Span,
    ) -> Eval<'a> {
        let saved = std::mem::replace(&mut self.frame, frame);
        self.calls.push(name);
        self.call_sites.push(span);
        self.boundaries.push(Boundary::Function);
        let result = (|| {
            for param in function.params.iter().filter(|p| p.mutable) {
                if let Some(Slot::Value(value)) = self.frame.find(&param.name.name).cloned() {
                    let slot = self.mutable(&param.name.name, value, param.name.span)?;
                    self.frame.bind(&param.name.name, slot);
                }
            }
            let ty = match &function.result {
                Some(ty) => self.resolve_hint(ty)?,
                None => None,
            };
            let value = match self.block(&function.body, ty.as_ref()) {
                Err(Stop::Return(value)) => value,
                other => other?,
            };
            match &ty {
                Some(ty) => self.coerce(value, ty, function.span),
                None => Ok(value),
            }
        })();
        self.boundaries.pop();
        self.calls.pop();
        self.call_sites.pop();
        self.frame = saved;
        match result {
            Err(Stop::Break | Stop::Continue) => self.error(
                &TYPE_MISMATCH,
                span,
                format!("`{name}` leaves a loop that is not its own"),
            ),
            result => result,
        }
    }

    /// Arguments as slots: `&mut` parameters share the caller's variable.
    fn arguments(
        &mut self,
        function: &'a Function,
        arguments: &'a [Expr],
        mut known: Generics<'a>,
        self_ty: Option<&Arc<super::ty::StructTy>>,
    ) -> Eval<'a, (Vec<Slot<'a>>, Generics<'a>)> {
        let mut slots = Vec::with_capacity(arguments.len());
        for (param, argument) in function.params.iter().zip(arguments) {
            let by_reference = matches!(param.ty.kind, TypeKind::Reference(_, true));
            if by_reference && let Some(slot) = self.place(argument)? {
                let value = self.type_of_slot(&slot);
                if let Some(ty) = value {
                    self.infer_ty(&function.generics, &param.ty, &ty, &mut known);
                }
                slots.push(slot);
                continue;
            }
            let value = self.eval(argument, None)?;
            if matches!(value, Val::Never | Val::Poison) {
                return Err(Stop::Error);
            }
            self.infer(&function.generics, &param.ty, &value, &mut known);
            slots.push(Slot::Value(value));
        }
        for ((param, slot), argument) in function.params.iter().zip(&mut slots).zip(arguments) {
            if let Slot::Value(value) = slot {
                let layer = self.program.layer(function);
                let ty = self.parameter_ty(&param.ty, &known, self_ty, layer)?;
                *slot = Slot::Value(self.coerce(value.clone(), &ty, argument.span)?);
            }
        }
        Ok((slots, known))
    }

    fn parameter_ty(
        &mut self,
        ty: &'a Type,
        known: &Generics<'a>,
        self_ty: Option<&Arc<super::ty::StructTy>>,
        layer: super::program::Layer,
    ) -> Eval<'a, Ty> {
        let self_ty = self_ty.map(Arc::clone);
        let frame = Frame { generics: known.clone(), self_ty, layer, ..Frame::default() };
        let saved = std::mem::replace(&mut self.frame, frame);
        let resolved = self.resolve(ty);
        self.frame = saved;
        resolved
    }

    fn type_of_slot(&self, slot: &Slot<'a>) -> Option<Ty> {
        Some(match slot {
            Slot::Value(value) => value.ty(&self.builder.module),
            Slot::Local(_, ty) => Ty::Scalar(*ty),
            Slot::Tuple(slots) => {
                Ty::Tuple(slots.iter().map(|s| self.type_of_slot(s)).collect::<Option<Vec<_>>>()?)
            }
            Slot::Array(slots) => {
                let item = self.type_of_slot(slots.first()?)?;
                Ty::Array(Box::new(item), slots.len() as u64)
            }
            Slot::Struct(ty, _) => Ty::Struct(Arc::clone(ty)),
        })
    }

    /// Calls a closure with argument expressions.
    fn call_closure_exprs(
        &mut self,
        closure: &Arc<Closure<'a>>,
        arguments: &'a [Expr],
        span: Span,
    ) -> Eval<'a> {
        let values: Eval<'a, Vec<_>> = arguments.iter().map(|e| self.eval(e, None)).collect();
        self.call_closure(closure, values?, span)
    }

    /// Calls a closure with values.
    pub(super) fn call_closure(
        &mut self,
        closure: &Arc<Closure<'a>>,
        values: Vec<Val<'a>>,
        span: Span,
    ) -> Eval<'a> {
        if values.len() != closure.params.len() {
            return self.error(
                &ARGUMENT_COUNT,
                span,
                format!(
                    "this closure has {} parameters, and {} given",
                    closure.params.len(),
                    given(values.len())
                ),
            );
        }
        let saved = std::mem::replace(&mut self.frame, closure.frame.clone());
        let result = self.in_scope(|this| {
            for (pattern, value) in closure.params.iter().zip(values) {
                this.bind_pattern(pattern, value, span)?;
            }
            this.eval(closure.body, None)
        });
        self.frame = saved;
        result
    }

    /// Evaluates something that stands outside of the current function.
    pub(super) fn in_item_frame(
        &mut self,
        frame: Frame<'a>,
        body: impl FnOnce(&mut Self) -> Eval<'a>,
    ) -> Eval<'a> {
        let saved = std::mem::replace(&mut self.frame, frame);
        let result = body(self);
        self.frame = saved;
        result
    }
}

/// "1 argument is", "2 arguments are".
pub(super) fn given(count: usize) -> String {
    if count == 1 { "1 argument is".to_owned() } else { format!("{count} arguments are") }
}

fn written_name(argument: &GenericArgument) -> Option<&str> {
    match argument {
        GenericArgument::Type(Type { kind: TypeKind::Path { path, .. }, .. }) => {
            path.first().map(|n| n.name.as_str())
        }
        _ => None,
    }
}
