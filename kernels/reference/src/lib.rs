//! Scalar references of the kernel families: what a kernel means, in plain Rust over slices.
//!
//! Each function takes its kernel's own parameters in the kernel's order: read buffers, written
//! buffers, sizes, scalars. Buffers are as long as their shapes say (a launch has checked that);
//! indices that live in buffers (tokens, positions, slots, pages) may be anything, and each
//! function says what an index out of range does. The `cpu` device runs these functions, so they
//! use all cores and loops that vectorise. A row's result does not depend on the rows beside it.

mod activation;
mod attention;
mod attention_dense;
mod dense;
mod dot;
mod embedding;
mod float;
pub mod formats;
mod matmul;
mod norm;
mod rotary;
mod rows;
pub mod sampling;
mod slots;

pub use activation::{add, swiglu};
pub use attention::{
    attention_combine, attention_decode, attention_prefill, attention_tree, part_pages,
};
pub use attention_dense::attention_dense;
pub use dense::{matmul_dense, matmul_scaled};
pub use embedding::quantized_gather;
pub use float::Float;
pub use matmul::{matvec_fragments, quantized_matmul};
pub use norm::rms_norm;
pub use rotary::rotary_append;
pub use rows::select_rows;
pub use sampling::{argmax, sample};
pub use slots::move_slots;

/// Tokens of one page of the key-value cache.
pub const PAGE: u32 = 64;
