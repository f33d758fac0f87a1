//! Rotary position embedding, fused with appending keys and values to the paged cache.

use crate::KvElement;
use tilewright_kernel_macros::kernel_module;
use tilewright_runtime::{Device, Error, Shape, Tensor};

#[kernel_module]
pub(crate) mod kernel {
    /// One thread per pair of elements; y is the token, z the head: queries, then keys with values.
    #[kernel(
        shapes(
            qkv: [tokens, (heads + 2 * kv_heads) * head_dim],
            frequencies: [half_rotary],
            positions: [tokens],
            slots: [tokens],
            q_out: [tokens, heads, head_dim],
            k_cache: [pages, kv_heads, 64, head_dim],
            v_cache: [pages, kv_heads, 64, head_dim],
        ),
        grid = (head_dim.div_ceil(2 * THREADS), tokens, heads + kv_heads),
        threads = THREADS,
        element(K = [f32, f16, bf16]),
        tiles(THREADS) = first_of[32],
        when(head_dim % 2 == 0),
        reference = tilewright_kernels_reference::rotary_append,
        crate = ::tilewright_runtime,
    )]
    pub fn rotary_append<K: Float, const THREADS: u32>(
        qkv: &[f32],
        frequencies: &[f32],
        positions: &[u32],
        slots: &[u32],
        q_out: &mut [f32],
        k_cache: &mut [K],
        v_cache: &mut [K],
        tokens: u32,
        heads: u32,
        kv_heads: u32,
        pages: u32,
        half_rotary: u32,
        magnitude: f32,
        head_dim: u32,
    ) {
        let pair = block_id() * THREADS + thread_id();
        let token = block_id_y();
        let head = block_id_z();
        let width = (heads + 2 * kv_heads) * head_dim;
        if 2 * pair < head_dim {
            let row = index(token) * width;
            assume(index(head) * head_dim + head_dim <= width);
            let at = row + index(head) * head_dim + 2 * pair;
            let x: [f32; 2] = qkv.load(at);
            let turned = rotate(x, frequencies, positions[token], pair, half_rotary, magnitude);
            if head < heads {
                q_out.store((index(token) * heads + head) * head_dim + 2 * pair, turned);
            } else {
                let slot = slots[token];
                let kv_head = head - heads;
                if slot / 64 < pages {
                    assume(kv_head < kv_heads);
                    let place = (index(slot / 64) * kv_heads + kv_head) * 64 + slot % 64;
                    let to = place * head_dim + 2 * pair;
                    k_cache.store(to, map(2, |i| K::from_f32(turned[i])));
                    assume(index(head + kv_heads) * head_dim + head_dim <= width);
                    let v: [f32; 2] = qkv.load(row + index(head + kv_heads) * head_dim + 2 * pair);
                    v_cache.store(to, map(2, |i| K::from_f32(v[i])));
                }
            }
        }
    }

    /// The pair `(a, b)` turned by `position * frequencies[pair]`; pairs beyond the rotary part stay.
    fn rotate(
        x: [f32; 2],
        frequencies: &[f32],
        position: u32,
        pair: u32,
        half_rotary: u32,
        magnitude: f32,
    ) -> [f32; 2] {
        let mut out = x;
        if pair < half_rotary {
            let angle = position as f32 * frequencies[pair];
            let s = sin(angle) * magnitude;
            let c = cos(angle) * magnitude;
            out[0] = x[0] * c - x[1] * s;
            out[1] = x[0] * s + x[1] * c;
        }
        out
    }
}

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
    kernel::rotary_append(
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
