//! Attention over a paged key-value cache, causal, with grouped queries.

use crate::{Float, PAGE};
use rayon::prelude::*;

/// The cache and its page tables.
struct Cache<'a, K> {
    /// `[pages, kv_heads, 64, head_dim]`
    keys: &'a [K],
    values: &'a [K],
    /// `[sequences, max_pages]`
    block_table: &'a [u32],
    pages: usize,
    kv_heads: usize,
    head_dim: usize,
    max_pages: usize,
}

/// One page's keys and values of one head that a query sees.
struct Seen<'a, K> {
    /// Place of the first.
    first: u32,
    keys: &'a [K],
    values: &'a [K],
}

impl<K: Float> Cache<'_, K> {
    /// The pages of one head with keys `0..=position` of a sequence. Pages that are not in the
    /// table or not in the cache are left out.
    fn pages(
        &self,
        sequence: u32,
        head: usize,
        position: u32,
    ) -> impl Iterator<Item = Seen<'_, K>> {
        let page = PAGE as usize;
        let start = sequence as usize * self.max_pages;
        let row = self.block_table.get(start..start + self.max_pages).unwrap_or_default();
        let visible = position as usize + 1;
        row.iter().take(visible.div_ceil(page)).enumerate().filter_map(move |(at, &id)| {
            let id = id as usize;
            let keys = (visible - at * page).min(page);
            let start = (id * self.kv_heads + head) * page * self.head_dim;
            let range = start..start + keys * self.head_dim;
            if id >= self.pages {
                return None;
            }
            let (keys, values) = (self.keys.get(range.clone())?, self.values.get(range)?);
            Some(Seen { first: (at * page) as u32, keys, values })
        })
    }

    /// `out = softmax(scale * q K^T) V` over the keys that the query sees; 0 without any.
    fn attend(&self, q: &[f32], out: &mut [f32], at: Query, scale: f32) {
        out.fill(0.0);
        let mut scores = Vec::new();
        for seen in self.pages(at.sequence, at.kv_head, at.position) {
            for (place, key) in (seen.first..).zip(seen.keys.chunks_exact(self.head_dim)) {
                scores.push(at.sees(place).then(|| product(q, key) * scale));
            }
        }
        let best = scores.iter().flatten().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0f32;
        for score in scores.iter_mut().flatten() {
            *score = (*score - best).exp();
            sum += *score;
        }
        let mut weights = scores.iter();
        for seen in self.pages(at.sequence, at.kv_head, at.position) {
            for (value, weight) in seen.values.chunks_exact(self.head_dim).zip(&mut weights) {
                let Some(weight) = weight else { continue };
                let weight = weight / sum;
                for (out, value) in out.iter_mut().zip(value) {
                    *out += weight * value.to_f32();
                }
            }
        }
    }
}

/// Where one query head stands.
#[derive(Clone, Copy)]
struct Query {
    sequence: u32,
    position: u32,
    kv_head: usize,
    /// First place of a tree, and the places from there on that are seen.
    tree: [u32; 2],
}

impl Query {
    /// Whether the key at a place up to its own is seen.
    fn sees(&self, place: u32) -> bool {
        let [start, visible] = self.tree;
        let draft = place.checked_sub(start);
        draft.is_none_or(|draft| visible.checked_shr(draft).is_some_and(|bits| bits & 1 == 1))
    }
}

/// `sum_i q[i] * key[i]` with eight partial sums.
fn product<K: Float>(q: &[f32], key: &[K]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (q, q_rest) = q.as_chunks::<8>();
    let (key, key_rest) = key.as_chunks::<8>();
    for (q, key) in q.iter().zip(key) {
        for lane in 0..8 {
            sums[lane] += q[lane] * key[lane].to_f32();
        }
    }
    let rest: f32 = q_rest.iter().zip(key_rest).map(|(q, key)| q * key.to_f32()).sum();
    sums.iter().sum::<f32>() + rest
}

