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

/// A guarded copy, unrolled: `statements` statements in one block.
fn unrolled(statements: usize) -> String {
    let mut text = String::from(
        "kernel unrolled\ntarget sm_80\nthreads [256, 1, 1]\ngrid [rows, 1, 1]\n\
         buffer x: &[f32] [rows, cols] align 16\nbuffer y: &mut [f32] [rows, cols] align 16\n\
         scalar rows: u32\nscalar cols: u32\nwhen cols % 1024 == 0\nshared tile: [f32; 1024] align 16\n\
         {\n%0: u32 = thread_id.0\n%1: u32 = block_id.0\n%2: index = convert.index %1\n\
         %3: u32 = param cols\n%4: index = convert.index %3\n%5: index = mul %2, %4\n\
         %6: u32 = mul %0, 4u32\nfor %7: u32 in 0u32 .. %3 step 1024u32 {\n\
         %8: u32 = add %7, %6\n%9: index = convert.index %8\n%10: index = add %5, %9\n",
    );
    let mut next = 11;
    while next < statements {
        let (i, tile) = (next % 4, next % 4 + next % 8 / 4 * 512);
        text.push_str(&format!(
            "%{0}: index = add %10, {i}index\n%{1}: f32 = load.f32 x[%{0}]\n\
             %{2}: u32 = and %{3}, 127u32\n%{4}: u32 = add %{2}, {tile}u32\n\
             %{5}: f32 = load.f32 tile[%{4}]\n%{6}: f32 = fma %{1}, %{5}, %{1}\nstore y[%{0}], %{6}\n",
            next,
            next + 1,
            next + 2,
            if next == 11 { 6 } else { next - 3 },
            next + 3,
            next + 4,
            next + 5,
        ));
        next += 6;
    }
    text.push_str("}\n}\n");
    text
}

#[test]
fn a_long_kernel_verifies_quickly() {
    let module = ir::read(&unrolled(20_000)).unwrap();
    let start = std::time::Instant::now();
    if let Err(errors) = verify(module) {
        panic!("{} errors, first: {} (line {})", errors.len(), errors[0], errors[0].span.0);
    }
    let seconds = start.elapsed().as_secs_f64();
    assert!(seconds < 20.0, "20 000 statements took {seconds:.1} s");
}
