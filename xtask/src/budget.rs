//! The size limits of the sources: small files, small functions, honest names, nothing left open.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::{process, source};

const FILE_LINES: usize = 600;
const FUNCTION_LINES: usize = 80;
const BANNED_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "base", "misc"];
/// Written in two halves so that this file passes its own check.
const BANNED_TEXT: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!("),
    concat!("unimpl", "emented!("),
    concat!("#[ign", "ore"),
    concat!("allow(dead", "_code)"),
];

/// Checks every Rust file that git knows or would add.
///
/// # Errors
/// The number of faults; each was printed as `path:line: fault`.
pub fn check() -> Result<(), Failure> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "--", "*.rs"]);
    let listing = process::capture(&mut git)?;
    let (mut files, mut lengths, mut faults) = (0, Vec::new(), Vec::new());
    for path in listing.lines().map(Path::new).filter(|p| p.is_file()) {
        let text = std::fs::read_to_string(path).map_err(|e| Failure::io("read", path, e))?;
        files += 1;
        lengths.push(text.lines().count());
        faults.extend(inspect(path, &text).into_iter().map(|f| format!("{}:{f}", path.display())));
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    lengths.sort_unstable();
    let median = lengths.get(files / 2).copied().unwrap_or(0);
    let total: usize = lengths.iter().sum();
    println!(
        "{files} files, {total} lines, median {median}, longest {}",
        lengths.last().unwrap_or(&0)
    );
    if faults.is_empty() {
        return Ok(());
    }
    Err(Failure::Other(format!("{} faults in the line budget", faults.len())))
}

/// The faults of one file as `line: fault`.
fn inspect(path: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let count = text.lines().count();
    if count > FILE_LINES {
        faults.push(format!("1: {count} lines, at most {FILE_LINES}"));
    }
    let names = path.iter().map(|part| part.to_string_lossy());
    for name in names.filter(|n| BANNED_NAMES.contains(&n.trim_end_matches(".rs"))) {
        faults.push(format!("1: '{name}' says nothing: name what is inside"));
    }
    for (index, line) in text.lines().enumerate() {
        for banned in BANNED_TEXT.iter().filter(|b| line.contains(**b)) {
            faults.push(format!("{}: '{banned}' may not stay", index + 1));
        }
    }
    for function in source::functions(&source::blank(text)) {
        // A table: mostly match arms of up to three lines each.
        let table = function.arms * 3 + 12 >= function.lines;
        if function.lines > FUNCTION_LINES && !table {
            let source::Function { name, line, lines, .. } = function;
            faults.push(format!("{line}: fn {name} has {lines} lines, at most {FUNCTION_LINES}"));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::{BANNED_TEXT, inspect};
    use std::path::Path;

    #[test]
    fn long_files_and_functions_are_faults() {
        let long = "// x\n".repeat(601);
        assert_eq!(inspect(Path::new("a.rs"), &long), ["1: 601 lines, at most 600"]);
        let body = format!("fn f() {{\n{}}}\n", "    a();\n".repeat(79));
        assert_eq!(inspect(Path::new("a.rs"), &body), ["1: fn f has 81 lines, at most 80"]);
        let table = format!("fn f() {{\n{}}}\n", "    A => B,\n".repeat(79));
        assert!(inspect(Path::new("a.rs"), &table).is_empty());
    }

    #[test]
    fn names_and_open_ends_are_faults() {
        assert_eq!(inspect(Path::new("src/utils/a.rs"), "").len(), 1);
        assert_eq!(inspect(Path::new("src/misc.rs"), "").len(), 1);
        for banned in BANNED_TEXT {
            assert_eq!(inspect(Path::new("a.rs"), &format!("// {banned}")).len(), 1, "{banned}");
        }
    }
}