/// Attention of `tokens` tokens, each with its own sequence and position.
///
/// `q: [tokens, heads, head_dim]`, `k_cache`, `v_cache: [pages, kv_heads, 64, head_dim]`,
/// `block_table: [sequences, max_pages]` (page of each 64 positions), `sequence: [tokens]` (row
/// of `block_table`), `positions: [tokens]`, `out` as `q`. Query head `h` reads key head
/// `h / (heads / kv_heads)`, keys `0..=positions[t]`. Keys beyond the table's row, in pages that
/// the cache does not have or of a sequence that the table does not have are masked; a query
/// without a key gets 0. Vaswani et al. 2017, equation 1.
#[allow(clippy::too_many_arguments)]
pub fn attention_decode<K: Float>(
    q: &[f32],
    k_cache: &[K],
    v_cache: &[K],
    block_table: &[u32],
    sequence: &[u32],
    positions: &[u32],
    out: &mut [f32],
    tokens: u32,
    heads: u32,
    kv_heads: u32,
    pages: u32,
    sequences: u32,
    max_pages: u32,
    scale: f32,
    head_dim: u32,
) {
    let causal = vec![u32::MAX; 2 * tokens as usize];
    attention_tree(
        q,
        k_cache,
        v_cache,
        block_table,
        sequence,
        positions,
        &causal,
        out,
        tokens,
        heads,
        kv_heads,
        pages,
        sequences,
        max_pages,
        scale,
        head_dim,
    );
}

/// As [`attention_decode`], of the keys at the places `0..=places[t]`: those before `drafts[t, 0]`,
/// and those at `drafts[t, 0] + i` for the set bits `i` of `drafts[t, 1]`. Miao et al. 2024, "SpecInfer",
/// section 4.2.
#[allow(clippy::too_many_arguments)]
pub fn attention_tree<K: Float>(
    q: &[f32],
    k_cache: &[K],
    v_cache: &[K],
    block_table: &[u32],
    sequence: &[u32],
    places: &[u32],
    drafts: &[u32],
    out: &mut [f32],
    tokens: u32,
    heads: u32,
    kv_heads: u32,
    pages: u32,
    sequences: u32,
    max_pages: u32,
    scale: f32,
    head_dim: u32,
) {
    let [heads, kv_heads, hd] = [heads, kv_heads, head_dim].map(|size| size as usize);
    if [heads, kv_heads, hd].contains(&0) {
        return;
    }
    let [pages, max_pages] = [pages, max_pages].map(|size| size as usize);
    let table = sequences as usize * max_pages;
    let block_table = block_table.get(..table).unwrap_or(block_table);
    let cache = Cache {
        keys: k_cache,
        values: v_cache,
        block_table,
        pages,
        kv_heads,
        head_dim: hd,
        max_pages,
    };
    let group = heads.div_ceil(kv_heads);
    let (drafts, _) = drafts.as_chunks::<2>();
    let queries = q.par_chunks_exact(hd).zip(out.par_chunks_exact_mut(hd));
    queries.take(tokens as usize * heads).enumerate().for_each(|(at, (q, out))| {
        let (token, head) = (at / heads, at % heads);
        let place = sequence.get(token).zip(places.get(token));
        let Some((&sequence, &position)) = place else { return out.fill(0.0) };
        let tree = drafts.get(token).copied().unwrap_or([u32::MAX; 2]);
        let query = Query { sequence, position, kv_head: head / group, tree };
        cache.attend(q, out, query, scale);
    });
}

/// Attention of consecutive tokens of one sequence: the tokens `first_token..first_token +
/// tokens` of `q` stand at the positions from `first_position` on. The other rows of `out` keep
/// their values.
///
/// `q`, `out: [total, heads, head_dim]`; the rest as for [`attention_decode`].
#[allow(clippy::too_many_arguments)]
pub fn attention_prefill<K: Float>(
    q: &[f32],
    k_cache: &[K],
    v_cache: &[K],
    block_table: &[u32],
    out: &mut [f32],
    total: u32,
    heads: u32,
    kv_heads: u32,
    pages: u32,
    sequences: u32,
    max_pages: u32,
    sequence_row: u32,
    first_token: u32,
    tokens: u32,
    first_position: u32,
    scale: f32,
    head_dim: u32,
) {
    let end = first_token.saturating_add(tokens).min(total);
    let row = heads as usize * head_dim as usize;
    let range = first_token as usize * row..end as usize * row;
    let (Some(q), Some(out)) = (q.get(range.clone()), out.get_mut(range)) else { return };
    let tokens = end - first_token;
    let positions: Vec<u32> = (0..tokens).map(|t| first_position.saturating_add(t)).collect();
    let sequence = vec![sequence_row; tokens as usize];
    attention_decode(
        q,
        k_cache,
        v_cache,
        block_table,
        &sequence,
        &positions,
        out,
        tokens,
        heads,
        kv_heads,
        pages,
        sequences,
        max_pages,
        scale,
        head_dim,
    );
}
