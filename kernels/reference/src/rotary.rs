//! Rotary position embedding of queries and keys, and appending keys and values to the cache.

use crate::{Float, PAGE};

/// What is the same for every token.
struct Rotation<'a> {
    frequencies: &'a [f32],
    magnitude: f32,
}

impl Rotation<'_> {
    /// Sine and cosine of every pair at a position, times the magnitude.
    fn at(&self, position: u32) -> Vec<(f32, f32)> {
        let angles = self.frequencies.iter().map(|frequency| position as f32 * frequency);
        let scaled = |(sin, cos): (f32, f32)| (sin * self.magnitude, cos * self.magnitude);
        angles.map(|angle| scaled(angle.sin_cos())).collect()
    }
}

/// Element `i` of a head after rotation of the pairs `(2 j, 2 j + 1)`.
fn rotated(head: &[f32], turns: &[(f32, f32)]) -> impl Iterator<Item = f32> {
    let (pairs, _) = head.as_chunks::<2>();
    let rest = head.get(2 * turns.len()..).unwrap_or_default();
    let turned = pairs
        .iter()
        .zip(turns)
        .flat_map(|([a, b], (sin, cos))| [a * cos - b * sin, a * sin + b * cos]);
    turned.chain(rest.iter().copied())
}

/// Rotates the interleaved pairs of every query and key head, writes the queries to `q_out` and
/// stores keys and values in the paged cache.
///
/// `qkv: [tokens, (heads + 2 * kv_heads) * head_dim]` (query heads, key heads, value heads),
/// `frequencies: [half_rotary]` (inverse, scaled; pairs beyond it are copied),
/// `positions: [tokens]`, `slots: [tokens]` (`page * 64 + offset`), `q_out: [tokens, heads,
/// head_dim]`, `k_cache`, `v_cache: [pages, kv_heads, 64, head_dim]`. `magnitude` scales the
/// rotated pairs (yarn; 1 otherwise). A token whose slot is outside of the cache appends nothing.
/// Su et al. 2021, "RoFormer", equation 34.
#[allow(clippy::too_many_arguments)]
pub fn rotary_append<K: Float>(
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
    let [heads, kv_heads, hd] = [heads, kv_heads, head_dim].map(|size| size as usize);
    let half = (half_rotary as usize).min(hd / 2);
    let frequencies = frequencies.get(..half).unwrap_or(frequencies);
    let rotation = Rotation { frequencies, magnitude };
    let width = (heads + 2 * kv_heads) * hd;
    if width == 0 {
        return;
    }
    let page = PAGE as usize;
    let mut q_rows = q_out.chunks_exact_mut((heads * hd).max(1));
    let steps = qkv.chunks_exact(width).zip(positions).zip(slots).take(tokens as usize);
    for ((row, &position), &slot) in steps {
        let turns = rotation.at(position);
        let (queries, rest) = row.split_at(heads * hd);
        let (keys, values) = rest.split_at(kv_heads * hd);
        let q_row = q_rows.next().unwrap_or_default();
        for (out, head) in q_row.chunks_exact_mut(hd).zip(queries.chunks_exact(hd)) {
            out.iter_mut().zip(rotated(head, &turns)).for_each(|(out, value)| *out = value);
        }
        if slot / PAGE >= pages {
            continue;
        }
        let (slot_page, offset) = (slot as usize / page, slot as usize % page);
        let heads = keys.chunks_exact(hd).zip(values.chunks_exact(hd));
        for (head, (key, value)) in heads.enumerate() {
            let start = ((slot_page * kv_heads + head) * page + offset) * hd;
            let at = start..start + hd;
            if let (Some(k), Some(v)) = (k_cache.get_mut(at.clone()), v_cache.get_mut(at)) {
                k.iter_mut().zip(rotated(key, &turns)).for_each(|(k, x)| *k = K::from_f32(x));
                v.iter_mut().zip(value).for_each(|(v, &x)| *v = K::from_f32(x));
            }
        }
    }
}
