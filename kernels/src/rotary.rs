//! Rotary position embedding, fused with appending keys and values to the paged cache.

use crate::KvElement;
use tilewright_kernels_layers as layers;
use tilewright_runtime::{Device, Error, Shape, Tensor};

/// Rotates the interleaved pairs `(2 i, 2 i + 1)` of queries and keys, writes the queries to
/// `q_out` and stores keys and values in the cache.
///
/// `qkv: [T, (H + 2 G) * hd]` (query heads, key heads, value heads), `frequencies: [rot / 2]`
/// (inverse, scaled; elements from `rot` on are copied), `positions: [T]`, `slots: [T]`
/// (`page * 64 + offset`; a slot outside of the cache, such as `u32::MAX`, stores nothing),
/// `q_out: [T, H, hd]`, `k_cache`, `v_cache: [pages, G, 64, hd]`. `magnitude` scales the rotated
/// pairs (yarn's attention factor, else 1). Su et al. 2021, "RoFormer", equation 34.
///
/// # Errors
/// [`Error::ShapeMismatch`] for more frequencies than pairs, [`Error::NoCase`] where shapes
/// contradict each other, and the launch's.
#[allow(clippy::too_many_arguments)]
pub fn rotary_append<K: KvElement>(
    device: &Device,
    qkv: &Tensor<f32>,
    frequencies: &Tensor<f32>,
    positions: &Tensor<u32>,
    slots: &Tensor<u32>,
    q_out: &mut Tensor<f32>,
    k_cache: &mut Tensor<K>,
    v_cache: &mut Tensor<K>,
    magnitude: f32,
) -> Result<(), Error> {
    let pairs = q_out.shape().dims().last().map_or(0, |head_dim| head_dim / 2);
    if frequencies.len() > pairs {
        return Err(Error::ShapeMismatch {
            what: "frequencies of rotary_append (at most one per pair)".to_owned(),
            expected: Shape::from(pairs),
            found: frequencies.shape(),
        });
    }
    layers::rotary_append(
        device,
        qkv,
        frequencies,
        positions,
        slots,
        q_out,
        k_cache,
        v_cache,
        magnitude,
    )
}
