//! Types and generic arguments.

use super::{Parse, Parser};
use crate::ast::{GenericArgument, Ident, Type, TypeKind};
use crate::diag::catalog::parse::UNSUPPORTED_TYPE;

impl Parser<'_> {
    /// A type as written.
    pub(super) fn ty(&mut self, ty: &syn::Type) -> Parse<Type> {
        let span = self.span(ty);
        let kind = match ty {
            syn::Type::Path(path) if path.qself.is_none() => {
                let (path, arguments) = self.type_path(&path.path)?;
                TypeKind::Path { path, arguments }
            }
            syn::Type::Array(array) => {
                TypeKind::Array(Box::new(self.ty(&array.elem)?), Box::new(self.expr(&array.len)?))
            }
            syn::Type::Slice(slice) => TypeKind::Slice(Box::new(self.ty(&slice.elem)?)),
            syn::Type::Reference(reference) => TypeKind::Reference(
                Box::new(self.ty(&reference.elem)?),
                reference.mutability.is_some(),
            ),
            syn::Type::Tuple(tuple) => {
                let mut items = Vec::with_capacity(tuple.elems.len());
                for item in &tuple.elems {
                    items.push(self.ty(item)?);
                }
                TypeKind::Tuple(items)
            }
            syn::Type::Paren(inner) => return self.ty(&inner.elem),
            syn::Type::Group(inner) => return self.ty(&inner.elem),
            syn::Type::ImplTrait(_) => TypeKind::Closure,
            syn::Type::Infer(_) => TypeKind::Infer,
            other => {
                return Err(self.report(
                    &UNSUPPORTED_TYPE,
                    other,
                    "kernels do not have this form of type",
                    "use scalars, arrays, tuples, structs of the module, `&[T]` and `&mut [T]`",
                ));
            }
        };
        Ok(Type { kind, span })
    }

    fn type_path(&mut self, path: &syn::Path) -> Parse<(Vec<Ident>, Vec<GenericArgument>)> {
        let mut names = Vec::with_capacity(path.segments.len());
        let mut arguments = Vec::new();
        for segment in &path.segments {
            names.push(self.ident(&segment.ident));
            arguments = self.path_arguments(&segment.arguments)?;
        }
        Ok((names, arguments))
    }

    /// `<..>` behind a path segment.
    pub(super) fn path_arguments(
        &mut self,
        arguments: &syn::PathArguments,
    ) -> Parse<Vec<GenericArgument>> {
        match arguments {
            syn::PathArguments::None => Ok(Vec::new()),
            syn::PathArguments::AngleBracketed(list) => self.generic_arguments(list),
            syn::PathArguments::Parenthesized(list) => Err(self.report(
                &UNSUPPORTED_TYPE,
                list,
                "kernels do not have function types",
                "take a closure: `f: impl Fn(f32) -> f32`",
            )),
        }
    }

    /// `<A, 4, { N * 2 }>`
    pub(super) fn generic_arguments(
        &mut self,
        list: &syn::AngleBracketedGenericArguments,
    ) -> Parse<Vec<GenericArgument>> {
        let mut arguments = Vec::with_capacity(list.args.len());
        for argument in &list.args {
            match argument {
                syn::GenericArgument::Lifetime(_) => {}
                syn::GenericArgument::Type(ty) => {
                    arguments.push(GenericArgument::Type(self.ty(ty)?));
                }
                syn::GenericArgument::Const(expr) => {
                    arguments.push(GenericArgument::Const(self.expr(expr)?));
                }
                other => {
                    return Err(self.report(
                        &UNSUPPORTED_TYPE,
                        other,
                        "kernels do not have associated types",
                        "write the type itself",
                    ));
                }
            }
        }
        Ok(arguments)
    }
}
