//! Rotary position embedding, fused with appending keys and values to the paged cache, on every target.
//!
//! Source: Su et al. 2021, "RoFormer", equation 34; Kwon et al. 2023 (paged cache).

/// Rotates the interleaved pairs of every query and key head, writes the queries to `q_out` and
/// stores keys and values in the paged cache.
///
/// `qkv: [tokens, (heads + 2 * kv_heads) * head_dim]` (query heads, key heads, value heads),
/// `frequencies: [half_rotary]` (inverse, scaled; pairs beyond it are copied),
/// `positions: [tokens]`, `slots: [tokens]` (`page * 64 + offset`; a slot outside of the cache,
/// such as `u32::MAX`, stores nothing), `q_out: [tokens, heads, head_dim]`, `k_cache`,
/// `v_cache: [pages, kv_heads, 64, head_dim]`. `magnitude` scales the rotated pairs (yarn; 1
/// otherwise). Su et al. 2021, "RoFormer", equation 34.
///
/// One thread per pair: a pair of any element type is at least a 32-bit word of its own. The
/// grid is pairs, tokens, and heads: the queries, then keys with their values.
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
    when(head_dim % 2 == 0),
    cost(
        bytes = tokens * head_dim * (8 * heads + kv_heads * (8 + 2 * size_of::<K>())),
        flops = 6 * tokens * head_dim * (heads + kv_heads),
    ),
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
        let x: [f32; 2] = qkv.load(row + index(head) * head_dim + 2 * pair);
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

/// The pair turned by `position * frequencies[pair]`; pairs beyond the rotary part stay.
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
