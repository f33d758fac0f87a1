//! Attention over a paged key-value cache: grouped queries, causal by position.
//!
//! | function | tokens | cost per token |
//! |---|---|---|
//! | [`attention_decode`] | one each of many sequences | `2 * G * hd * (position + 1) * size(K)` bytes |
//! | [`attention_prefill`] | consecutive ones of one sequence | `4 * H * hd * (position + 1)` FLOPs |
//! | [`attention_tree`] | drafted ones of trees, beside each other | as [`attention_decode`] |
//! | [`attention_dense`] | a batch of sequences of one length, without a cache | `4 * H * hd * keys` FLOPs |
//!
//! T: tokens, S: sequences, H: query heads, G: key-value heads, hd: head size (32, 64, 80, 96, 128 or
//! 256). A page of the cache has 64 tokens.

mod combine;
mod decode;
mod dense;
mod element;
mod parts;
mod prefill;
mod runtime;
mod tree;

pub use decode::attention_decode;
pub use dense::{DenseElement, attention_dense};
pub use element::KvElement;
pub use parts::Parts;
pub use prefill::attention_prefill;
pub use tree::attention_tree;

/// The kernels with their texts, cases and launch rules.
pub mod kernels {
    pub use crate::combine::kernels::attention_combine;
    pub use crate::decode::kernels::decode;
    pub use crate::dense::kernels::{attention_dense, attention_dense_wide};
    pub use crate::prefill::kernels::prefill;
    pub use crate::tree::kernels::tree;
}
