//! What an expansion cost, for whoever asks: with `TILEWRIGHT_EXPANSION_LOG=FILE` in the environment
//! each one appends a line of JSON to the file. The expansion itself is the same with and without.

use proc_macro::TokenStream;
use std::fs::OpenOptions;
use std::io::Write;
use std::time::Instant;

/// Expands, and writes down the crate, the macro, the seconds and the bytes of the result.
pub(crate) fn measured(name: &str, expand: impl FnOnce() -> TokenStream) -> TokenStream {
    let Some(log) = std::env::var_os("TILEWRIGHT_EXPANSION_LOG") else { return expand() };
    let start = Instant::now();
    let result = expand();
    let seconds = start.elapsed().as_secs_f64();
    let (package, bytes) =
        (std::env::var("CARGO_PKG_NAME").unwrap_or_default(), result.to_string().len());
    let line = format!(
        "{{\"crate\":\"{package}\",\"macro\":\"{name}\",\"seconds\":{seconds:.3},\"bytes\":{bytes}}}\n"
    );
    let file = OpenOptions::new().create(true).append(true).open(log);
    // A log that cannot be written must not fail a build; its reader finds it empty.
    if let Ok(mut file) = file {
        let _ = file.write_all(line.as_bytes());
    }
    result
}
