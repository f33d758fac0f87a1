//! Types as written to types resolved; generic arguments, explicit and inferred.

use super::ty::{Argument, StructTy, Ty};
use super::value::Val;
use super::{Eval, Lowerer};
use crate::ast::{Generic, GenericArgument, GenericKind, Ident, Struct, Type, TypeKind};
use crate::diag::catalog::types::{ARGUMENT_COUNT, GENERIC_UNKNOWN, UNKNOWN_TYPE};
use crate::diag::suggest;
use crate::ir::{Scalar, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// Generic parameters by name.
pub(super) type Generics<'a> = HashMap<&'a str, Argument>;

impl<'a> Lowerer<'_, 'a> {
    /// A type with the current function's generics.
    pub(super) fn resolve(&mut self, ty: &'a Type) -> Eval<'a, Ty> {
        match &ty.kind {
            TypeKind::Path { path, arguments } => match path.as_slice() {
                [name] => self.resolve_named(name, arguments),
                _ => self.resolve_named(path.last().unwrap_or(&path[0]), arguments),
            },
            TypeKind::Array(item, len) => {
                let item = self.resolve(item)?;
                let value = self.eval(len, None)?;
                let len = self.const_u32(&value, "an array's length", len.span)?;
                Ok(Ty::Array(Box::new(item), u64::from(len)))
            }
            TypeKind::Slice(item) => Ok(Ty::Slice(Box::new(self.resolve(item)?))),
            TypeKind::Reference(inner, _) => self.resolve(inner),
            TypeKind::Tuple(items) if items.is_empty() => Ok(Ty::Unit),
            TypeKind::Tuple(items) => {
                let items: Eval<'a, Vec<_>> = items.iter().map(|t| self.resolve(t)).collect();
                Ok(Ty::Tuple(items?))
            }
            TypeKind::Closure | TypeKind::Infer => Ok(Ty::Opaque),
        }
    }

    /// A type annotation; `_` is none.
    pub(super) fn resolve_hint(&mut self, ty: &'a Type) -> Eval<'a, Option<Ty>> {
        if matches!(ty.kind, TypeKind::Infer) { Ok(None) } else { self.resolve(ty).map(Some) }
    }

    /// A type with other generics than the current function's.
    pub(super) fn resolve_in(&mut self, ty: &'a Type, generics: &Generics<'a>) -> Eval<'a, Ty> {
        let saved = std::mem::replace(&mut self.frame.generics, generics.clone());
        let resolved = self.resolve(ty);
        self.frame.generics = saved;
        resolved
    }

    /// `Name` or `Name<..>`.
    pub(super) fn resolve_named(
        &mut self,
        name: &'a Ident,
        arguments: &'a [GenericArgument],
    ) -> Eval<'a, Ty> {
        if let Some(Argument::Type(ty)) = self.frame.generics.get(name.name.as_str()) {
            return Ok(ty.clone());
        }
        if name.name == "Self"
            && let Some(ty) = &self.frame.self_ty
        {
            return Ok(Ty::Struct(Arc::clone(ty)));
        }
        match name.name.as_str() {
            "usize" => return Ok(Ty::Scalar(Scalar::Index)),
            "Fragment" | "TensorMap" | "Async" => return Ok(Ty::Opaque),
            "str" => return Ok(Ty::Str),
            "Weights" | "Shared" => return self.wrapper(name, arguments),
            text => {
                if let Some(scalar) = Scalar::from_name(text) {
                    return Ok(Ty::Scalar(scalar));
                }
            }
        }
        if let Some(item) = self.program.structure(&name.name) {
            let explicit = self.generic_values(&item.generics, arguments, name.span)?;
            return Ok(Ty::Struct(self.close_struct(&name.name, item, explicit, name.span)?));
        }
        if self.program.enumeration(&name.name).is_some() {
            return Ok(Ty::Enum(name.name.clone()));
        }
        let help = suggest::nearest(&name.name, crate::ir::scalar_names())
            .map(|near| format!("did you mean `{near}`?"))
            .unwrap_or_default();
        self.error_help(
            &UNKNOWN_TYPE,
            name.span,
            format!("the type `{}` is not known on a device", name.name),
            help,
        )
    }

    /// `Weights<T>`, `Shared<T>`: buffers, `[T]` as far as types go.
    fn wrapper(&mut self, name: &'a Ident, arguments: &'a [GenericArgument]) -> Eval<'a, Ty> {
        match arguments {
            [GenericArgument::Type(inner)] => Ok(Ty::Slice(Box::new(self.resolve(inner)?))),
            _ => self.error(
                &ARGUMENT_COUNT,
                name.span,
                format!("`{}` has one generic argument, the element type", name.name),
            ),
        }
    }

    /// Explicit generic arguments as values, by parameter name.
    pub(super) fn generic_values(
        &mut self,
        generics: &'a [Generic],
        arguments: &'a [GenericArgument],
        span: Span,
    ) -> Eval<'a, Generics<'a>> {
        if arguments.len() > generics.len() {
            return self.error(
                &ARGUMENT_COUNT,
                span,
                format!(
                    "{} generic arguments where {} are declared",
                    arguments.len(),
                    generics.len()
                ),
            );
        }
        let mut values = HashMap::new();
        for (generic, argument) in generics.iter().zip(arguments) {
            if let Some(value) = self.generic_value(generic, argument)? {
                values.insert(generic.name.name.as_str(), value);
            }
        }
        Ok(values)
    }

    fn generic_value(
        &mut self,
        generic: &'a Generic,
        argument: &'a GenericArgument,
    ) -> Eval<'a, Option<Argument>> {
        match (&generic.kind, argument) {
            (_, GenericArgument::Type(Type { kind: TypeKind::Infer, .. })) => Ok(None),
            (GenericKind::Type(_), GenericArgument::Type(ty)) => {
                Ok(Some(Argument::Type(self.resolve(ty)?)))
            }
            // A name in type position may be a constant: `Tile::<N>`.
            (GenericKind::Const(_), GenericArgument::Type(ty)) => match &ty.kind {
                TypeKind::Path { path, .. } if path.len() == 1 => {
                    let value = self.name(&path[0].name, ty.span)?;
                    self.const_argument(&value, ty.span).map(Some)
                }
                TypeKind::Path { path, .. } if path.len() == 2 => {
                    Ok(Some(Argument::Variant(path[0].name.clone(), path[1].name.clone())))
                }
                _ => self.error(
                    &GENERIC_UNKNOWN,
                    ty.span,
                    format!("`{}` is a constant, and this is a type", generic.name.name),
                ),
            },
            (_, GenericArgument::Const(expr)) => {
                let value = self.eval(expr, None)?;
                self.const_argument(&value, expr.span).map(Some)
            }
        }
    }

    /// A compile-time value as a generic argument.
    pub(super) fn const_argument(&mut self, value: &Val<'a>, span: Span) -> Eval<'a, Argument> {
        match value {
            Val::Variant(ty, variant) => Ok(Argument::Variant(ty.clone(), variant.clone())),
            Val::Scalar(operand, Scalar::Bool) => {
                match operand.as_const().and_then(crate::ir::Const::as_bool) {
                    Some(truth) => Ok(Argument::Truth(truth)),
                    None => Ok(Argument::Const(self.const_int(value, "a const generic", span)?)),
                }
            }
            other => Ok(Argument::Const(self.const_int(other, "a const generic", span)?)),
        }
    }

    /// Learns generic parameters from a value that stands where `declared` is written.
    pub(super) fn infer(
        &self,
        generics: &'a [Generic],
        declared: &'a Type,
        value: &Val<'a>,
        known: &mut Generics<'a>,
    ) {
        self.infer_ty(generics, declared, &value.ty(&self.builder.module), known);
    }

    /// Learns generic parameters from a type that stands where `declared` is written.
    pub(super) fn infer_ty(
        &self,
        generics: &'a [Generic],
        declared: &'a Type,
        found: &Ty,
        known: &mut Generics<'a>,
    ) {
        let named = |name: &str| generics.iter().find(|g| g.name.name == name);
        match (&declared.kind, found) {
            (TypeKind::Reference(inner, _), found) => self.infer_ty(generics, inner, found, known),
            (TypeKind::Path { path, arguments }, found) if path.len() == 1 => {
                if let Some(generic) = named(&path[0].name) {
                    known
                        .entry(generic.name.name.as_str())
                        .or_insert_with(|| Argument::Type(found.clone()));
                } else if let Ty::Struct(structure) = found {
                    for (argument, value) in arguments.iter().zip(&structure.arguments) {
                        infer_argument(generics, argument, value, known);
                    }
                } else if let (Ty::Slice(item), [GenericArgument::Type(inner)]) =
                    (found, arguments.as_slice())
                {
                    self.infer_ty(generics, inner, item, known);
                }
            }
            (TypeKind::Array(item, len), Ty::Array(found, count)) => {
                self.infer_ty(generics, item, found, known);
                if let crate::ast::ExprKind::Path(path) = &len.kind
                    && let [(name, _)] = path.segments.as_slice()
                    && let Some(generic) = named(&name.name)
                {
                    known
                        .entry(generic.name.name.as_str())
                        .or_insert(Argument::Const(i128::from(*count)));
                }
            }
            (TypeKind::Slice(item), Ty::Slice(found)) => {
                self.infer_ty(generics, item, found, known);
            }
            (TypeKind::Tuple(items), Ty::Tuple(found)) => {
                for (item, found) in items.iter().zip(found) {
                    self.infer_ty(generics, item, found, known);
                }
            }
            _ => {}
        }
    }

    /// The declared struct that a type names.
    pub(super) fn struct_item(&mut self, ty: &'a Type) -> Eval<'a, (&'a str, &'a Struct)> {
        if let TypeKind::Path { path, .. } = &ty.kind
            && let Some(name) = path.last()
        {
            let name: &str = match (&*name.name, &self.frame.self_ty) {
                ("Self", Some(ty)) => {
                    let found = self.program.structure(&ty.name);
                    found.map_or("Self", |s| s.name.name.as_str())
                }
                (name, _) => self.program.structure(name).map_or(name, |s| s.name.name.as_str()),
            };
            if let Some(item) = self.program.structure(name) {
                return Ok((item.name.name.as_str(), item));
            }
        }
        self.error(&UNKNOWN_TYPE, ty.span, "this is not a struct of this module".to_owned())
    }

    /// Generic arguments written at a struct's name, or those of `Self`.
    pub(super) fn explicit_arguments(
        &mut self,
        generics: &'a [Generic],
        ty: &'a Type,
    ) -> Eval<'a, Generics<'a>> {
        let TypeKind::Path { path, arguments } = &ty.kind else { return Ok(HashMap::new()) };
        if path.last().is_some_and(|n| n.name == "Self")
            && let Some(self_ty) = &self.frame.self_ty
        {
            let names = generics.iter().map(|g| g.name.name.as_str());
            return Ok(names.zip(self_ty.arguments.iter().cloned()).collect());
        }
        self.generic_values(generics, arguments, ty.span)
    }

    /// A struct type with all of its generic arguments.
    pub(super) fn close_struct(
        &mut self,
        name: &str,
        item: &'a Struct,
        mut known: Generics<'a>,
        span: Span,
    ) -> Eval<'a, Arc<StructTy>> {
        let mut arguments = Vec::with_capacity(item.generics.len());
        for generic in &item.generics {
            match known.remove(generic.name.name.as_str()) {
                Some(argument) => arguments.push(argument),
                None => return self.unknown_generic(generic, name, span),
            }
        }
        Ok(Arc::new(StructTy { name: name.to_owned(), arguments }))
    }

    /// The generics of a struct, by name.
    pub(super) fn struct_generics(&self, item: &'a Struct, ty: &StructTy) -> Generics<'a> {
        let names = item.generics.iter().map(|g| g.name.name.as_str());
        names.zip(ty.arguments.iter().cloned()).collect()
    }

    /// The generics of an `impl` block for a given struct.
    pub(super) fn impl_generics(
        &mut self,
        item: &'a crate::ast::Impl,
        ty: &StructTy,
        span: Span,
    ) -> Eval<'a, Generics<'a>> {
        let mut known = HashMap::new();
        if let TypeKind::Path { arguments, .. } = &item.ty.kind {
            for (argument, value) in arguments.iter().zip(&ty.arguments) {
                infer_argument(&item.generics, argument, value, &mut known);
            }
        }
        for generic in &item.generics {
            if !known.contains_key(generic.name.name.as_str()) {
                return self.unknown_generic(generic, &ty.name, span);
            }
        }
        Ok(known)
    }

    /// A generic parameter that nothing determines.
    pub(super) fn unknown_generic<T>(
        &mut self,
        generic: &Generic,
        of: &str,
        span: Span,
    ) -> Eval<'a, T> {
        self.error_help(
            &GENERIC_UNKNOWN,
            span,
            format!("nothing says what `{}` of `{of}` is", generic.name.name),
            format!("write `{of}::<..>`"),
        )
    }
}

fn infer_argument<'a>(
    generics: &'a [Generic],
    written: &'a GenericArgument,
    value: &Argument,
    known: &mut Generics<'a>,
) {
    let name = match written {
        GenericArgument::Type(Type { kind: TypeKind::Path { path, .. }, .. })
            if path.len() == 1 =>
        {
            path[0].name.as_str()
        }
        GenericArgument::Const(crate::ast::Expr {
            kind: crate::ast::ExprKind::Path(path), ..
        }) if path.segments.len() == 1 => path.segments[0].0.name.as_str(),
        _ => return,
    };
    if let Some(generic) = generics.iter().find(|g| g.name.name == name) {
        known.entry(generic.name.name.as_str()).or_insert_with(|| value.clone());
    }
}
