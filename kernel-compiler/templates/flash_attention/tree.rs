//! Attention over a paged key-value cache for tokens of drafted trees, on every target: each sees the text
//! and its own ancestors, but not the other branches whose keys lie between.
//!
//! Source: Miao et al. 2024, "SpecInfer", section 4.2 (tree attention).

/// `out[t, h] = softmax(scale * q[t, h] K^T) V` over the keys that token `t` sees: of those at the places
/// `0..=places[t]` of its sequence, the ones before `drafts[t, 0]`, and those at `drafts[t, 0] + i` for the
/// set bits `i` of `drafts[t, 1]`.
///
/// As `attention_decode`, whose steps these are.
#[kernel(
    shapes(
        q: [tokens, heads, HEAD_DIM],
        k_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        v_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        block_table: [sequences, max_pages],
        sequence: [tokens],
        places: [tokens],
        drafts: [tokens, 2],
        out: [tokens, heads, HEAD_DIM],
    ),
    grid = ((heads / kv_heads).div_ceil(HEADS), kv_heads, tokens),
    threads = THREADS,
    min_blocks = 1,
    require(HEAD_DIM % 16 == 0, "a head has a multiple of 16 dimensions"),
    when(heads % kv_heads == 0),
    when(((heads / kv_heads).div_ceil(HEADS) * HEADS - heads / kv_heads) * 4 <= heads / kv_heads),
    // Where the tokens stand is in buffers: this is the cost at the end of a full block table.
    cost(
        bytes = 2 * tokens * HEAD_DIM * (4 * heads + max_pages * PAGE * kv_heads * size_of::<K>()),
        flops = 4 * tokens * heads * HEAD_DIM * max_pages * PAGE,
    ),
)]
pub fn attention_tree<K: Float, const HEAD_DIM: u32, const HEADS: u32, const THREADS: u32>(
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
) {
    let token = block_id_z();
    let start = drafts[index(token) * 2];
    let visible = drafts[index(token) * 2 + 1];
    let table =
        Table { pages: block_table, row: sequence[token], rows: sequences, columns: max_pages };
    attend_token::<K, HEAD_DIM, HEADS, THREADS>(
        q,
        k_cache,
        v_cache,
        table,
        places[token],
        out,
        heads,
        kv_heads,
        pages,
        scale,
        |place| {
            let draft = max(place, start) - start;
            place < start || (draft < 32 && (visible >> min(draft, 31)) & 1 == 1)
        },
    );
}
