//! Diagnostics as `compile_error!` tokens, and as text with carets.

use super::Diagnostic;
use super::source::{CallSpans, Place, SourceMap};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use std::fmt::Write as _;

/// One `compile_error!` per diagnostic, at its own tokens. What lies in a file is reported at the call
/// site, with the file's line in the text.
pub fn compile_errors(list: &[Diagnostic], map: &SourceMap, call: &CallSpans) -> TokenStream {
    let errors = list.iter().map(|diagnostic| {
        let (span, mut text) = match map.place(diagnostic.span) {
            Place::Call(at) => {
                let span = call.0.get(*at).copied().unwrap_or_else(Span::call_site);
                (span, diagnostic.to_string())
            }
            Place::File { .. } | Place::Unknown => (Span::call_site(), diagnostic.to_string()),
        };
        if let Some(position) = map.position(diagnostic.span) {
            let _ = write!(text, "\nat {position}");
        }
        quote_spanned!(span=> ::core::compile_error! { #text })
    });
    errors.collect()
}

/// Diagnostics against their files, with the line and carets under the place.
pub fn text(list: &[Diagnostic], map: &SourceMap) -> String {
    let mut out = String::new();
    for diagnostic in list {
        let _ = writeln!(out, "error: [{}] {}", diagnostic.entry.code, diagnostic.message);
        if let Some(position) = map.position(diagnostic.span) {
            let _ = writeln!(out, "  --> {position}");
        }
        if let Some((line, column, width)) = excerpt(diagnostic, map) {
            let _ = writeln!(out, "   | {line}");
            let _ = writeln!(out, "   | {}{}", " ".repeat(column), "^".repeat(width));
        }
        if !diagnostic.help.is_empty() {
            let _ = writeln!(out, "   = help: {}", diagnostic.help);
        }
    }
    out
}

/// The source line of a diagnostic, where its place begins in it, and how wide it is.
fn excerpt<'m>(diagnostic: &Diagnostic, map: &'m SourceMap) -> Option<(&'m str, usize, usize)> {
    let Place::File { file, start, end } = map.place(diagnostic.span) else { return None };
    let text = &map.files.get(*file)?.text;
    let begin = text.get(..*start)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(begin..)?.lines().next()?;
    let column = text.get(begin..*start)?.chars().count();
    let rest = line.chars().count().saturating_sub(column);
    let width = text.get(*start..*end).map_or(1, |t| t.chars().count()).min(rest).max(1);
    Some((line, column, width))
}
