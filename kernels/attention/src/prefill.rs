//! Consecutive tokens of one sequence.

use crate::KvElement;
use tilewright_runtime::{Device, Error, Tensor};

/// The instances.
pub(crate) mod kernels {
    use tilewright_kernel_macros::flash_attention;

    flash_attention! {
        /// All head sizes and element types.
        pub prefill {
            phase: prefill,
            head_dim: [32, 64, 80, 96, 128, 256],
            element: [f32, f16, bf16],
            mask: [causal],
            kv: [paged(64)],
            tiles: {
                sm_90a if (head_dim == 64 || head_dim == 128) && element != f32
                    => { query: 128, key: 128, stages: 2 },
                sm_80 if head_dim == 256 => { query: 32, key: 64, threads: 256 },
                sm_80 if head_dim == 128 => { query: 64, key: 64, threads: 256 },
                sm_80 => { query: 64, key: 64 },
                wgsl if head_dim == 256 => { query: 8, key: 32, threads: 64 },
                wgsl if head_dim == 128 || head_dim == 96 => { query: 16, key: 32, threads: 64 },
                wgsl if head_dim == 32 => { query: 32, key: 32, threads: 64 },
                wgsl => { query: 32, key: 16, threads: 64 },
            },
            crate: crate::runtime,
        }
    }
}

/// Attention of consecutive tokens of one sequence: token `first_token + i` stands at position
/// `first_position + i` and sees the keys up to its own. The other rows of `out` are kept.
///
/// `q: [total, H, hd]`, `k_cache`, `v_cache: [pages, G, 64, hd]`, `block_table: [S, max_pages]` (the
/// page of each 64 positions), `out: [total, H, hd]`. Keys in pages that the table's row or the
/// cache does not have are masked; a token without a key gets 0.
///
/// # Errors
/// [`Error::NoCase`] for another head size, where `H` is no multiple of `G`, where `q` has not those
/// rows or the table not that sequence, and where shapes contradict each other; and the launch's.
#[allow(clippy::too_many_arguments)]
pub fn attention_prefill<K: KvElement>(
    device: &Device,
    q: &Tensor<f32>,
    k_cache: &Tensor<K>,
    v_cache: &Tensor<K>,
    block_table: &Tensor<u32>,
    sequence_row: u32,
    first_token: u32,
    tokens: u32,
    first_position: u32,
    out: &mut Tensor<f32>,
    scale: f32,
) -> Result<(), Error> {
    kernels::prefill(
        device,
        q,
        k_cache,
        v_cache,
        block_table,
        out,
        sequence_row,
        first_token,
        tokens,
        first_position,
        scale,
    )
}
