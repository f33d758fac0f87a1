//! `cargo xtask figures`: the README's table of measurements, out of `bench/results/*.json`.
//!
//! One file per machine and run:
//!
//! ```json
//! {
//!   "schema": 1,
//!   "device": "NVIDIA H100 80GB HBM3", "driver": "580.65", "commit": "0123abc", "utc": "2026-01-31T12:00:00Z",
//!   "conformance": { "passed": 812, "failed": 0 },
//!   "generate": [ { "device": "cuda", "prompt_tokens": 12, "prompt_tokens_per_s": 1.0,
//!                   "decode_tokens_per_s": 1.0, "cold_start_ms": 1.0, "warm_start_ms": 1.0 } ]
//! }
//! ```
//!
//! `conformance` counts the kernels' tests on that machine. `generate` has one entry per device that
//! the command line was given; cold and warm start are the time to load with an empty and with a
//! filled cubin cache. Nobody edits the table by hand: CI compares it with the files.

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
        let table = table(&result).map_err(|e| Failure::Other(format!("{name}: {e}")))?;
        let _ = writeln!(block, "{table}");
    }
    if block.is_empty() {
        return Ok("Nothing was measured yet.\n".to_owned());
    }
    Ok(block)
}

/// One machine's run as Markdown.
fn table(result: &Value) -> Result<String, String> {
    if result.get("schema").and_then(Value::as_u64) != Some(1) {
        return Err("the key `schema` is not 1".to_owned());
    }
    let mut out = format!(
        "{}, driver {}, commit {}, {}",
        text(result, "device")?,
        text(result, "driver")?,
        text(result, "commit")?,
        text(result, "utc")?
    );
    if let Some(counts) = result.get("conformance") {
        let (passed, failed) = (number(counts, "passed")?, number(counts, "failed")?);
        let _ = write!(out, "; conformance: {passed:.0} passed, {failed:.0} failed");
    }
    out.push('\n');
    let rows = result.get("generate").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !rows.is_empty() {
        out.push_str(
            "\n| device | prompt | prompt tokens/s | decode tokens/s | cold start | warm start |\n\
             |---|---:|---:|---:|---:|---:|\n",
        );
    }
    for row in rows {
        let _ = writeln!(
            out,
            "| {} | {:.0} tokens | {:.1} | {:.1} | {:.0} ms | {:.0} ms |",
            text(row, "device")?,
            number(row, "prompt_tokens")?,
            number(row, "prompt_tokens_per_s")?,
            number(row, "decode_tokens_per_s")?,
            number(row, "cold_start_ms")?,
            number(row, "warm_start_ms")?
        );
    }
    Ok(out)
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, String> {
    let found = value.get(key).and_then(Value::as_str);
    found.ok_or_else(|| format!("the key `{key}` is missing or no text"))
}

fn number(value: &Value, key: &str) -> Result<f64, String> {
    let found = value.get(key).and_then(Value::as_f64);
    found.ok_or_else(|| format!("the key `{key}` is missing or no number"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{replace, table};
    use serde_json::json;

    #[test]
    fn a_result_becomes_a_table() {
        let row = json!({"device": "cuda", "prompt_tokens": 12, "prompt_tokens_per_s": 250.04,
            "decode_tokens_per_s": 99.96, "cold_start_ms": 1500, "warm_start_ms": 200});
        let result = json!({"schema": 1, "device": "A", "driver": "1", "commit": "c", "utc": "now",
            "conformance": {"passed": 3, "failed": 0}, "generate": [row]});
        let table = table(&result).unwrap();
        assert!(table.starts_with("A, driver 1, commit c, now; conformance: 3 passed, 0 failed\n"));
        assert!(table.ends_with("| cuda | 12 tokens | 250.0 | 100.0 | 1500 ms | 200 ms |\n"));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(table(&json!({})).unwrap_err(), "the key `schema` is not 1");
        let result = json!({"schema": 1, "device": "A", "driver": 2});
        assert_eq!(table(&result).unwrap_err(), "the key `driver` is missing or no text");
    }

    #[test]
    fn only_what_is_between_the_markers_changes() {
        let readme = "a\n<!-- figures:begin -->\nold\n<!-- figures:end -->\nb";
        let new = replace(readme, "new\n").unwrap();
        assert_eq!(new, readme.replace("old", "new"));
        assert!(replace("no markers", "").is_err());
    }
}
