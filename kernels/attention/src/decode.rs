//! One token each of many sequences.

use crate::parts::Chunk;
use crate::{KvElement, Parts};
use tilewright_runtime::{Device, Error, Tensor};

/// The instances.
pub(crate) mod kernels {
    use tilewright_kernel_macros::flash_attention;

    flash_attention! {
        /// All head sizes and element types.
        pub decode {
            phase: decode,
            head_dim: [32, 64, 80, 96, 128, 256],
            element: [f32, f16, bf16],
            mask: [causal],
            kv: [paged(64)],
            tiles: {
                sm_80 if head_dim == 64 || head_dim == 128 => first_of[
                    { heads: 4, threads: 256 },
                    { heads: 3, threads: 256 },
                    { heads: 2, threads: 256 },
                    { heads: 1, threads: 256 },
                ],
                // The family's texts have a limit: models with three heads a group have one of those sizes.
                sm_80 => first_of[
                    { heads: 4, threads: 256 },
                    { heads: 2, threads: 256 },
                    { heads: 1, threads: 256 },
                ],
                wgsl if head_dim == 256 => first_of[
                    { heads: 4, threads: 64 },
                    { heads: 1, threads: 64 },
                ],
                wgsl => first_of[
                    { heads: 4, threads: 64 },
                    { heads: 3, threads: 64 },
                    { heads: 1, threads: 64 },
                ],
            },
            crate: crate::runtime,
        }
    }
}

/// Attention of every token to the keys `0..=positions[t]` of its sequence.
///
/// `q: [T, H, hd]`, `k_cache`, `v_cache: [pages, G, 64, hd]`, `block_table: [S, max_pages]` (the
/// page of each 64 positions), `sequence: [T]` (row of `block_table`), `positions: [T]`,
/// `out: [T, H, hd]`. Keys in pages that the table's row or the cache does not have are masked,
/// and so is a sequence that the table does not have; a token without a key gets 0. A token's
/// result does not depend on the tokens beside it, as long as `parts` has at least [`Parts::count`] of
/// the longest sequence's keys; with fewer, the last part takes the rest.
///
/// # Errors
/// [`Error::NoCase`] for another head size, where `H` is no multiple of `G` and where shapes
/// contradict each other; and the launch's.
#[allow(clippy::too_many_arguments)]
pub fn attention_decode<K: KvElement>(
    device: &Device,
    q: &Tensor<f32>,
    k_cache: &Tensor<K>,
    v_cache: &Tensor<K>,
    block_table: &Tensor<u32>,
    sequence: &Tensor<u32>,
    positions: &Tensor<u32>,
    out: &mut Tensor<f32>,
    scale: f32,
    parts: &Parts,
) -> Result<(), Error> {
    parts.run(device, positions, out, |chunk| {
        let Chunk { first_token, values, statistics } = chunk;
        kernels::decode(
            device,
            q,
            k_cache,
            v_cache,
            block_table,
            sequence,
            positions,
            values,
            statistics,
            *first_token,
            scale,
        )
    })
}
