//! Patterns and literals.

use super::Parser;
use crate::ast::{Ident, Literal, Pattern};
use crate::diag::catalog::parse::{LITERAL, PATTERN, TEXT};
use crate::ir::Span;

impl Parser<'_> {
    /// What `let`, `for`, `match` and closures bind.
    pub(super) fn pattern(&mut self, pattern: &syn::Pat) -> Pattern {
        let span = self.tree(pattern);
        match pattern {
            syn::Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
                Pattern::Name(self.ident(&name.ident), name.mutability.is_some())
            }
            syn::Pat::Tuple(tuple) => {
                Pattern::Tuple(tuple.elems.iter().map(|p| self.pattern(p)).collect(), span)
            }
            syn::Pat::Paren(paren) => self.pattern(&paren.pat),
            syn::Pat::Wild(_) => Pattern::Wildcard(span),
            syn::Pat::Or(or) => {
                Pattern::Or(or.cases.iter().map(|p| self.pattern(p)).collect(), span)
            }
            syn::Pat::Path(path) if path.qself.is_none() => Pattern::Path(self.names(&path.path)),
            syn::Pat::Lit(literal) => Pattern::Literal(self.number(&literal.lit, span), span),
            other => self.foreign_pattern(other, span),
        }
    }

    fn foreign_pattern(&mut self, pattern: &syn::Pat, span: Span) -> Pattern {
        let (what, help) = match pattern {
            syn::Pat::Ident(name) if name.by_ref.is_some() => {
                ("`ref`", "leave it out: values are copied")
            }
            syn::Pat::Ident(_) => ("`name @ pattern`", "bind the name, then `match` on it"),
            syn::Pat::Slice(_) => ("a slice pattern", "bind the array and index it: `a[0]`"),
            syn::Pat::Struct(_) => {
                ("a struct pattern", "bind the struct and use its fields: `s.x`")
            }
            syn::Pat::TupleStruct(_) => {
                ("a tuple struct pattern", "bind the struct and use its fields: `s.0`")
            }
            syn::Pat::Range(_) => ("a range pattern", "use a guard: `n if n < 4 => ..`"),
            syn::Pat::Reference(_) => ("a reference pattern", "bind the name without `&`"),
            syn::Pat::Rest(_) => ("`..` in a pattern", "name every element, or write `_` for each"),
            syn::Pat::Type(_) => {
                ("a type within a pattern", "write it after the pattern of a `let`")
            }
            syn::Pat::Macro(_) => ("a macro as a pattern", "write the pattern out"),
            syn::Pat::Guard(_) => {
                ("a guard within a pattern", "write `if` after the whole pattern")
            }
            _ => ("this pattern", "use names, tuples, `_`, numbers and enum variants"),
        };
        self.report(&PATTERN, span, format!("device code does not have {what}"), help);
        Pattern::Wildcard(span)
    }

    /// A pattern that must be one name, `mut` or not; `_` is a name that is never read.
    pub(super) fn single_name(&mut self, pattern: &syn::Pat) -> Option<(Ident, bool)> {
        match pattern {
            syn::Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
                Some((self.ident(&name.ident), name.mutability.is_some()))
            }
            syn::Pat::Wild(wild) => {
                let span = self.span(wild.underscore_token.spans[0]);
                Some((Ident { name: "_".to_owned(), span }, false))
            }
            _ => None,
        }
    }

    /// A literal that is a value on a device.
    pub(super) fn number(&mut self, literal: &syn::Lit, span: Span) -> Literal {
        match literal {
            syn::Lit::Int(int) => self.int(int, span),
            syn::Lit::Float(float) => match float.base10_parse::<f64>() {
                Ok(value) if value.is_finite() => Literal::Float(value, suffix(float.suffix())),
                _ => self.too_large(float.base10_digits(), "f64", span),
            },
            syn::Lit::Bool(value) => Literal::Bool(value.value),
            syn::Lit::Byte(byte) => Literal::Int(i128::from(byte.value()), Some("u8".to_owned())),
            syn::Lit::Char(_) => {
                let help = "write the number: b'a' is an `u8`";
                self.report(&TEXT, span, "a device has no characters", help);
                Literal::Int(0, None)
            }
            _ => {
                let help = "text stands only as an argument that names or explains something";
                self.report(&TEXT, span, "a device has no text", help);
                Literal::Int(0, None)
            }
        }
    }

    fn int(&mut self, int: &syn::LitInt, span: Span) -> Literal {
        let decimal = !int.to_string().trim_start_matches('-').starts_with(['x', 'b', 'o']);
        if decimal && matches!(int.suffix(), "f16" | "bf16" | "f32" | "f64") {
            return match int.base10_digits().parse::<f64>() {
                Ok(value) if value.is_finite() => Literal::Float(value, suffix(int.suffix())),
                _ => self.too_large(int.base10_digits(), "f64", span),
            };
        }
        match int.base10_digits().parse::<i128>() {
            Ok(value) if i64::try_from(value).is_ok() || u64::try_from(value).is_ok() => {
                Literal::Int(value, suffix(int.suffix()))
            }
            _ => self.too_large(int.base10_digits(), "u64", span),
        }
    }

    fn too_large(&mut self, digits: &str, largest: &str, span: Span) -> Literal {
        let message = format!("{digits} does not fit any type");
        self.report(&LITERAL, span, message, format!("the widest type is `{largest}`"));
        Literal::Int(0, None)
    }
}

fn suffix(text: &str) -> Option<String> {
    let text = text.trim_start_matches('_');
    (!text.is_empty()).then(|| text.to_owned())
}
