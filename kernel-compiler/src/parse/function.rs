//! Functions: signatures and generics.

use super::Parser;
use super::item::documentation;
use crate::ast::{Function, FunctionParam, Generic, GenericKind, Ident, TypeKind};
use crate::diag::catalog::attribute::KERNEL_FORM;
use crate::diag::catalog::parse::{GENERIC_DEFAULT, PARAMETER, QUALIFIER, RECEIVER};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;

impl Parser<'_> {
    /// `#[kernel(attribute)] fn ..`
    pub(super) fn kernel(&mut self, attribute: TokenStream, item: &syn::ItemFn) -> Function {
        let visibility = item.vis.to_token_stream().to_string();
        let mut function = self.function(&item.attrs, visibility, &item.sig, &item.block);
        if let Some(result) = &function.result
            && !matches!(&result.kind, TypeKind::Tuple(elements) if elements.is_empty())
        {
            let help = "store the result to a `&mut [T]` parameter";
            self.report(&KERNEL_FORM, result.span, "a kernel returns nothing", help);
        }
        let attribute = self.kernel_attribute(attribute, &function);
        function.kernel = Some(attribute);
        function
    }

    /// A device function of a macro's input; `None` where it is a kernel.
    pub(crate) fn device_function(&mut self, item: &syn::ItemFn) -> Option<Function> {
        let function = self.function(&item.attrs, String::new(), &item.sig, &item.block);
        function.kernel.is_none().then_some(function)
    }

    /// A function or method.
    pub(super) fn function(
        &mut self,
        attributes: &[syn::Attribute],
        visibility: String,
        signature: &syn::Signature,
        body: &syn::Block,
    ) -> Function {
        self.lint_attributes(attributes);
        self.refuse_qualifiers(signature);
        let name = self.ident(&signature.ident);
        let generics = self.generics(&signature.generics);
        let mut receiver = false;
        let mut params = Vec::new();
        for input in &signature.inputs {
            match input {
                syn::FnArg::Receiver(this) => {
                    receiver = true;
                    self.refuse_typed_receiver(this);
                }
                syn::FnArg::Typed(input) => params.push(self.param(input)),
            }
        }
        let result = match &signature.output {
            syn::ReturnType::Default => None,
            syn::ReturnType::Type(_, ty) => Some(self.ty(ty)),
        };
        let start = self.span(signature.fn_token.span);
        let end = self.group(&signature.paren_token.span);
        let span = self.join(start, result.as_ref().map_or(end, |result| result.span));
        let doc = documentation(attributes);
        let body = self.block(body);
        Function {
            name,
            kernel: None,
            doc,
            generics,
            receiver,
            params,
            result,
            body,
            span,
            visibility,
        }
    }

    fn refuse_qualifiers(&mut self, signature: &syn::Signature) {
        let unsafety = match &signature.safety {
            syn::Safety::Unsafe(token) => Some(token.span),
            _ => None,
        };
        let found = [
            ("async", signature.asyncness.map(|token| token.span)),
            ("unsafe", unsafety),
            ("extern", signature.abi.as_ref().map(|abi| abi.extern_token.span)),
            ("variadic", signature.variadic.as_ref().map(|variadic| variadic.dots.spans[0])),
        ];
        for (what, token) in found {
            if let Some(token) = token {
                let span = self.span(token);
                let message = format!("device code does not have {what} functions");
                self.report(&QUALIFIER, span, message, format!("leave `{what}` out"));
            }
        }
    }

    fn refuse_typed_receiver(&mut self, receiver: &syn::Receiver) {
        if let syn::ReceiverKind::Typed(_, ty) = &receiver.kind {
            let span = self.tree(ty);
            let help = "write `self`, `&self` or `&mut self`";
            self.report(&RECEIVER, span, "a method's receiver has no type of its own", help);
        }
    }

    fn param(&mut self, input: &syn::PatType) -> FunctionParam {
        self.lint_attributes(&input.attrs);
        let ty = self.ty(&input.ty);
        let (name, mutable) = self.single_name(&input.pat).unwrap_or_else(|| {
            let span = self.tree(&input.pat);
            let help = "name the parameter and take it apart with `let`";
            self.report(&PARAMETER, span, "a parameter is a single name", help);
            (Ident { name: "_".to_owned(), span }, false)
        });
        FunctionParam { name, mutable, ty }
    }

    /// Type and const generics; bounds of a `where` clause on a parameter are its own.
    pub(super) fn generics(&mut self, generics: &syn::Generics) -> Vec<Generic> {
        let mut out = Vec::new();
        for param in &generics.params {
            match param {
                syn::GenericParam::Lifetime(_) => {}
                syn::GenericParam::Type(param) => {
                    let name = self.ident(&param.ident);
                    let bounds = self.bounds(&param.bounds);
                    if let Some((_, default)) = &param.default {
                        let span = self.tree(default);
                        self.refuse_default(span);
                    }
                    out.push(Generic { name, kind: GenericKind::Type(bounds) });
                }
                syn::GenericParam::Const(param) => {
                    let name = self.ident(&param.ident);
                    let ty = self.ty(&param.ty);
                    if let Some((_, default)) = &param.default {
                        let span = self.tree(default);
                        self.refuse_default(span);
                    }
                    out.push(Generic { name, kind: GenericKind::Const(ty) });
                }
            }
        }
        for predicate in generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            self.where_bounds(predicate, &mut out);
        }
        out
    }

    fn where_bounds(&mut self, predicate: &syn::WherePredicate, generics: &mut [Generic]) {
        if let syn::WherePredicate::Type(predicate) = predicate
            && let syn::Type::Path(path) = &predicate.bounded_ty
            && let Some(name) = path.path.get_ident()
            && let Some(generic) = generics.iter_mut().find(|g| *name == g.name.name)
            && let GenericKind::Type(bounds) = &mut generic.kind
        {
            bounds.extend(self.bounds(&predicate.bounds));
        }
    }

    fn bounds(&mut self, bounds: &Punctuated<syn::TypeParamBound, syn::token::Plus>) -> Vec<Ident> {
        let mut names = Vec::new();
        for bound in bounds {
            if let syn::TypeParamBound::Trait(bound) = bound
                && let Some(segment) = bound.path.segments.last()
            {
                names.push(self.ident(&segment.ident));
            }
        }
        names
    }

    fn refuse_default(&mut self, span: crate::ir::Span) {
        let help = "give the value where the function is called, or in `tiles(..)` or `values(..)`";
        self.report(&GENERIC_DEFAULT, span, "generic parameters have no defaults", help);
    }
}
