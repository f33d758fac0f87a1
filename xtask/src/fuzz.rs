//! `cargo xtask ci fuzz`: the fuzzer's corpus and random changes of it, for a minute.
//!
//! The fuzzer itself needs every dependency built once more with coverage instrumentation, which
//! takes several minutes of two cores; its corpus reaches the same places without it. The test that
//! replays it is built with the fuzz target in it, and the fuzzer's own workspace must still resolve.

use crate::failure::Failure;
use crate::process;

/// How long.
const SECONDS: &str = "60";

/// Builds the fuzz target and replays the corpus.
pub fn replay() -> Result<(), Failure> {
    let mut resolve = process::cargo();
    let manifest = process::workspace_root().join("fuzz/Cargo.toml");
    resolve.args(["update", "--workspace", "--locked", "--manifest-path"]).arg(manifest);
    process::run(&mut resolve)?;
    let mut cargo = process::cargo();
    cargo.args(["test", "--workspace", "--test", "gguf_corpus", "the_corpus", "--", "--nocapture"]);
    process::run(cargo.env("TILEWRIGHT_FUZZ_SECONDS", SECONDS))
}
