//! Types and generic arguments.

use super::Parser;
use crate::ast::{Expr, ExprKind, GenericArgument, Ident, Path, Type, TypeKind};
use crate::diag::catalog::parse::{QUALIFIED_PATH, TRAIT, TYPE};
use crate::ir::Span;

impl Parser<'_> {
    /// A type.
    pub fn ty(&mut self, ty: &syn::Type) -> Type {
        let span = self.tree(ty);
        let kind = match ty {
            syn::Type::Array(array) => {
                let element = self.ty(&array.elem);
                TypeKind::Array(Box::new(element), Box::new(self.expr(&array.len)))
            }
            syn::Type::Group(group) => return self.ty(&group.elem),
            syn::Type::Paren(paren) => return self.ty(&paren.elem),
            syn::Type::ImplTrait(bounds) => self.impl_trait(bounds, span),
            syn::Type::Infer(_) => TypeKind::Infer,
            syn::Type::Path(path) => self.type_path(path, span),
            syn::Type::Reference(reference) => {
                let target = self.ty(&reference.elem);
                TypeKind::Reference(Box::new(target), reference.mutability.is_some())
            }
            syn::Type::Slice(slice) => TypeKind::Slice(Box::new(self.ty(&slice.elem))),
            syn::Type::Tuple(tuple) => {
                TypeKind::Tuple(tuple.elems.iter().map(|element| self.ty(element)).collect())
            }
            syn::Type::TraitObject(_) => {
                let help = "make the function generic: `T: Float`, or take `impl Fn(..)`";
                self.report(&TRAIT, span, "a device has no trait objects", help);
                TypeKind::Infer
            }
            other => self.foreign_type(other, span),
        };
        Type { kind, span }
    }

    fn foreign_type(&mut self, ty: &syn::Type, span: Span) -> TypeKind {
        let (what, help) = match ty {
            syn::Type::FnPtr(_) => ("a function pointer", "take `impl Fn(..)`: calls are inlined"),
            syn::Type::Never(_) => ("the type `!`", "leave the return type out"),
            syn::Type::Ptr(_) => ("a raw pointer", "take a slice: `&[T]` or `&mut [T]`"),
            syn::Type::Macro(_) => ("a macro as a type", "write the type out"),
            _ => ("this type", "use scalars, arrays, tuples, slices and structs"),
        };
        self.report(&TYPE, span, format!("a device does not have {what}"), help);
        TypeKind::Infer
    }

    fn impl_trait(&mut self, ty: &syn::TypeImplTrait, span: Span) -> TypeKind {
        let is_closure = ty.bounds.iter().any(|bound| match bound {
            syn::TypeParamBound::Trait(bound) => bound
                .path
                .segments
                .last()
                .is_some_and(|s| s.ident == "Fn" || s.ident == "FnMut" || s.ident == "FnOnce"),
            _ => false,
        });
        if !is_closure {
            let help = "name it: `fn f<T: Float>(x: T)`; only `impl Fn(..)` needs no name";
            self.report(&TRAIT, span, "`impl Trait` other than a closure", help);
        }
        TypeKind::Closure
    }

    fn type_path(&mut self, ty: &syn::TypePath, span: Span) -> TypeKind {
        if ty.qself.is_some() {
            self.qualified_path(span);
            return TypeKind::Infer;
        }
        let mut path = Vec::new();
        let mut arguments = Vec::new();
        for segment in &ty.path.segments {
            path.push(self.ident(&segment.ident));
            // Arguments of an earlier segment have no meaning without traits.
            arguments = self.path_arguments(&segment.arguments);
        }
        TypeKind::Path { path, arguments }
    }

    pub(super) fn qualified_path(&mut self, span: Span) {
        let help = "write `T::f` instead of `<T as Trait>::f`";
        self.report(&QUALIFIED_PATH, span, "a device has no traits to go through", help);
    }

    /// A path in expression position.
    pub(super) fn path(&mut self, path: &syn::Path) -> Path {
        let mut segments = Vec::new();
        for segment in &path.segments {
            let ident = self.ident(&segment.ident);
            segments.push((ident, self.path_arguments(&segment.arguments)));
        }
        Path { segments }
    }

    /// The names of a path without arguments.
    pub(super) fn names(&mut self, path: &syn::Path) -> Vec<Ident> {
        self.path(path).segments.into_iter().map(|(ident, _)| ident).collect()
    }

    fn path_arguments(&mut self, arguments: &syn::PathArguments) -> Vec<GenericArgument> {
        match arguments {
            syn::PathArguments::None => Vec::new(),
            syn::PathArguments::AngleBracketed(list) => self.generic_arguments(list),
            syn::PathArguments::Parenthesized(list) => {
                let span = self.group(&list.paren_token.span);
                let help = "a closure parameter is `impl Fn(..)`";
                self.report(&TYPE, span, "a device does not have function types here", help);
                Vec::new()
            }
        }
    }

    /// `<f32, 4, { N * 2 }>`; lifetimes are left out.
    pub(super) fn generic_arguments(
        &mut self,
        list: &syn::AngleBracketedGenericArguments,
    ) -> Vec<GenericArgument> {
        let mut arguments = Vec::new();
        for argument in &list.args {
            match argument {
                syn::GenericArgument::Lifetime(_) => {}
                syn::GenericArgument::Type(ty) => {
                    arguments.push(GenericArgument::Type(self.ty(ty)));
                }
                syn::GenericArgument::Const(value) => {
                    let value = self.expr(value);
                    arguments.push(GenericArgument::Const(unbraced(value)));
                }
                other => {
                    let span = self.tree(other);
                    let help = "name the type by a generic parameter of its own";
                    let message = "a device has no associated types or constants of traits";
                    self.report(&QUALIFIED_PATH, span, message, help);
                }
            }
        }
        arguments
    }
}

/// `{ N * 2 }` as an argument is `N * 2`.
fn unbraced(expr: Expr) -> Expr {
    match expr.kind {
        ExprKind::Block(mut block) if block.statements.is_empty() && block.value.is_some() => block
            .value
            .take()
            .map_or_else(|| Expr { kind: ExprKind::Block(block), span: expr.span }, |v| *v),
        kind => Expr { kind, span: expr.span },
    }
}
