//! Diagnostics as the user sees them: `compile_error!` from a macro, carets on a terminal.

use super::{CallSpans, Diagnostic, Place, SourceMap};
use crate::ir::Span;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use std::fmt::Write;

/// One `compile_error!` per diagnostic, each at its own token of the call. What lies in a file is
/// reported at the call site, with the file's position in the text; so is what has no place.
pub fn compile_errors(
    diagnostics: &[Diagnostic],
    map: &SourceMap,
    calls: &CallSpans,
) -> TokenStream {
    compile_errors_at(diagnostics, map, calls, Span::default())
}

/// As [`compile_errors`], with `primary` (the caller's tile, say) for what has no token of its own.
pub fn compile_errors_at(
    diagnostics: &[Diagnostic],
    map: &SourceMap,
    calls: &CallSpans,
    primary: Span,
) -> TokenStream {
    let handle = |span: Span| match map.place(span) {
        Place::Call(index) => Some(calls.ends(index)),
        Place::Unknown | Place::File { .. } => None,
    };
    let site = proc_macro2::Span::call_site;
    let fallback = handle(primary).unwrap_or_else(|| (site(), site()));
    let mut tokens = TokenStream::new();
    for diagnostic in diagnostics {
        let mut message = diagnostic.to_string();
        if let Some((file, start, _)) = map.locate(diagnostic.span) {
            let _ = write!(message, "\nin {}:{}:{}", file.name(), start.line, start.column);
        }
        let place = handle(diagnostic.span).or_else(|| handle(diagnostic.caller));
        let (first, last) = place.unwrap_or(fallback);
        // The compiler underlines from the path's first token to the group's last.
        tokens.extend(quote_spanned! { first => ::core::compile_error! });
        tokens.extend(quote_spanned! { last => { #message } });
    }
    tokens
}

/// The diagnostics with their source lines and carets, as the command line and tests print them.
pub fn text(diagnostics: &[Diagnostic], map: &SourceMap) -> String {
    let blocks: Vec<String> = diagnostics.iter().map(|d| caret_text(d, map)).collect();
    blocks.join("\n")
}

fn caret_text(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let message = diagnostic.to_string().replace('\n', "\n       ");
    let mut out = format!("error: {message}\n");
    let Some((file, start, end)) = map.locate(diagnostic.span) else { return out };
    let line = file.line(start.line);
    let margin = start.line.to_string().len();
    // A span over several lines is underlined to the end of its first.
    let last = if end.line == start.line { end.column } else { line.chars().count() + 1 };
    let carets = "^".repeat(last.saturating_sub(start.column).max(1));
    let indent: String =
        line.chars().take(start.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let _ = writeln!(out, "{:margin$}--> {}:{}:{}", "", file.name(), start.line, start.column);
    let _ = writeln!(out, "{:margin$} |", "");
    let _ = writeln!(out, "{} | {line}", start.line);
    let _ = writeln!(out, "{:margin$} | {indent}{carets}", "");
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::diag::Entry;

    static ENTRY: Entry = Entry { code: "TW0000", summary: "for tests" };

    #[test]
    fn draws_carets_under_wide_and_multi_line_spans() {
        let mut map = SourceMap::new();
        let source = "fn a() {}\n\t× = wrong(\n  1);\n";
        let file = map.add_file("a.rs", source);
        let start = source.find("wrong").unwrap();
        let span = map.file_span(file, start..start + 12);
        let shown = text(&[Diagnostic::new(&ENTRY, span, "no").help("yes")], &map);
        let expected = "error: [TW0000] no\n       help: yes\n --> a.rs:2:6\n  |\n2 | \t× = wrong(\n  | \t    ^^^^^^\n";
        assert_eq!(shown, expected);
    }

    #[test]
    fn macro_errors_name_the_template_line() {
        let mut map = SourceMap::new();
        let file = map.add_file("templates/a.rs", "one\ntwo");
        let inside = map.file_span(file, 4..7);
        let mut calls = CallSpans::default();
        let tile = map.call_span(&mut calls, proc_macro2::Span::call_site());
        let list =
            [Diagnostic::new(&ENTRY, inside, "no"), Diagnostic::new(&ENTRY, tile, "nor this")];
        let shown = compile_errors_at(&list, &map, &calls, tile).to_string();
        assert!(shown.contains("\"[TW0000] no\\nin templates/a.rs:2:1\""), "{shown}");
        assert_eq!(shown.matches("compile_error").count(), 2);
    }
}
