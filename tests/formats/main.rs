//! Quantisation formats: what a declaration means, on the host and in the interpreter.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[macro_use(quant_format)]
extern crate tilewright;

#[path = "../../kernel-compiler/formats/gguf.rs"]
mod gguf;
mod odd;
mod random;
mod shipped;
mod unpack;
mod values;
