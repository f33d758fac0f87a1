//! Every mistake of the catalogue's parsing and attribute stages: message, place and help.
//!
//! `refused/NAME.rs` is parsed and must give exactly the diagnostics of `refused/NAME.txt`.

use std::path::PathBuf;
use tilewright_kernel_compiler::diag::{SourceMap, catalog, render};
use tilewright_kernel_compiler::parse;

const FILES: [&str; 12] = [
    "attribute_keys",
    "attribute_names",
    "attribute_values",
    "control",
    "expressions",
    "functions",
    "items",
    "patterns",
    "syntax",
    "targets",
    "types",
    "unclosed",
];

/// Reported by later stages and by families, whose tests pin them.
const ELSEWHERE: [&str; 6] = ["TW0705", "TW0706", "TW0715", "TW0720", "TW0721", "TW0722"];

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/parse/refused").join(name)
}

fn refusals(name: &str) -> String {
    let file = format!("{name}.rs");
    let source = std::fs::read_to_string(path(&file)).unwrap();
    let mut map = SourceMap::new();
    match parse::text(&file, &source, &mut map) {
        Ok(_) => panic!("{file} is accepted"),
        Err(list) => render::text(&list, &map),
    }
}

fn pinned(name: &str) -> String {
    std::fs::read_to_string(path(&format!("{name}.txt"))).unwrap_or_default()
}

#[test]
fn mistakes_are_reported_where_they_are() {
    let bless = std::env::var_os("TILEWRIGHT_BLESS").is_some_and(|value| value == "1");
    for name in FILES {
        let found = refusals(name);
        if bless {
            std::fs::write(path(&format!("{name}.txt")), &found).unwrap();
        }
        assert_eq!(found, pinned(name), "{name}.rs; TILEWRIGHT_BLESS=1 accepts it");
    }
}

#[test]
fn every_entry_is_pinned() {
    let all: String = FILES.iter().map(|name| pinned(name)).collect();
    for entry in catalog::parse::ALL.iter().chain(catalog::attribute::ALL) {
        let here = all.contains(&format!("[{}]", entry.code));
        assert!(here != ELSEWHERE.contains(&entry.code), "{}: {}", entry.code, entry.summary);
    }
}

#[test]
fn every_refusal_says_what_to_write_instead() {
    for name in FILES.into_iter().filter(|name| !matches!(*name, "syntax" | "unclosed")) {
        for report in pinned(name).split("\n\n") {
            assert!(report.contains("help: "), "{name}: {report}");
        }
    }
}
