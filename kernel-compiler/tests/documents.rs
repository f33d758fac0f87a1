//! What the documents say of the compiler is what it does: the README's kernel, the table of diagnostics,
//! the list of intrinsics.
//! `TILEWRIGHT_BLESS=1` rewrites the table.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use tilewright_kernel_compiler::diag::catalog;
use tilewright_kernel_compiler::inspect::{Stage, inspect};
use tilewright_kernel_compiler::lower::intrinsic_names;

fn document(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// The first code block of a language.
fn block<'t>(text: &'t str, language: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("```{language}\n")).expect("a code block");
    rest.split_once("\n```").expect("the end of a code block").0
}

#[test]
fn the_readme_shows_what_is_generated() {
    let readme = std::fs::read_to_string(document("README.md")).unwrap();
    let source = block(&readme, "rust");
    for (language, stage) in [("ptx", Stage::Ptx), ("wgsl", Stage::Wgsl)] {
        let text = inspect("README.md", source, "saxpy", stage, None).unwrap();
        assert_eq!(text.trim_end(), block(&readme, language), "{language} in README.md");
    }
}

#[test]
fn the_readme_shows_the_error_of_a_wrong_tile() {
    let readme = std::fs::read_to_string(document("README.md")).unwrap();
    let source = block(&readme, "rust").replace("first_of[128]", "first_of[2048]");
    let error = inspect("README.md", &source, "saxpy", Stage::Ptx, None).unwrap_err();
    assert!(error.contains(block(&readme, "text")), "{error}");
}

fn diagnostics_page() -> String {
    let mut page = "\
# Diagnostics

Every mistake that the compiler knows. The first two digits of a code name the stage that finds it; codes
are never reused. An error says what is wrong with the names and numbers of the case at hand, at the tokens
that are wrong, and what to write instead. A stage reports all that it finds; the next one runs if there was
nothing. A mistake that several instances of a kernel share is told once.

This page is generated from `kernel-compiler/src/diag/catalog/`; a test compares the two.
"
    .to_owned();
    for stage in &catalog::STAGES {
        if stage.entries.is_empty() {
            continue;
        }
        let _ = write!(
            page,
            "\n## {}xx: {}\n\n| code | mistake |\n|---|---|\n",
            stage.prefix, stage.title
        );
        let mut entries = stage.entries.to_vec();
        entries.sort_by_key(|entry| entry.code);
        for entry in entries {
            let _ = writeln!(page, "| {} | {} |", entry.code, entry.summary.replace('|', "\\|"));
        }
    }
    page
}

#[test]
fn the_page_of_diagnostics_is_current() {
    let (path, page) = (document("docs/diagnostics.md"), diagnostics_page());
    if std::env::var_os("TILEWRIGHT_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, page).unwrap();
        return;
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, page, "docs/diagnostics.md; TILEWRIGHT_BLESS=1 rewrites it");
}

#[test]
fn the_language_page_names_every_intrinsic() {
    let page = std::fs::read_to_string(document("docs/language.md")).unwrap();
    let words: BTreeSet<&str> =
        page.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let missing: Vec<&str> = intrinsic_names().filter(|name| !words.contains(name)).collect();
    assert!(missing.is_empty(), "docs/language.md does not have {missing:?}");
}
