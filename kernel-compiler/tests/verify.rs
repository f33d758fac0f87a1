//! File tests of the verifier: every `tests/ir/verify/*.ir` verifies, but for the errors written at the ends
//! of its lines as `; error: CODE message`, several separated by ` | `.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::Path;
use tilewright_kernel_compiler::{ir, verify::verify};

type Found = BTreeSet<(u32, String)>;

fn expected(text: &str) -> Found {
    let mut errors = Found::new();
    for (line, text) in (1u32..).zip(text.lines()) {
        let Some((_, notes)) = text.split_once("; error: ") else { continue };
        for note in notes.split(" | error: ") {
            errors.insert((line, note.trim().to_owned()));
        }
    }
    errors
}

fn found(text: &str) -> Result<Found, String> {
    let module = ir::read(text).map_err(|error| error.to_string())?;
    let errors = verify(module).err().unwrap_or_default();
    Ok(errors.into_iter().map(|d| (d.span.0, format!("{} {}", d.entry.code, d.message))).collect())
}

#[test]
fn files_verify_as_annotated() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ir/verify");
    let mut report = String::new();
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        files += 1;
        match found(&text) {
            Err(message) => report.push_str(&format!("{name}: {message}\n")),
            Ok(found) => {
                let expected = expected(&text);
                for (line, message) in expected.difference(&found) {
                    report.push_str(&format!("{name}:{line}: missing: {message}\n"));
                }
                for (line, message) in found.difference(&expected) {
                    report.push_str(&format!("{name}:{line}: unexpected: {message}\n"));
                }
            }
        }
    }
    assert!(files > 0);
    assert!(report.is_empty(), "\n{report}");
}
