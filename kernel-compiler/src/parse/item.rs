//! Items: functions, structs, enums, constants and inherent `impl` blocks.

use super::Parser;
use crate::ast::{ConstItem, Enum, Ident, Impl, Items, Struct};
use crate::diag::catalog::attribute::KERNEL_FORM;
use crate::diag::catalog::parse::{ATTRIBUTE, ENUM, ITEM, STATIC, TRAIT};
use crate::diag::suggest::did_you_mean;
use crate::ir::Span;
use quote::ToTokens;
use syn::spanned::Spanned;

/// Attributes that say something to rustc, rustfmt or clippy only, and those that are read elsewhere.
const KNOWN_ATTRIBUTES: [&str; 13] = [
    "allow", "clippy", "derive", "device", "deny", "doc", "expect", "inline", "kernel", "must_use",
    "repr", "rustfmt", "warn",
];

impl Parser<'_> {
    /// The items of a kernel module: what is in the one `mod`, or the items themselves.
    pub(super) fn module(&mut self, items: &[syn::Item]) -> Items {
        if let [syn::Item::Mod(syn::ItemMod { content: Some((_, inner)), .. })] = items {
            return self.items(inner);
        }
        self.items(items)
    }

    /// The items of one scope.
    pub(crate) fn items(&mut self, items: &[syn::Item]) -> Items {
        let mut out = Items::default();
        for item in items {
            self.item(item, &mut out);
        }
        out
    }

    fn item(&mut self, item: &syn::Item, out: &mut Items) {
        match item {
            syn::Item::Fn(item) => {
                let function = match kernel_tokens(&item.attrs) {
                    Some(tokens) => self.kernel(tokens, item),
                    None => {
                        let visibility = item.vis.to_token_stream().to_string();
                        self.function(&item.attrs, visibility, &item.sig, &item.block)
                    }
                };
                out.functions.push(function);
            }
            syn::Item::Struct(item) => out.structs.push(self.structure(item)),
            syn::Item::Impl(item) => out.impls.extend(self.implementation(item)),
            syn::Item::Enum(item) => out.enums.push(self.enumeration(item)),
            syn::Item::Const(item) => {
                self.lint_attributes(&item.attrs);
                out.consts.push(self.constant(&item.ident, &item.ty, &item.expr));
            }
            syn::Item::Use(_) => {}
            other => self.foreign_item(other),
        }
    }

    fn foreign_item(&mut self, item: &syn::Item) {
        let (entry, token, what, help) = match item {
            syn::Item::Static(item) => (
                &STATIC,
                item.static_token.span,
                "a device has no static variables",
                "write `const`, or pass a buffer",
            ),
            syn::Item::Trait(item) => (
                &TRAIT,
                item.trait_token.span,
                "device code does not have traits",
                "make the function generic over `T: Float` or `T: Int`, or take `impl Fn(..)`",
            ),
            syn::Item::Type(item) => (
                &ITEM,
                item.type_token.span,
                "device code does not have type aliases",
                "write the type where it is used, or a generic parameter",
            ),
            syn::Item::Mod(item) => (
                &ITEM,
                item.mod_token.span,
                "a kernel's scope has no modules within",
                "put the items into the kernel module itself",
            ),
            syn::Item::Macro(item) => {
                self.macro_call(&item.mac);
                return;
            }
            other => (
                &ITEM,
                other.span(),
                "device code does not have this item",
                "use functions, structs, inherent impls, field-less enums and constants",
            ),
        };
        let span = self.span(token);
        self.report(entry, span, what, help);
    }

    /// `const NAME: Type = value;`
    pub(super) fn constant(
        &mut self,
        name: &syn::Ident,
        ty: &syn::Type,
        value: &syn::Expr,
    ) -> ConstItem {
        ConstItem { name: self.ident(name), ty: self.ty(ty), value: self.expr(value) }
    }

    fn structure(&mut self, item: &syn::ItemStruct) -> Struct {
        self.lint_attributes(&item.attrs);
        let name = self.ident(&item.ident);
        let generics = self.generics(&item.generics);
        let mut fields = Vec::new();
        for (position, field) in item.fields.iter().enumerate() {
            self.lint_attributes(&field.attrs);
            let ty = self.ty(&field.ty);
            let name = match &field.ident {
                Some(name) => self.ident(name),
                None => Ident { name: position.to_string(), span: ty.span },
            };
            fields.push((name, ty));
        }
        Struct { name, generics, fields }
    }

    fn implementation(&mut self, item: &syn::ItemImpl) -> Option<Impl> {
        self.lint_attributes(&item.attrs);
        if let Some((path, _)) = &item.trait_ {
            let span = self.tree(path);
            let help = "write an inherent `impl Type { .. }`";
            self.report(&TRAIT, span, "device code does not implement traits", help);
        }
        let generics = self.generics(&item.generics);
        let ty = self.ty(&item.self_ty);
        let mut out = Impl { generics, ty, functions: Vec::new(), consts: Vec::new() };
        for member in &item.items {
            self.member_item(member, &mut out);
        }
        item.trait_.is_none().then_some(out)
    }

    fn member_item(&mut self, member: &syn::ImplItem, out: &mut Impl) {
        match member {
            syn::ImplItem::Fn(item) => {
                if kernel_tokens(&item.attrs).is_some() {
                    let span = self.span(item.sig.ident.span());
                    let help = "move it out of the `impl`; it may call methods";
                    self.report(&KERNEL_FORM, span, "a kernel is not a method", help);
                }
                let visibility = item.vis.to_token_stream().to_string();
                let function = self.function(&item.attrs, visibility, &item.sig, &item.block);
                out.functions.push(function);
            }
            syn::ImplItem::Const(item) => {
                self.lint_attributes(&item.attrs);
                let constant = self.constant(&item.ident, &item.ty, &item.expr);
                out.consts.push(constant);
            }
            other => {
                let span = self.span(other.span());
                let help = "only functions and constants may stand in an `impl`";
                self.report(&ITEM, span, "device code does not have this item", help);
            }
        }
    }

    fn enumeration(&mut self, item: &syn::ItemEnum) -> Enum {
        self.lint_attributes(&item.attrs);
        let name = self.ident(&item.ident);
        if !item.generics.params.is_empty() {
            let span = self.span(item.generics.span());
            self.not_a_list(span, "generic parameters");
        }
        let mut variants = Vec::new();
        for variant in &item.variants {
            self.lint_attributes(&variant.attrs);
            if !matches!(variant.fields, syn::Fields::Unit) {
                let span = self.span(variant.fields.span());
                self.not_a_list(span, "fields");
            }
            if let Some((_, value)) = &variant.discriminant {
                let span = self.expr(value).span;
                self.not_a_list(span, "numbers");
            }
            variants.push(self.ident(&variant.ident));
        }
        Enum { name, variants }
    }

    fn not_a_list(&mut self, span: Span, what: &str) {
        let message = format!("an enum of device code has no {what}");
        let help = "an enum is a compile-time choice; keep values in a struct or in constants";
        self.report(&ENUM, span, message, help);
    }

    /// Reports attributes that mean nothing here; those for rustc are left out.
    pub(super) fn lint_attributes(&mut self, attributes: &[syn::Attribute]) {
        for attribute in attributes {
            let path = attribute.path();
            let first = path.segments.first().map(|s| s.ident.to_string()).unwrap_or_default();
            let last = path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
            let known = |name: &String| KNOWN_ATTRIBUTES.contains(&name.as_str());
            if known(&first) || known(&last) {
                continue;
            }
            let span = self.tree(path);
            let otherwise = match first.as_str() {
                "cfg" | "cfg_attr" => {
                    "put it on the kernel, above `#[kernel]`, where rustc sees it"
                }
                "unroll" => "write `for i in unroll(0..N)`",
                "test" => "tests stand outside of the kernel's module",
                _ => "leave it out",
            };
            let help = did_you_mean(&last, KNOWN_ATTRIBUTES, otherwise);
            let message = format!("device code does not have the attribute `{last}`");
            self.report(&ATTRIBUTE, span, message, help);
        }
    }
}

/// What is within `#[kernel(..)]`, if there is one.
pub(super) fn kernel_tokens(attributes: &[syn::Attribute]) -> Option<proc_macro2::TokenStream> {
    attributes.iter().find_map(|attribute| {
        let is_kernel = attribute.path().segments.last().is_some_and(|s| s.ident == "kernel");
        match &attribute.meta {
            syn::Meta::List(list) if is_kernel => Some(list.tokens.clone()),
            syn::Meta::Path(_) if is_kernel => Some(proc_macro2::TokenStream::new()),
            _ => None,
        }
    })
}

/// The lines of documentation.
pub(crate) fn documentation(attributes: &[syn::Attribute]) -> Vec<String> {
    let line = |attribute: &syn::Attribute| match &attribute.meta {
        syn::Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = attributes.iter().filter_map(line).collect();
    lines
        .iter()
        .flat_map(|text| text.split('\n'))
        .map(|l| l.strip_prefix(' ').unwrap_or(l).trim_end().to_owned())
        .collect()
}
