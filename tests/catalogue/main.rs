//! Every mistake of the catalogue is pinned by a test; the list of the others can only shrink.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use tilewright_kernel_compiler::diag::catalog;

/// Entries that no text can provoke.
const INTERNAL: [(&str, &str); 1] =
    [("TW0361", "the caller of the WGSL back end gave it a module of another target")];

/// Entries without a test as yet.
const MISSING: [&str; 0] = [];

fn collect(folder: &Path, ends: &str, into: &mut String) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.to_string_lossy().ends_with(ends)) {
        into.push_str(&std::fs::read_to_string(path).unwrap());
    }
}

fn pinned() -> String {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiler = tests.join("../kernel-compiler/tests");
    let mut all = String::new();
    collect(&tests.join("ui/fail"), ".stderr", &mut all);
    collect(&tests.join("golden/out/refused"), ".txt", &mut all);
    collect(&compiler.join("parse/refused"), ".txt", &mut all);
    collect(&compiler.join("ir/verify"), ".ir", &mut all);
    collect(&compiler, "family.rs", &mut all);
    collect(&compiler.join("ptx"), "diagnostics.rs", &mut all);
    collect(&compiler.join("wgsl"), "diagnostics.rs", &mut all);
    all
}

#[test]
fn every_entry_is_pinned() {
    let stages = [
        catalog::internal::ALL,
        catalog::parse::ALL,
        catalog::types::ALL,
        catalog::resources::ALL,
        catalog::memory::ALL,
        catalog::sync::ALL,
        catalog::asynchronous::ALL,
        catalog::attribute::ALL,
        catalog::format::ALL,
    ];
    let all = pinned();
    let mut report = String::new();
    for entry in stages.into_iter().flatten() {
        let here = all.contains(entry.code);
        let internal = INTERNAL.iter().any(|(code, _)| *code == entry.code);
        let excused = internal || MISSING.contains(&entry.code);
        if here == excused {
            let state = if here { "is pinned: strike it off the list" } else { "is not pinned" };
            report.push_str(&format!("{} ({}) {state}\n", entry.code, entry.summary));
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn no_mistake_of_a_user_is_called_ours() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut users = String::new();
    collect(&tests.join("ui/fail"), ".stderr", &mut users);
    collect(&tests.join("golden/out/refused"), ".txt", &mut users);
    let code = catalog::internal::INTERNAL.code;
    assert!(!users.contains(code), "{code} stands for mistakes of the compiler");
}
