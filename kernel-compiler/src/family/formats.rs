//! The quantisation formats of a call: shipped ones by name, the caller's own by path.
//!
//! A macro sees only its own tokens, so a path is expanded as the macro that `quant_format!` leaves under
//! the format's name: `my::Name! { [callback] rest }` gives `callback! { @format { declaration } rest }`.
//! A call with several paths takes several turns; the newest declaration comes first.

use super::call::Call;
use super::catalog::{Family, Role};
use super::guard;
use crate::ast::{self, Expr, ExprKind, Ident, Items};
use crate::diag::catalog::attribute::DUPLICATE_KEY;
use crate::diag::catalog::format::{FORMAT_PATH, UNKNOWN_FORMAT};
use crate::diag::suggest::did_you_mean;
use crate::diag::{Diagnostic, SourceMap};
use crate::format::{self, Format};
use crate::ir::Span;
use crate::parse::Parser;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};

/// A declaration that a path was turned into.
pub(super) struct Forwarded {
    /// The path as the call has it, without white space.
    label: String,
    declaration: TokenStream,
}

/// A format that a call chooses.
pub(super) struct Chosen {
    /// As it is written.
    pub label: String,
    /// Its variant of the template's `Format`.
    pub variant: String,
    /// Its type for the scalar references, within the module that a launcher has; `None`: the shipped one.
    path: Option<String>,
    span: Span,
    own: Option<Format>,
}

impl Chosen {
    /// `Format::NAME`
    pub(super) fn variant_path(&self) -> Expr {
        let ident = |name: &str| Ident { name: name.to_owned(), span: self.span };
        let segments = vec![(ident("Format"), Vec::new()), (ident(&self.variant), Vec::new())];
        Expr { kind: ExprKind::Path(ast::Path { segments }), span: self.span }
    }

    /// The type that decodes the format in scalar references; `runtime` is where those are found.
    pub(super) fn decoder(&self, runtime: &str) -> (String, String) {
        let shipped = || {
            let name = if self.variant == "BF16" { "Bf16" } else { &self.variant };
            format!("{runtime}::reference::formats::{name}")
        };
        (self.variant.clone(), self.path.clone().unwrap_or_else(shipped))
    }
}

/// Takes the declarations from the front of a macro's input.
pub(super) fn split(input: TokenStream) -> (Vec<TokenStream>, TokenStream) {
    let mut declarations = Vec::new();
    let mut tokens = input.into_iter().peekable();
    while let Some(TokenTree::Punct(at)) = tokens.peek()
        && at.as_char() == '@'
    {
        // `@`, `format`, `{ .. }`: only our own macros write them.
        tokens.next();
        tokens.next();
        match tokens.next() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                declarations.push(group.stream());
            }
            _ => break,
        }
    }
    (declarations, tokens.collect())
}

