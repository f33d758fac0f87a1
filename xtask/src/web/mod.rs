//! `cargo xtask ci web`: every text for browsers, compiled by a browser.
//!
//! The texts come from the kernels crate's example `web_texts`; `server` hands them and a page to
//! headless Chromium, which makes a shader module and a pipeline of each and posts back what was
//! wrong. Chromium brings a software adapter, so no GPU is needed.

mod browser;
mod server;

use std::path::Path;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{folder, process};

const PAGE: &str = include_str!("page.html");

/// Compiles all texts.
///
/// # Errors
/// The texts that the browser refused, or no answer from it.
pub fn check() -> Result<(), Failure> {
    let texts = process::target_folder()?.join("web-texts");
    folder::empty(&texts)?;
    process::run(
        process::cargo()
            .args(["run", "--quiet", "--package", "tilewright-kernels", "--example", "web_texts"])
            .arg("--")
            .arg(&texts),
    )?;
    let texts = read(&texts)?;
    if texts.is_empty() {
        return Err(Failure::Other("no kernel has a text for browsers".into()));
    }
    let count = texts.len();
    let answer = browser::ask(PAGE, &json!(texts).to_string())?;
    judge(&answer, count)
}

/// Name and text of every file of a folder, by name.
fn read(place: &Path) -> Result<Vec<(String, String)>, Failure> {
    let mut texts = Vec::new();
    for path in folder::files(place, "wgsl")? {
        let text = std::fs::read_to_string(&path).map_err(|e| Failure::io("read", &path, e))?;
        texts.push((path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), text));
    }
    Ok(texts)
}

/// What the page said: `{adapter, compiled, faults: [[name, message]]}` or `{error}`.
fn judge(answer: &str, expected: usize) -> Result<(), Failure> {
    let answer: Value = serde_json::from_str(answer)
        .map_err(|e| Failure::Other(format!("the browser's answer is not JSON: {e}")))?;
    if let Some(error) = answer.get("error").and_then(Value::as_str) {
        return Err(Failure::Other(format!("the browser cannot compile: {error}")));
    }
    let faults = answer.get("faults").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for fault in faults {
        let part = |at| fault.get(at).and_then(Value::as_str).unwrap_or("?");
        eprintln!("{}: {}", part(0), part(1));
    }
    let compiled = answer.get("compiled").and_then(Value::as_u64).unwrap_or(0);
    let adapter = answer.get("adapter").and_then(Value::as_str).unwrap_or("?");
    println!("{compiled} of {expected} texts compiled on {adapter}");
    if faults.is_empty() && compiled == expected as u64 {
        return Ok(());
    }
    Err(Failure::Other("the browser does not take every text".into()))
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn answers() {
        assert!(judge(r#"{"adapter":"a","compiled":2,"faults":[]}"#, 2).is_ok());
        assert!(judge(r#"{"adapter":"a","compiled":1,"faults":[]}"#, 2).is_err());
        assert!(judge(r#"{"adapter":"a","compiled":2,"faults":[["k","no"]]}"#, 2).is_err());
        assert!(judge(r#"{"error":"no adapter"}"#, 0).is_err());
        assert!(judge("", 0).is_err());
    }
}
