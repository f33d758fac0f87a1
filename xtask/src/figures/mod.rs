//! `cargo xtask figures`: the tables of measurements in the README and in `docs/performance.md`, out of
//! `bench/results/*.json`.
//!
//! One file per machine and run, which `tilewright-bench run` and `rivals` write; `bench/src/record.rs` has
//! the schema, `bench/data/example.json` an example. Nobody edits the tables by hand: CI compares them with
//! the files. What was built from uncommitted sources, rows whose check failed and comparisons of fewer
//! than three processes are left out; the second page names the rows that have no speed, and why.

mod table;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::folder;

const RESULTS: &str = "bench/results";
/// The pages, and whether each has the rows without a speed.
const PAGES: [(&str, bool); 2] = [("README.md", false), ("docs/performance.md", true)];
const BEGIN: &str = "<!-- figures:begin -->";
const END: &str = "<!-- figures:end -->";

/// Writes the tables, or with `--check` only compares.
pub fn run(args: &[String]) -> Result<(), Failure> {
    match args {
        [] => PAGES.into_iter().try_for_each(|(path, absent)| {
            let updated = replace(path, &read(Path::new(path))?, &block(absent)?)?;
            std::fs::write(path, updated).map_err(|e| Failure::io("write", path, e))
        }),
        [flag] if flag == "--check" => check(),
        _ => Err(Failure::Usage("usage: cargo xtask figures [--check]".into())),
    }
}

/// Fails where a page says something else than the results.
pub fn check() -> Result<(), Failure> {
    for (path, absent) in PAGES {
        let page = read(Path::new(path))?;
        if replace(path, &page, &block(absent)?)? != page {
            let fault = format!("{path} is not what {RESULTS} says: run cargo xtask figures");
            return Err(Failure::Other(fault));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::io("read", path, e))
}

/// The page with what is between the markers replaced.
fn replace(path: &str, page: &str, block: &str) -> Result<String, Failure> {
    let parts = page.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?)));
    let (head, (_, tail)) =
        parts.ok_or_else(|| Failure::Other(format!("{path} has no {BEGIN} .. {END}")))?;
    Ok(format!("{head}{BEGIN}\n{block}{END}{tail}"))
}

/// The tables of every results file, by file name; `absent`: with the rows that have no speed.
fn block(absent: bool) -> Result<String, Failure> {
    let mut block = String::new();
    for path in folder::files(Path::new(RESULTS), "json")? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let result: Value = serde_json::from_str(&read(&path)?)
            .map_err(|e| Failure::Other(format!("{}: {e}", path.display())))?;
        let text =
            table::of(&result, absent).map_err(|e| Failure::Other(format!("{name}: {e}")))?;
        match text {
            Some(text) => {
                let _ = writeln!(block, "{text}");
            }
            None if absent => eprintln!("{name} was built from uncommitted sources: left out"),
            None => {}
        }
    }
    if block.is_empty() {
        return Ok("Nothing was measured yet.\n".to_owned());
    }
    Ok(block)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::replace;

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let readme = "a\n<!-- figures:begin -->\nold\n<!-- figures:end -->\nb";
        let new = replace("A.md", readme, "new\n").unwrap();
        assert_eq!(new, readme.replace("old", "new"));
        let error = replace("A.md", "no markers", "").unwrap_err().to_string();
        assert!(error.starts_with("A.md has no "), "{error}");
    }
}
