//! `cargo xtask figures`: the README's table of measurements, out of `bench/results/*.json`.
//!
//! One file per machine and run, which `tilewright-bench run` writes; `bench/src/record.rs` has the
//! schema, `bench/data/example.json` an example. Nobody edits the table by hand: CI compares it with
//! the files. What was built from uncommitted sources and rows whose check failed are left out.

mod table;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::failure::Failure;
use crate::folder;

const RESULTS: &str = "bench/results";
const README: &str = "README.md";
const BEGIN: &str = "<!-- figures:begin -->";
const END: &str = "<!-- figures:end -->";

/// Writes the table, or with `--check` only compares.
pub fn run(args: &[String]) -> Result<(), Failure> {
    match args {
        [] => {
            let (readme, block) = (read(Path::new(README))?, block()?);
            let updated = replace(&readme, &block)?;
            std::fs::write(README, updated).map_err(|e| Failure::io("write", README, e))
        }
        [flag] if flag == "--check" => check(),
        _ => Err(Failure::Usage("usage: cargo xtask figures [--check]".into())),
    }
}

/// Fails where the README says something else than the results.
pub fn check() -> Result<(), Failure> {
    let readme = read(Path::new(README))?;
    if replace(&readme, &block()?)? == readme {
        return Ok(());
    }
    Err(Failure::Other(format!("{README} is not what {RESULTS} says: run cargo xtask figures")))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::io("read", path, e))
}

/// The README with what is between the markers replaced.
fn replace(readme: &str, block: &str) -> Result<String, Failure> {
    let parts =
        readme.split_once(BEGIN).and_then(|(head, rest)| Some((head, rest.split_once(END)?)));
    let (head, (_, tail)) =
        parts.ok_or_else(|| Failure::Other(format!("{README} has no {BEGIN} .. {END}")))?;
    Ok(format!("{head}{BEGIN}\n{block}{END}{tail}"))
}

/// The tables of every results file, by file name.
fn block() -> Result<String, Failure> {
    let mut block = String::new();
    for path in folder::files(Path::new(RESULTS), "json")? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let result: Value = serde_json::from_str(&read(&path)?)
            .map_err(|e| Failure::Other(format!("{}: {e}", path.display())))?;
        let text = table::of(&result).map_err(|e| Failure::Other(format!("{name}: {e}")))?;
        match text {
            Some(text) => {
                let _ = writeln!(block, "{text}");
            }
            None => eprintln!("{name} was built from uncommitted sources: left out"),
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
        let new = replace(readme, "new\n").unwrap();
        assert_eq!(new, readme.replace("old", "new"));
        assert!(replace("no markers", "").is_err());
    }
}
