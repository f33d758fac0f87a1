//! Instantiated kernels, dispatch by shape: what the decoder calls.
//!
//! | function | cost per launch, memory bound unless said otherwise |
//! |---|---|
//! | [`gather`] | reads and writes `T * d` weights |
//! | [`rms_norm`] | `8 * T * d` bytes |
//! | [`matmul`], [`matmul_each`], [`matmul_normed`] | `bytes(W)` for one token; `2 * T * n * k` FLOPs for many |
//! | [`rotary_append`] | `4 * T * (H + 2 G) * hd` bytes read, about as many written |
//! | [`attention_decode`] | `2 * G * hd * (position + 1) * size(K)` bytes per token |
//! | [`attention_tree`] | as [`attention_decode`] |
//! | [`attention_prefill`] | `4 * H * hd * keys` FLOPs per token |
//! | [`swiglu`] | `12 * T * f` bytes |
//! | [`add`] | `12 * T * d` bytes |
//! | [`argmax`], [`sample`] | `4 * T * vocab` bytes |
//! | [`select_rows`] | `8 * R * d` bytes |
//!
//! T: tokens of a step, S: sequences, d: hidden width, hd: head size, H: query heads, G: key-value
//! heads, f: width of the feed-forward. Shapes are outermost first, and all tensors contiguous.
//! What changes from step to step (tokens, positions, slots, page tables) lives in device
//! buffers, so that a step can be recorded once and replayed; scalars are frozen in a recording.
//! Shapes are checked before a launch. Indices that live in buffers cannot be; each function says
//! what one that is out of range does, and the host checks those that come from there.

mod activation;
mod attention;
mod element;
mod embedding;
pub mod formats;
mod matmul;
mod matrix_units;
mod norm;
mod rotary;
mod rows;
mod sampling;
mod slots;
mod weights;

pub use activation::{add, swiglu};
pub use attention::{attention_decode, attention_prefill, attention_tree};
pub use element::KvElement;
pub use embedding::gather;
pub use formats::{Format, Plane};
pub use matmul::{Norm, Output, Scratch, SumOrder, matmul, matmul_each, matmul_normed};
pub use norm::rms_norm;
pub use rotary::rotary_append;
pub use rows::select_rows;
pub use sampling::{SampleParams, argmax, sample};
pub use slots::move_slots;
pub use tilewright_kernels_attention::Parts;
pub use tilewright_kernels_reference::PAGE;
pub use weights::WeightMatrix;

use tilewright_runtime::TypedKernel;

/// The kernels that every device has, browsers included.
pub fn portable() -> Vec<&'static TypedKernel> {
    vec![
        &tilewright_kernels_matmul::matmul::KERNEL,
        &tilewright_kernels_matmul::gather::KERNEL,
        &tilewright_kernels_attention::kernels::decode::KERNEL,
        &tilewright_kernels_attention::kernels::attention_combine::KERNEL,
        &tilewright_kernels_attention::kernels::prefill::KERNEL,
        &tilewright_kernels_attention::kernels::tree::KERNEL,
        &tilewright_kernels_layers::rms_norm::KERNEL,
        &tilewright_kernels_layers::swiglu::KERNEL,
        &tilewright_kernels_layers::add::KERNEL,
        &tilewright_kernels_layers::select_rows::KERNEL,
        &tilewright_kernels_layers::move_slots::KERNEL,
        &tilewright_kernels_layers::rotary_append::KERNEL,
        &tilewright_kernels_sampling::argmax::KERNEL,
        &tilewright_kernels_sampling::sample::KERNEL,
    ]
}

/// Those that take the place of products on CUDA's matrix units.
pub fn tensor_core() -> Vec<&'static TypedKernel> {
    vec![
        &tilewright_kernels_matmul::tensor_core::multiply_one::KERNEL,
        &tilewright_kernels_matmul::tensor_core::multiply_normed::KERNEL,
        &tilewright_kernels_matmul::tensor_core::multiply_few::KERNEL,
        &tilewright_kernels_matmul::tensor_core::multiply_many::KERNEL,
        &tilewright_kernels_matmul::tensor_core::round_activations::KERNEL,
        &tilewright_kernels_matmul::tensor_core::dequantise::KERNEL,
    ]
}

/// Those that Hopper alone has.
pub fn hopper() -> Vec<&'static TypedKernel> {
    vec![
        &tilewright_kernels_matmul::dense::kernels::matmul_dense::KERNEL,
        &tilewright_kernels_matmul::fragments::kernels::matvec::KERNEL,
        &tilewright_kernels_matmul::fragments::dequantise_fragments::KERNEL,
        &tilewright_kernels_matmul::dense::kernels::matmul_scaled::KERNEL,
        &tilewright_kernels_attention::kernels::attention_dense::KERNEL,
        &tilewright_kernels_attention::kernels::attention_dense_wide::KERNEL,
    ]
}

/// Every kernel with texts, for `inspect` and the checks of texts.
pub fn all() -> Vec<&'static TypedKernel> {
    [portable(), tensor_core(), hopper()].concat()
}
