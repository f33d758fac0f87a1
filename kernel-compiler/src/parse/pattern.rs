//! Patterns.

use super::{Parse, Parser};
use crate::ast::{Literal, Pattern};
use crate::diag::catalog::parse::UNSUPPORTED_PATTERN;

impl Parser<'_> {
    /// A pattern, without its type annotation.
    pub(super) fn pattern(&mut self, pattern: &syn::Pat) -> Parse<Pattern> {
        match pattern {
            syn::Pat::Ident(name) if name.subpat.is_none() => {
                Ok(Pattern::Name(self.ident(&name.ident), name.mutability.is_some()))
            }
            syn::Pat::Tuple(tuple) => {
                let mut items = Vec::with_capacity(tuple.elems.len());
                for item in &tuple.elems {
                    items.push(self.pattern(item)?);
                }
                Ok(Pattern::Tuple(items, self.span(pattern)))
            }
            syn::Pat::Wild(_) => Ok(Pattern::Wildcard(self.span(pattern))),
            syn::Pat::Path(path) => {
                let names = path.path.segments.iter();
                Ok(Pattern::Path(names.map(|s| self.ident(&s.ident)).collect()))
            }
            syn::Pat::Lit(literal) => {
                let value = self.literal(&literal.lit)?;
                Ok(Pattern::Literal(value, self.span(pattern)))
            }
            syn::Pat::Or(any) => {
                let mut items = Vec::with_capacity(any.cases.len());
                for item in &any.cases {
                    items.push(self.pattern(item)?);
                }
                Ok(Pattern::Or(items, self.span(pattern)))
            }
            syn::Pat::Paren(inner) => self.pattern(&inner.pat),
            syn::Pat::Type(typed) => self.pattern(&typed.pat),
            other => Err(self.report(
                &UNSUPPORTED_PATTERN,
                other,
                "kernels do not have this form of pattern",
                "bind a name or a tuple of names, and take parts with `.field` or `[i]`",
            )),
        }
    }

    /// A literal.
    pub(super) fn literal(&mut self, literal: &syn::Lit) -> Parse<Literal> {
        let suffix = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        match literal {
            syn::Lit::Int(int) => match int.base10_parse::<i128>() {
                Ok(value) => Ok(Literal::Int(value, suffix(int.suffix()))),
                Err(error) => Err(self.report(&UNSUPPORTED_PATTERN, int, error.to_string(), "")),
            },
            syn::Lit::Float(float) => match float.base10_parse::<f64>() {
                Ok(value) => Ok(Literal::Float(value, suffix(float.suffix()))),
                Err(error) => Err(self.report(&UNSUPPORTED_PATTERN, float, error.to_string(), "")),
            },
            syn::Lit::Bool(value) => Ok(Literal::Bool(value.value)),
            syn::Lit::Str(text) => Ok(Literal::Str(text.value())),
            other => Err(self.report(
                &crate::diag::catalog::parse::UNSUPPORTED_EXPRESSION,
                other,
                "kernels do not have this form of literal",
                "use numbers, `true` and `false`",
            )),
        }
    }
}
