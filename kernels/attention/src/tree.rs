//! Tokens of drafted trees.

use crate::parts::Chunk;
use crate::{KvElement, Parts};
use tilewright_runtime::{Device, Error, Tensor};

/// The instances.
pub(crate) mod kernels {
    use tilewright_kernel_macros::flash_attention;

    flash_attention! {
        /// All head sizes and element types.
        pub tree {
            phase: decode,
            head_dim: [32, 64, 80, 96, 128, 256],
            element: [f32, f16, bf16],
            mask: tree,
            kv: [paged(64)],
            tiles: {
                // The family's texts have a limit: heads do not share keys.
                sm_80 => { heads: 1, threads: 256 },
                wgsl => { heads: 1, threads: 64 },
            },
            crate: crate::runtime,
        }
    }
}

/// Attention of every token to the keys that it sees: of those at the places `0..=places[t]` of its
/// sequence, the ones before `nodes[t, 1]` and those at `nodes[t, 1] + i` for the set bits
/// `i` of `nodes[t, 2]`.
///
/// Tensors as for [`attention_decode`](crate::attention_decode); `places: [T]`, `nodes: [T, 3]`.
/// A place is where a key lies in its sequence's pages: other than the position of a token of a tree,
/// which is its depth, it tells siblings apart. `nodes[t, 1] > places[t]` is the causal mask.
/// Miao et al. 2024, "SpecInfer", section 4.2.
///
/// # Errors
/// As there.
#[allow(clippy::too_many_arguments)]
pub fn attention_tree<K: KvElement>(
    device: &Device,
    q: &Tensor<f32>,
    k_cache: &Tensor<K>,
    v_cache: &Tensor<K>,
    block_table: &Tensor<u32>,
    places: &Tensor<u32>,
    nodes: &Tensor<u32>,
    out: &mut Tensor<f32>,
    scale: f32,
    parts: &Parts,
) -> Result<(), Error> {
    parts.run(device, places, out, |chunk| {
        let Chunk { first_token, values, statistics } = chunk;
        kernels::tree(
            device,
            q,
            k_cache,
            v_cache,
            block_table,
            places,
            nodes,
            values,
            statistics,
            *first_token,
            scale,
        )
    })
}
