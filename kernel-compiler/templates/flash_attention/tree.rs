//! Attention over a paged key-value cache for tokens of drafted trees, on every target: each sees the text
//! and its own ancestors, but not the other branches whose keys lie between.
//!
//! Source: Miao et al. 2024, "SpecInfer", section 4.2 (tree attention).

/// As `attention_decode`, whose steps these are, over the keys that token `t` sees: of those at the places
/// `0..=places[t]` of its sequence, the ones before `nodes[t, 1]`, and those at `nodes[t, 1] + i` for the
/// set bits `i` of `nodes[t, 2]`; `nodes[t, 0]` is its row of the block table.
#[kernel(
    shapes(
        q: [total, heads, HEAD_DIM],
        k_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        v_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        block_table: [sequences, max_pages],
        places: [total],
        nodes: [total, 3],
        out: [tokens, parts, heads, HEAD_DIM],
        statistics: [tokens, parts, heads, 2],
    ),
    grid = ((heads / kv_heads).div_ceil(HEADS) * parts, kv_heads, tokens),
    threads = THREADS,
    min_blocks = max(1024 / (THREADS * size_of::<K>()), 1),
    require(HEAD_DIM % 16 == 0, "a head has a multiple of 16 dimensions"),
    when(heads % kv_heads == 0),
    when(((heads / kv_heads).div_ceil(HEADS) * HEADS - heads / kv_heads) * 4 <= heads / kv_heads),
    when(first_token + tokens <= total),
    // Where the tokens stand is in buffers: this is the cost at the end of a full block table.
    cost(
        bytes = 2 * tokens * HEAD_DIM * max_pages * PAGE * kv_heads * size_of::<K>()
            + 4 * tokens * heads * (HEAD_DIM + parts * (HEAD_DIM + 2)),
        flops = 4 * tokens * heads * HEAD_DIM * max_pages * PAGE,
    ),
)]
pub fn attention_tree<K: Float, const HEAD_DIM: u32, const HEADS: u32, const THREADS: u32>(
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
) {
    let token = first_token + block_id_z();
    let start = nodes[index(token) * 3 + 1];
    let visible = nodes[index(token) * 3 + 2];
    let table = Table {
        pages: block_table,
        row: nodes[index(token) * 3],
        rows: sequences,
        columns: max_pages,
    };
    attend_token::<K, HEAD_DIM, HEADS, THREADS>(
        q,
        k_cache,
        v_cache,
        table,
        token,
        places[token],
        out,
        statistics,
        heads,
        kv_heads,
        pages,
        parts,
        scale,
        |place| {
            let draft = max(place, start) - start;
            place < start || (draft < 32 && (visible >> min(draft, 31)) & 1 == 1)
        },
    );
}
