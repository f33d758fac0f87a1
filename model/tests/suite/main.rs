//! Tests of the crate from outside: files, refusals, tokenizers, conversations.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chat;
mod config;
mod gguf;
mod real_model;
mod rope;
mod tensor_data;
mod tokenizer;
mod vocabularies;

/// The package's folder, or what stands for it where a bundle runs the tests.
fn package() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), Into::into)
}
