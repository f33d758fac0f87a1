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
