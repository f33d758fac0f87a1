//! Attention over a paged key-value cache: grouped queries, causal by position.
//!
//! | function | tokens | cost per launch |
//! |---|---|---|
//! | [`attention_decode`] | one each of many sequences | reads `2 * G * hd * (position + 1) * size(K)` bytes per token |
//!
//! T: tokens, S: sequences, H: query heads, G: key-value heads, hd: head size (32, 64, 80, 96, 128 or
//! 256). A page of the cache has 64 tokens.

mod decode;
mod runtime;

pub use decode::{KvElement, attention_decode, kernels as decode_kernels};