/// The declarations of all formats of the call, or the expansion that fetches the next one.
pub(super) fn fetch(
    family: &Family,
    call: &Call,
    declarations: Vec<TokenStream>,
    rest: &TokenStream,
) -> Result<Vec<Forwarded>, TokenStream> {
    let paths = own_paths(family, call);
    if let Some((_, next)) = paths.get(declarations.len()) {
        let instance = call.0.first();
        let runtime = instance.and_then(|i| i.crate_path.clone());
        let runtime = runtime.unwrap_or_else(|| "::tilewright::__private".to_owned());
        let runtime: TokenStream = runtime.parse().unwrap_or_default();
        let callback = format_ident!("{}", family.name);
        let known = declarations.iter().map(|d| quote!(@format { #d }));
        return Err(quote! {
            #next! { [#runtime::macros::#callback] #(#known)* #rest }
        });
    }
    let oldest_first = declarations.into_iter().rev();
    let found = paths.into_iter().zip(oldest_first);
    Ok(found.map(|((label, _), declaration)| Forwarded { label, declaration }).collect())
}

/// The declarations of all formats of a call that stands in a file, found among the file's own by their
/// names; the path of one that the file does not have.
pub(super) fn resolve(
    family: &Family,
    call: &Call,
    declared: &[(String, TokenStream)],
) -> Result<Vec<Forwarded>, syn::Path> {
    let resolved = own_paths(family, call).into_iter().map(|(label, path)| {
        let is_it = |name: &str| path.segments.last().is_some_and(|last| last.ident == name);
        match declared.iter().find(|(name, _)| is_it(name)) {
            Some((_, declaration)) => Ok(Forwarded { label, declaration: declaration.clone() }),
            None => Err(path),
        }
    });
    resolved.collect()
}

/// The paths of a call's own formats as they are written, each once, in order.
fn own_paths(family: &Family, call: &Call) -> Vec<(String, syn::Path)> {
    let mut paths: Vec<(String, syn::Path)> = Vec::new();
    let of_formats = |key: &syn::Ident| {
        family.keys.iter().any(|k| matches!(k.role, Role::Format(_)) && key == k.name)
    };
    let entries = call.0.iter().flat_map(|instance| &instance.entries);
    for value in entries.filter(|entry| of_formats(&entry.key)).flat_map(|entry| &entry.values) {
        let label = guard::written(value);
        if let Some(path) = own_path(value)
            && !paths.iter().any(|(known, _)| *known == label)
        {
            paths.push((label, path.clone()));
        }
    }
    paths
}

/// The path of a format that a module has: several segments, none of which has the form of a type.
fn own_path(value: &syn::Expr) -> Option<&syn::Path> {
    let syn::Expr::Path(syn::ExprPath { path, qself: None, .. }) = value else { return None };
    let plain = path.segments.iter().all(|segment| segment.arguments.is_none());
    let mut modules = path.segments.iter().rev().skip(1);
    let is_module = |name: String| name.starts_with(|c: char| c.is_lowercase() || c == '_');
    let lower = modules.all(|segment| is_module(segment.ident.to_string()));
    (plain && lower && path.segments.len() > 1).then_some(path)
}

/// The formats that a key's values name; what is wrong with them is in the parser's report.
pub(super) fn choose(
    values: &[syn::Expr],
    forwarded: &[Forwarded],
    parser: &mut Parser<'_>,
) -> Vec<Chosen> {
    let mut all: Vec<Chosen> = Vec::new();
    for value in values {
        let span = parser.tree(value);
        let label = guard::written(value);
        let Some(chosen) = one(value, label, span, forwarded, parser) else { continue };
        if all.iter().any(|other| other.variant == chosen.variant) {
            let message = format!("two formats are called {}", chosen.variant);
            parser.report(&DUPLICATE_KEY, span, message, "a launch chooses by name: rename one");
            continue;
        }
        all.push(chosen);
    }
    all
}

fn one(
    value: &syn::Expr,
    label: String,
    span: Span,
    forwarded: &[Forwarded],
    parser: &mut Parser<'_>,
) -> Option<Chosen> {
    let names = format::SHIPPED;
    if names.contains(&label.as_str()) {
        return Some(Chosen { variant: label.clone(), label, path: None, span, own: None });
    }
    if let Some(path) = own_path(value) {
        let found = forwarded.iter().find(|f| f.label == label)?;
        let format = format::parse(found.declaration.clone(), parser)?;
        if names.contains(&format.name.name.as_str()) {
            let message = format!("two formats are called {}", format.name.name);
            parser.report(&DUPLICATE_KEY, span, message, "this is the name of a shipped one");
            return None;
        }
        let variant = format.name.name.clone();
        return Some(Chosen { label, variant, path: Some(inside(path)), span, own: Some(format) });
    }
    let named = matches!(value, syn::Expr::Path(path) if path.path.get_ident().is_some());
    if named {
        let message = format!("there is no format `{label}`");
        let all = format!("there are {}; your own by its path: self::{label}", names.join(", "));
        parser.report(&UNKNOWN_FORMAT, span, message, did_you_mean(&label, names, &all));
    } else {
        let message = format!("`{label}` can only be resolved by rustc, after this macro has run");
        let help = "write the name of a shipped format, or the path of a quant_format!: my::Name";
        parser.report(&FORMAT_PATH, span, message, help);
    }
    None
}

/// A path of the call's module as the launcher's module, one below, writes it.
fn inside(path: &syn::Path) -> String {
    let text = path.to_token_stream().to_string().replace(' ', "");
    match (text.strip_prefix("self::"), text.starts_with("super::")) {
        (Some(rest), _) => format!("super::{rest}"),
        (None, true) => format!("super::{text}"),
        (None, false) => text,
    }
}

/// What templates see of the caller's formats: `Format` with their variants, and how they are read.
///
/// # Errors
/// A mistake in the text that is made of a declaration.
pub(super) fn items(chosen: &[Chosen], map: &mut SourceMap) -> Result<Items, Vec<Diagnostic>> {
    let own: Vec<&Format> = chosen.iter().filter_map(|format| format.own.as_ref()).collect();
    format::items(&own, map)
}
