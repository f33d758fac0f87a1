//! `cargo xtask ci fuzz`: the fuzzer's corpus and random changes of it, for a minute.
//!
//! The fuzzer itself needs every dependency built once more with coverage instrumentation, which
//! takes several minutes of two cores; its corpus reaches the same places without it.

use crate::failure::Failure;
use crate::process;

/// How long.
const SECONDS: &str = "60";

/// Replays the corpus.
pub fn replay() -> Result<(), Failure> {
    let mut cargo = process::cargo();
    cargo.args(["test", "--workspace", "--test", "gguf_corpus", "the_corpus", "--", "--nocapture"]);
    process::run(cargo.env("TILEWRIGHT_FUZZ_SECONDS", SECONDS))
}
