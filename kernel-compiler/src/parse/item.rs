//! Items: functions, structs, impls, enums, constants.

use super::{Parse, Parser};
use crate::ast::{
    ConstItem, Enum, Function, FunctionParam, Generic, GenericKind, Ident, Impl, Items, Struct,
    Type,
};
use crate::diag::catalog::parse::{UNSUPPORTED_ITEM, UNSUPPORTED_SIGNATURE};
use quote::ToTokens;

impl Parser<'_> {
    /// All items that can be held; the rest is reported.
    pub(super) fn items(&mut self, items: &[syn::Item]) -> Items {
        let mut out = Items::default();
        for item in items {
            // What failed is in the diagnostics; the next item is looked at all the same.
            let _ = self.item(item, &mut out);
        }
        out
    }

    fn item(&mut self, item: &syn::Item, out: &mut Items) -> Parse<()> {
        match item {
            syn::Item::Fn(function) => {
                let public = matches!(function.vis, syn::Visibility::Public(_));
                let parsed =
                    self.function(&function.attrs, &function.sig, &function.block, public)?;
                out.functions.push(parsed);
            }
            syn::Item::Struct(item) => out.structs.push(self.structure(item)?),
            syn::Item::Impl(item) => out.impls.push(self.implementation(item)?),
            syn::Item::Enum(item) => out.enums.push(self.enumeration(item)?),
            syn::Item::Const(item) => {
                out.consts.push(self.const_item(&item.ident, &item.ty, &item.expr)?);
            }
            syn::Item::Use(_) => {}
            other => {
                return Err(self.report(
                    &UNSUPPORTED_ITEM,
                    other,
                    "a kernel module cannot hold this item",
                    "it holds functions, structs, impls, field-less enums and constants",
                ));
            }
        }
        Ok(())
    }

    fn function(
        &mut self,
        attributes: &[syn::Attribute],
        signature: &syn::Signature,
        body: &syn::Block,
        public: bool,
    ) -> Parse<Function> {
        let refused: [(bool, &str); 4] = [
            (signature.asyncness.is_some(), "async"),
            (matches!(signature.safety, syn::Safety::Unsafe(_)), "unsafe"),
            (signature.abi.is_some(), "extern"),
            (signature.variadic.is_some(), "variadic"),
        ];
        if let Some((_, word)) = refused.into_iter().find(|(is, _)| *is) {
            return Err(self.report(
                &UNSUPPORTED_SIGNATURE,
                signature,
                format!("device code cannot be {word}"),
                format!("drop `{word}`"),
            ));
        }
        let mut kernel = None;
        for attribute in attributes {
            if attribute.path().is_ident("kernel") {
                let tokens = match &attribute.meta {
                    syn::Meta::List(list) => list.tokens.clone(),
                    _ => proc_macro2::TokenStream::new(),
                };
                kernel = Some(self.attribute(tokens)?);
            }
        }
        let (mut receiver, mut params) = (false, Vec::new());
        for input in &signature.inputs {
            match input {
                syn::FnArg::Receiver(_) => receiver = true,
                syn::FnArg::Typed(typed) => params.push(self.param(typed)?),
            }
        }
        let result = match &signature.output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(_, ty) => Some(self.ty(ty)?),
        };
        Ok(Function {
            name: self.ident(&signature.ident),
            kernel,
            doc: doc(attributes),
            generics: self.generics(&signature.generics)?,
            receiver,
            params,
            result,
            body: self.block(body)?,
            span: self.span(signature),
            public,
        })
    }

    fn param(&mut self, typed: &syn::PatType) -> Parse<FunctionParam> {
        match &*typed.pat {
            syn::Pat::Ident(name) => Ok(FunctionParam {
                name: self.ident(&name.ident),
                mutable: name.mutability.is_some(),
                ty: self.ty(&typed.ty)?,
            }),
            syn::Pat::Wild(_) => {
                let span = self.span(typed);
                let name = Ident { name: "_".to_owned(), span };
                Ok(FunctionParam { name, mutable: false, ty: self.ty(&typed.ty)? })
            }
            other => Err(self.report(
                &UNSUPPORTED_SIGNATURE,
                other,
                "a parameter is a name",
                "take the parts inside the function",
            )),
        }
    }

    fn generics(&mut self, generics: &syn::Generics) -> Parse<Vec<Generic>> {
        let mut out = Vec::with_capacity(generics.params.len());
        for param in &generics.params {
            match param {
                syn::GenericParam::Lifetime(_) => {}
                syn::GenericParam::Type(ty) => {
                    let bounds = ty.bounds.iter().filter_map(|bound| match bound {
                        syn::TypeParamBound::Trait(bound) => bound.path.segments.last(),
                        _ => None,
                    });
                    let bounds = bounds.map(|segment| self.ident(&segment.ident)).collect();
                    let kind = GenericKind::Type(bounds);
                    out.push(Generic { name: self.ident(&ty.ident), kind });
                }
                syn::GenericParam::Const(item) => {
                    let kind = GenericKind::Const(self.ty(&item.ty)?);
                    out.push(Generic { name: self.ident(&item.ident), kind });
                }
            }
        }
        Ok(out)
    }

    fn structure(&mut self, item: &syn::ItemStruct) -> Parse<Struct> {
        let mut fields = Vec::with_capacity(item.fields.len());
        for (at, field) in item.fields.iter().enumerate() {
            let name = match &field.ident {
                Some(name) => self.ident(name),
                None => Ident { name: at.to_string(), span: self.span(&field.ty) },
            };
            fields.push((name, self.ty(&field.ty)?));
        }
        let generics = self.generics(&item.generics)?;
        Ok(Struct { name: self.ident(&item.ident), generics, fields })
    }

    fn implementation(&mut self, item: &syn::ItemImpl) -> Parse<Impl> {
        if item.trait_.is_some() {
            return Err(self.report(
                &UNSUPPORTED_ITEM,
                &item.self_ty,
                "device code has no traits",
                "write an inherent `impl Name { .. }`",
            ));
        }
        let (mut functions, mut consts) = (Vec::new(), Vec::new());
        for part in &item.items {
            match part {
                syn::ImplItem::Fn(function) => {
                    let public = matches!(function.vis, syn::Visibility::Public(_));
                    functions.push(self.function(
                        &function.attrs,
                        &function.sig,
                        &function.block,
                        public,
                    )?);
                }
                syn::ImplItem::Const(item) => {
                    consts.push(self.const_item(&item.ident, &item.ty, &item.expr)?);
                }
                other => {
                    return Err(self.report(
                        &UNSUPPORTED_ITEM,
                        other,
                        "an impl of device code cannot hold this",
                        "it holds functions and constants",
                    ));
                }
            }
        }
        let generics = self.generics(&item.generics)?;
        Ok(Impl { generics, ty: self.ty(&item.self_ty)?, functions, consts })
    }

    fn enumeration(&mut self, item: &syn::ItemEnum) -> Parse<Enum> {
        let mut variants = Vec::with_capacity(item.variants.len());
        for variant in &item.variants {
            if !variant.fields.is_empty() {
                return Err(self.report(
                    &UNSUPPORTED_ITEM,
                    variant,
                    "an enum of device code has no fields: it exists at compile time only",
                    "use a struct and a const generic",
                ));
            }
            variants.push(self.ident(&variant.ident));
        }
        Ok(Enum { name: self.ident(&item.ident), variants })
    }

    /// `const NAME: T = value;`
    pub(super) fn const_item(
        &mut self,
        name: &syn::Ident,
        ty: &syn::Type,
        value: &syn::Expr,
    ) -> Parse<ConstItem> {
        let ty: Type = self.ty(ty)?;
        Ok(ConstItem { name: self.ident(name), ty, value: self.expr(value)? })
    }
}

/// The lines of a doc comment.
fn doc(attributes: &[syn::Attribute]) -> Vec<String> {
    let lines = attributes.iter().filter(|a| a.path().is_ident("doc"));
    let texts = lines.filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) => Some(pair.value.to_token_stream().to_string()),
        _ => None,
    });
    texts.map(|text| text.trim_matches('"').trim().to_owned()).collect()
}
