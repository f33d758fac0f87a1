//! What every conversion needs: where spans go and where mistakes go.

use crate::ast::{Expr, ExprKind, Ident, Path};
use crate::diag::{CallSpans, Diagnostic, Diagnostics, Entry, FileId, SourceMap};
use crate::ir::Span;
use syn::ext::IdentExt;

/// Turns syntax trees into the AST. A conversion never fails: it reports, gives something of the
/// right shape, and [`Parser::finish`] is the gate.
pub struct Parser<'m> {
    map: &'m mut SourceMap,
    origin: Origin<'m>,
    diagnostics: Diagnostics,
    /// The kernels are templates: a family macro's call says what their generics are.
    pub(super) template: bool,
}

enum Origin<'m> {
    Call(&'m mut CallSpans),
    File(FileId),
}

impl<'m> Parser<'m> {
    /// For the tokens of a macro call.
    pub fn call(map: &'m mut SourceMap, calls: &'m mut CallSpans) -> Parser<'m> {
        let diagnostics = Diagnostics::default();
        Parser { map, origin: Origin::Call(calls), diagnostics, template: false }
    }

    /// For the text of a file, lexed by `proc-macro2` itself.
    pub(super) fn file(map: &'m mut SourceMap, file: FileId) -> Parser<'m> {
        let diagnostics = Diagnostics::default();
        Parser { map, origin: Origin::File(file), diagnostics, template: false }
    }

    /// The gate: `value`, or all that was reported.
    ///
    /// # Errors
    /// Everything reported so far, if anything was.
    pub fn finish<T>(self, value: T) -> Result<T, Vec<Diagnostic>> {
        self.diagnostics.gate(value)
    }

    /// All that was reported, where there is no value to give.
    pub(super) fn failed<T>(self) -> Result<T, Vec<Diagnostic>> {
        self.diagnostics.gate(()).and(Err(Vec::new()))
    }

    /// Keeps a span.
    pub fn span(&mut self, span: proc_macro2::Span) -> Span {
        match &mut self.origin {
            Origin::Call(calls) => self.map.call_span(calls, span),
            Origin::File(file) => self.map.file_span(*file, span.byte_range()),
        }
    }

    /// Keeps the span of a delimited group, delimiters included.
    pub(super) fn group(&mut self, span: &proc_macro2::extra::DelimSpan) -> Span {
        self.span(span.join())
    }

    /// From the start of one span to the end of another.
    pub fn join(&mut self, first: Span, last: Span) -> Span {
        match &mut self.origin {
            Origin::Call(calls) => self.map.join_call(calls, first, last),
            Origin::File(_) => self.map.join(first, last),
        }
    }

    /// Keeps the span of a whole syntax tree.
    pub(crate) fn tree(&mut self, tree: &impl quote::ToTokens) -> Span {
        let mut tokens = tree.to_token_stream().into_iter();
        let Some(first) = tokens.next() else { return self.span(proc_macro2::Span::call_site()) };
        let last = tokens.last().map_or_else(|| first.span(), |token| token.span());
        self.between(first.span(), last)
    }

    /// Keeps the span from one token to another.
    pub(super) fn between(&mut self, first: proc_macro2::Span, last: proc_macro2::Span) -> Span {
        let (first, last) = (self.span(first), self.span(last));
        self.join(first, last)
    }

    /// An identifier; `r#name` is `name`.
    pub fn ident(&mut self, ident: &syn::Ident) -> Ident {
        Ident { name: ident.unraw().to_string(), span: self.span(ident.span()) }
    }

    /// Reports a mistake.
    pub fn report(
        &mut self,
        entry: &'static Entry,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.diagnostics.report(Diagnostic::new(entry, span, message).help(help));
    }

    /// Reports what `syn` could not read.
    pub fn syntax_error(&mut self, entry: &'static Entry, error: &syn::Error, help: &str) {
        for error in error.clone() {
            let mut span = self.span(error.span());
            if let Origin::File(file) = self.origin
                && error.span().byte_range() == (0..0)
            {
                // The end of the text has no token.
                let end = self.map.file(file).map_or(0, |file| file.text().trim_end().len());
                span = self.map.file_span(file, end..end);
            }
            self.report(entry, span, reason(&error), help);
        }
    }

    /// What stands for an expression that was reported; the gate keeps it from later stages.
    pub(super) fn nothing(&self, span: Span) -> Expr {
        Expr { kind: ExprKind::Path(Path { segments: Vec::new() }), span }
    }
}

/// What is wrong, in words that do not speak of the parser.
pub(super) fn reason(error: &syn::Error) -> String {
    match error.to_string().as_str() {
        "cannot parse string into token stream" | "lex error" => {
            "a bracket without its other half, or a literal without its end".to_owned()
        }
        text => text.to_owned(),
    }
}
