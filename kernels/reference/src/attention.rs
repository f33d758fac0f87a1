//! Attention over a paged key-value cache, causal, with grouped queries.

use crate::{Float, PAGE};
use rayon::prelude::*;

/// The highest score of a part without keys.
const MASKED: f32 = -3.0e38;

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
    /// The pages of one head that a query looks through. Pages that are not in the table or not in the
    /// cache are left out.
    fn pages(&self, at: Query) -> impl Iterator<Item = Seen<'_, K>> {
        let page = PAGE as usize;
        let Query { sequence, position, kv_head: head, first_page, end_page, .. } = at;
        let start = sequence as usize * self.max_pages;
        let row = self.block_table.get(start..start + self.max_pages).unwrap_or_default();
        let visible = position as usize + 1;
        let columns = row.iter().enumerate().take(visible.div_ceil(page).min(end_page));
        columns.skip(first_page).filter_map(move |(at, &id)| {
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

    /// `out = softmax(scale * q K^T) V` over the keys that the query sees; 0 without any. Gives the
    /// highest score, in powers of two, and the sum of the weights.
    fn attend(&self, q: &[f32], out: &mut [f32], at: Query, scale: f32) -> [f32; 2] {
        out.fill(0.0);
        let mut scores = Vec::new();
        for seen in self.pages(at) {
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
        for seen in self.pages(at) {
            for (value, weight) in seen.values.chunks_exact(self.head_dim).zip(&mut weights) {
                let Some(weight) = weight else { continue };
                let weight = weight / sum;
                for (out, value) in out.iter_mut().zip(value) {
                    *out += weight * value.to_f32();
                }
            }
        }
        [(best * std::f32::consts::LOG2_E).max(MASKED), sum]
    }
}

/// Where one query head stands.
#[derive(Clone, Copy)]
struct Query {
    sequence: u32,
    position: u32,
    kv_head: usize,
    /// Columns of the block table to look through.
    first_page: usize,
    end_page: usize,
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

/// Pages of a part of a sequence of `pages` pages: few where a device has workgroups to spare, and more
/// where what parts leave would be a burden to its memory. It is a matter of the sequence alone, so that
/// the order in which a token's keys are summed is no matter of the tokens beside it.
pub fn part_pages(pages: u32) -> u32 {
    match pages {
        0..=4 => 4,
        5..=16 => 1,
        17..=64 => 2,
        _ => 4,
    }
}

/// Attention of the tokens of `q` from `first_token` on, each with its own sequence and position, to the
/// parts of its sequence: with [`part_pages`] of its sequence, part `p` has the keys in as many pages from
/// the page `p * part_pages` on, the last part all the rest.
///
/// `q: [total, heads, head_dim]`, `k_cache`, `v_cache: [pages, kv_heads, 64, head_dim]`,
/// `block_table: [sequences, max_pages]` (page of each 64 positions), `sequence: [total]` (row
/// of `block_table`), `positions: [total]`, `out: [tokens, parts, heads, head_dim]`,
/// `statistics: [tokens, parts, heads, 2]`: the highest score, in powers of two, and the sum of the
/// weights. Query head `h` reads key head `h / (heads / kv_heads)`, keys `0..=positions[t]`. Keys beyond
/// the table's row, in pages that the cache does not have or of a sequence that the table does not have
/// are masked; a part without a key gets 0, and what lies beyond the sequence is not written. Vaswani et
/// al. 2017, equation 1.
#[allow(clippy::too_many_arguments)]
pub fn attention_decode<K: Float>(
    q: &[f32],
    k_cache: &[K],
    v_cache: &[K],
    block_table: &[u32],
    sequence: &[u32],
    positions: &[u32],
    out: &mut [f32],
    statistics: &mut [f32],
    total: u32,
    tokens: u32,
    parts: u32,
    heads: u32,
    kv_heads: u32,
    pages: u32,
    sequences: u32,
    max_pages: u32,
    first_token: u32,
    scale: f32,
    head_dim: u32,
) {
    let causal = |row: &u32| [*row, u32::MAX, 0];
    let nodes: Vec<u32> = sequence.iter().flat_map(causal).collect();
    attention_tree(
        q,
        k_cache,
        v_cache,
        block_table,
        positions,
        &nodes,
        out,
        statistics,
        total,
        tokens,
        parts,
        heads,
        kv_heads,
        pages,
        sequences,
        max_pages,
        first_token,
        scale,
        head_dim,
    );
}

/// As [`attention_decode`], of the keys at the places `0..=places[t]`: those before `nodes[t, 1]`,
/// and those at `nodes[t, 1] + i` for the set bits `i` of `nodes[t, 2]`; `nodes[t, 0]` is the row of
/// `block_table`. Miao et al. 2024, "SpecInfer",
/// section 4.2.
#[allow(clippy::too_many_arguments)]
pub fn attention_tree<K: Float>(
    q: &[f32],
    k_cache: &[K],
    v_cache: &[K],
    block_table: &[u32],
    places: &[u32],
    nodes: &[u32],
    out: &mut [f32],
    statistics: &mut [f32],
    total: u32,
    tokens: u32,
    parts: u32,
    heads: u32,
    kv_heads: u32,
    pages: u32,
    sequences: u32,
    max_pages: u32,
    first_token: u32,
    scale: f32,
    head_dim: u32,
) {
    let sizes = [heads, kv_heads, head_dim, parts].map(|size| size as usize);
    let [heads, kv_heads, hd, parts] = sizes;
    if sizes.contains(&0) || first_token.saturating_add(tokens) > total {
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
    let (nodes, _) = nodes.as_chunks::<3>();
    let (statistics, _) = statistics.as_chunks_mut::<2>();
    let rows = out.par_chunks_exact_mut(hd).zip(statistics);
    rows.take(tokens as usize * parts * heads).enumerate().for_each(|(at, (out, statistics))| {
        let (token, part, head) = (at / (parts * heads), at / heads % parts, at % heads);
        let token = first_token as usize + token;
        let from = (token * heads + head) * hd;
        let place = nodes.get(token).zip(places.get(token));
        let Some((q, (node, &position))) = q.get(from..from + hd).zip(place) else { return };
        let [sequence, tree @ ..] = *node;
        let part_pages = part_pages(position / PAGE + 1) as usize;
        let first_page = part * part_pages;
        if first_page > position as usize / PAGE as usize {
            return;
        }
        let end_page = if part + 1 == parts { max_pages } else { first_page + part_pages };
        let kv_head = head / group;
        let query = Query { sequence, position, kv_head, first_page, end_page, tree };
        *statistics = cache.attend(q, out, query, scale);
    });
}

/// The attention of whole sequences from that of their parts, for the tokens from `first_token` on:
/// `out[t] = sum_p values[t, p] * weight_p / sum_p weight_p`, where a part's weight is the sum of its
/// keys' ones, scaled to the highest score of all parts. Dao et al. 2023, "Flash-Decoding".
///
/// `values: [tokens, parts, heads, head_dim]`, `statistics: [tokens, parts, heads, 2]`,
/// `positions: [total]`, `out: [total, heads, head_dim]`; the other rows of `out` keep their values.
#[allow(clippy::too_many_arguments)]
pub fn attention_combine(
    values: &[f32],
    statistics: &[f32],
    positions: &[u32],
    out: &mut [f32],
    total: u32,
    tokens: u32,
    parts: u32,
    heads: u32,
    head_dim: u32,
    first_token: u32,
) {
    let sizes = [heads, head_dim, parts].map(|size| size as usize);
    let [heads, hd, parts] = sizes;
    if sizes.contains(&0) || first_token.saturating_add(tokens) > total {
        return;
    }
    let (statistics, _) = statistics.as_chunks::<2>();
    let start = (first_token as usize * heads * hd).min(out.len());
    let rows = out[start..].par_chunks_exact_mut(hd).take(tokens as usize * heads);
    rows.enumerate().for_each(|(at, out)| {
        let (token, head) = (at / heads, at % heads);
        let Some(&position) = positions.get(first_token as usize + token) else { return };
        let pages = position / PAGE + 1;
        let used = (pages.div_ceil(part_pages(pages)) as usize).min(parts);
        let row = |part: usize| (token * parts + part) * heads + head;
        let part = |part: usize| statistics.get(row(part)).copied().unwrap_or([MASKED, 0.0]);
        let highest = (0..used).map(|p| part(p)[0]).fold(MASKED, f32::max);
        let weight = |[best, sum]: [f32; 2]| sum * (best - highest).exp2();
        let total: f32 = (0..used).map(|p| weight(part(p))).sum();
        out.fill(0.0);
        for p in 0..used {
            // One part alone is what it is, to the bit.
            let factor = if used == 1 { 1.0 } else { weight(part(p)) / total.max(1.0e-37) };
            let values = values.get(row(p) * hd..).unwrap_or_default();
            out.iter_mut().zip(values).for_each(|(out, value)| *out += factor * value);
        }
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
    let mut statistics = vec![0.0; 2 * tokens as usize * heads as usize];
    attention_decode(
        q,
        k_cache,
        v_cache,
        block_table,
        &sequence,
        &positions,
        out,
        &mut statistics,
        tokens,
        tokens,
        1,
        heads,
        kv_heads,
        pages,
        sequences,
        max_pages,
        0,
        scale,
        head_dim,
    );
}
