//! The front end: syn's syntax tree to our [`crate::ast`], nothing resolved.
//!
//! Everything of Rust that the AST cannot hold is reported at its own token, with what to write
//! instead; parsing goes on, so that one pass finds all of it.

mod attribute;
mod expression;
mod item;
mod pattern;
mod statement;
mod target;
mod ty;

pub use attribute::kernel_attribute;
pub use target::target;

use crate::ast::Items;
use crate::diag::catalog::parse::SYNTAX;
use crate::diag::source::{CallSpans, SourceFile, SourceMap, Spans};
use crate::diag::{Diagnostic, Diagnostics, Entry};
use crate::ir::Span;
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Parser state: where spans go, and what was wrong so far.
pub(crate) struct Parser<'s> {
    pub(crate) spans: Spans<'s>,
    pub(crate) diagnostics: Diagnostics,
}

/// Marks that something was reported.
pub(crate) struct Reported;

type Parse<T> = Result<T, Reported>;

/// The items of a macro's input.
///
/// # Errors
/// Everything that kernels cannot hold.
pub fn tokens(
    input: TokenStream,
    map: &mut SourceMap,
    call: &mut CallSpans,
) -> Result<Items, Vec<Diagnostic>> {
    let spans = Spans { map, call: Some(call), file: 0 };
    Parser { spans, diagnostics: Diagnostics::default() }.file(input)
}

/// One `#[kernel(attribute)] fn ..`.
///
/// # Errors
/// Everything that kernels cannot hold.
pub fn kernel(
    attribute: TokenStream,
    item: TokenStream,
    map: &mut SourceMap,
    call: &mut CallSpans,
) -> Result<Items, Vec<Diagnostic>> {
    let spans = Spans { map, call: Some(call), file: 0 };
    let mut parser = Parser { spans, diagnostics: Diagnostics::default() };
    let kernel = parser.attribute(attribute);
    let Parser { spans, diagnostics } = parser;
    let mut items = Parser { spans, diagnostics }.file(item)?;
    if let (Some(function), Ok(kernel)) = (items.functions.first_mut(), kernel) {
        function.kernel = Some(kernel);
    }
    Ok(items)
}

/// The items of a file: a template, the device library, a user's source.
///
/// Inside a procedural macro, call it between `proc_macro2::fallback::force` and `unforce`.
///
/// # Errors
/// Everything that kernels cannot hold, and text that is not Rust.
pub fn text(name: &str, text: &str, map: &mut SourceMap) -> Result<Items, Vec<Diagnostic>> {
    map.files.push(SourceFile { name: name.to_owned(), text: text.to_owned() });
    let file = map.files.len() - 1;
    let parsed = text.parse::<TokenStream>();
    let mut spans = Spans { map, call: None, file };
    let tokens = match parsed {
        Ok(tokens) => tokens,
        Err(error) => {
            let span = spans.one(error.span());
            return Err(vec![Diagnostic::new(&SYNTAX, span, error.to_string())]);
        }
    };
    Parser { spans, diagnostics: Diagnostics::default() }.file(tokens)
}

impl Parser<'_> {
    fn file(mut self, input: TokenStream) -> Result<Items, Vec<Diagnostic>> {
        match syn::parse2::<syn::File>(input) {
            Ok(file) => {
                let items = self.items(&file.items);
                self.diagnostics.gate(items)
            }
            Err(error) => {
                let mut spans = self.spans;
                let list = error
                    .into_iter()
                    .map(|e| Diagnostic::new(&SYNTAX, spans.one(e.span()), e.to_string()));
                Err(list.collect())
            }
        }
    }

    /// The span of a syntax node.
    pub(crate) fn span(&mut self, node: &impl ToTokens) -> Span {
        self.spans.of(node.to_token_stream())
    }

    /// Reports a mistake.
    pub(crate) fn report(
        &mut self,
        entry: &'static Entry,
        node: &impl ToTokens,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Reported {
        let span = self.span(node);
        self.diagnostics.report(Diagnostic::new(entry, span, message).help(help));
        Reported
    }

    /// An identifier.
    pub(crate) fn ident(&mut self, ident: &syn::Ident) -> crate::ast::Ident {
        let name = ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name).to_owned();
        crate::ast::Ident { name, span: self.spans.one(ident.span()) }
    }
}
