//! Attention over a paged key-value cache, causal by position, on every target: decode (one token each of
//! many sequences) and prefill (consecutive tokens of one).
//!
//! Sources: Milakov & Gimelshein 2018 (online softmax); Dao et al. 2022, algorithm 1; Kwon et al. 2023
//! (paged cache).

/// Tokens of a page of the cache.
const PAGE: u32 = 64;
/// The score of a masked key.
const MASKED: f32 = -3.0e38;
/// `log2(e)`: weights are powers of two.
const LOG2_E: f32 = 1.442695;

/// `out[t, h] = softmax(scale * q[t, h] K^T) V` over the keys `0..=positions[t]` of a sequence.
///
/// A workgroup takes one token and up to `HEADS` query heads that share a key head, and walks the
/// keys page by page. A page has two steps: threads in groups of `LANES` take whole keys for the
/// scores, which go to workgroup memory; then threads in slices take every `SLICES`-th key and `VEC`
/// dimensions of the values, each with an online softmax of its own. The slices' states are merged
/// once, at the end, in a fixed order: a token's result does not depend on the batch.
#[kernel(
    shapes(
        q: [tokens, heads, HEAD_DIM],
        k_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        v_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        block_table: [sequences, max_pages],
        sequence: [tokens],
        positions: [tokens],
        out: [tokens, heads, HEAD_DIM],
    ),
    grid = ((heads / kv_heads).div_ceil(HEADS), kv_heads, tokens),
    threads = THREADS,
    min_blocks = 1,
    require(HEAD_DIM % 16 == 0, "a head has a multiple of 16 dimensions"),
    when(heads % kv_heads == 0),
    when(((heads / kv_heads).div_ceil(HEADS) * HEADS - heads / kv_heads) * 4 <= heads / kv_heads),
    cost(
        bytes = 8 * tokens * heads * HEAD_DIM,
        flops = 4 * tokens * heads * HEAD_DIM,
    ),
)]
pub fn attention_decode<
    K: Float,
    const HEAD_DIM: u32,
    const HEADS: u32,
    const THREADS: u32,
>(
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
) {
    // A thread moves 16 bytes of the cache at once.
    const VEC: u32 = 16 / size_of::<K>();
    const LANES: u32 = lanes(HEAD_DIM / VEC);
    const GROUPS: u32 = THREADS / LANES;
    const KEY_ROUNDS: u32 = PAGE.div_ceil(GROUPS);
    const DIM_LANES: u32 = HEAD_DIM / VEC;
    const SLICES: u32 = THREADS / DIM_LANES;
    // Values in flight.
    const BATCH: u32 = min(PAGE.div_ceil(SLICES), 4);

    let queries = shared::<f32, { HEADS * HEAD_DIM }>();
    let scores = shared::<f32, { 2 * HEADS * PAGE }>();
    let statistics = shared::<f32, { 2 * HEADS * SLICES }>();
    let partial = shared::<f32, { SLICES * HEAD_DIM }>();

    let thread = thread_id();
    let token = block_id_z();
    let kv_head = block_id_y();
    let group = heads / kv_heads;
    let part = block_id() * HEADS;
    let first_head = kv_head * group + part;

    for i in (thread..HEADS * HEAD_DIM).step_by(THREADS) {
        let h = i / HEAD_DIM;
        let head = first_head + h;
        let mut x = 0.0f32;
        if part + h < group && head < heads {
            x = q[(index(token) * heads + head) * HEAD_DIM + i % HEAD_DIM] * scale * LOG2_E;
        }
        queries[i] = x;
    }
    barrier();

    let row = sequence[token];
    let newest = min(positions[token], 0x7ffffffe);
    let lane = thread % LANES;
    let key_group = thread / LANES;
    let slice = thread / DIM_LANES;
    let d = thread % DIM_LANES * VEC;
    let mut best = [MASKED; HEADS];
    let mut total = [0.0f32; HEADS];
    let mut sum = [[0.0f32; VEC]; HEADS];
    let mut turn = 0u32;

    for page_index in 0..newest / PAGE + 1 {
        if row < sequences && page_index < max_pages {
            let page = block_table[index(row) * max_pages + page_index];
            if page < pages {
                let base = (index(page) * kv_heads + kv_head) * PAGE * HEAD_DIM;
                let last = min(newest - page_index * PAGE, PAGE - 1);
                // Two buffers of scores in turn: one barrier a page is enough.
                let buffer = turn % 2;
                turn += 1;

                // S = Q K^T
                let mut dots = [[0.0f32; HEADS]; KEY_ROUNDS];
                for c in 0..HEAD_DIM / VEC / LANES {
                    let e = (c * LANES + lane) * VEC;
                    let k: [[K; VEC]; KEY_ROUNDS] = map(KEY_ROUNDS, |r| {
                        let key = min(key_group + r * GROUPS, last);
                        k_cache.load::<VEC>(base + key * HEAD_DIM + e)
                    });
                    for h in unroll(0..HEADS) {
                        let x = load_floats::<VEC>(queries, h * HEAD_DIM + e);
                        for r in unroll(0..KEY_ROUNDS) {
                            for i in unroll(0..VEC) {
                                dots[r][h] += x[i] * k[r][i].to_f32();
                            }
                        }
                    }
                }
                for r in unroll(0..KEY_ROUNDS) {
                    let key = key_group + r * GROUPS;
                    for h in unroll(0..HEADS) {
                        let dot = lanes_sum::<LANES>(dots[r][h]);
                        if lane == 0 && key < PAGE {
                            scores[(buffer * HEADS + h) * PAGE + key] = dot;
                        }
                    }
                }
                barrier();

                // The maximum over the slice's keys
                for h in unroll(0..HEADS) {
                    let mut highest = best[h];
                    for key in (slice..last + 1).step_by(SLICES) {
                        highest = max(highest, scores[(buffer * HEADS + h) * PAGE + key]);
                    }
                    let correction = exp2_approx(best[h] - highest);
                    best[h] = highest;
                    total[h] *= correction;
                    for i in unroll(0..VEC) {
                        sum[h][i] *= correction;
                    }
                }
                // O += exp2(S - max) V
                for start in (slice..last + 1).step_by(SLICES * BATCH) {
                    let v: [[K; VEC]; BATCH] = map(BATCH, |r| {
                        let key = min(start + r * SLICES, last);
                        v_cache.load::<VEC>(base + key * HEAD_DIM + d)
                    });
                    for h in unroll(0..HEADS) {
                        for r in unroll(0..BATCH) {
                            let key = start + r * SLICES;
                            let score = scores[(buffer * HEADS + h) * PAGE + min(key, last)];
                            let weight = select(key <= last, exp2_approx(score - best[h]), 0.0);
                            total[h] += weight;
                            for i in unroll(0..VEC) {
                                sum[h][i] += weight * v[r][i].to_f32();
                            }
                        }
                    }
                }
            }
        }
    }

    // O = sum of the slices, each scaled to the common maximum
    for h in unroll(0..HEADS) {
        if slice < SLICES && d == 0 {
            statistics[(h * SLICES + slice) * 2] = best[h];
            statistics[(h * SLICES + slice) * 2 + 1] = total[h];
        }
    }
    for h in unroll(0..HEADS) {
        barrier();
        let mut highest = MASKED;
        for s in 0..SLICES {
            highest = max(highest, statistics[(h * SLICES + s) * 2]);
        }
        let mut weight = 0.0f32;
        for s in 0..SLICES {
            let at = (h * SLICES + s) * 2;
            weight += statistics[at + 1] * exp2_approx(statistics[at] - highest);
        }
        let correction = exp2_approx(best[h] - highest);
        if slice < SLICES {
            for i in unroll(0..VEC) {
                partial[slice * HEAD_DIM + d + i] = sum[h][i] * correction;
            }
        }
        barrier();
        let head = first_head + h;
        if part + h < group && head < heads {
            for e in (thread..HEAD_DIM).step_by(THREADS) {
                let mut x = 0.0f32;
                for s in 0..SLICES {
                    x += partial[s * HEAD_DIM + e];
                }
                let mean = select(weight > 0.0, x / max(weight, 1.0e-37), 0.0);
                out[(index(token) * heads + head) * HEAD_DIM + e] = mean;
            }
        }
    }
}

/// Threads that share a key's dot product: a power of two of which `chunks` is a multiple.
fn lanes(chunks: u32) -> u32 {
    if subgroup_size() == 0 {
        1
    } else if chunks % 8 == 0 {
        8
    } else if chunks % 4 == 0 {
        4
    } else {
        2
    }
}

/// `out[t, h] = softmax(scale * q[t, h] K^T) V` over the keys up to token `t`'s own position.
///
/// A workgroup takes `QUERY` tokens of one query head and walks the keys in tiles of `KEY`. A tile has
/// three steps: every thread computes a block of scores in registers; a few threads a row turn the
/// scores into weights and say how much the sum so far shrinks; every thread adds the weighted values
/// of its rows and its `VEC` dimensions. Keys and values are read straight from the cache; queries
/// and scores are in workgroup memory.
#[kernel(
    shapes(
        q: [total, heads, HEAD_DIM],
        k_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        v_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        block_table: [sequences, max_pages],
        out: [total, heads, HEAD_DIM],
    ),
    grid = (tokens.div_ceil(QUERY), heads / kv_heads, kv_heads),
    threads = THREADS,
    require(PAGE % KEY == 0, "the key tile must divide the page of 64 tokens"),
    require(HEAD_DIM % 16 == 0, "a head has a multiple of 16 dimensions"),
    require(THREADS <= QUERY * KEY, "a tile must have at least one score for each thread"),
    require(QUERY <= THREADS, "a row of the tile needs a thread: more threads or fewer queries"),
    when(heads % kv_heads == 0),
    when(first_token + tokens <= total),
    when(sequence_row < sequences),
    cost(
        bytes = 8 * tokens * heads * HEAD_DIM,
        flops = 4 * tokens * heads * HEAD_DIM,
    ),
)]
pub fn attention_prefill<
    K: Float,
    const HEAD_DIM: u32,
    const QUERY: u32,
    const KEY: u32,
    const THREADS: u32,
>(
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
) {
    // A thread moves 16 bytes of the cache at once.
    const VEC: u32 = 16 / size_of::<K>();
    // Scores: a block of queries times keys per thread.
    const KEY_LANES: u32 = max(KEY / 4, THREADS / QUERY);
    const KEYS: u32 = KEY / KEY_LANES;
    const QUERY_LANES: u32 = THREADS / KEY_LANES;
    const QUERIES: u32 = QUERY.div_ceil(QUERY_LANES);
    // Weights: some threads per row.
    const ROW_LANES: u32 = row_lanes(THREADS / QUERY);
    // Output: rows times VEC dimensions per thread.
    const DIM_LANES: u32 = HEAD_DIM / VEC;
    const ROW_GROUPS: u32 = THREADS / DIM_LANES;
    const ROWS: u32 = QUERY.div_ceil(ROW_GROUPS);
    static_assert(
        KEY % KEY_LANES == 0 && THREADS % KEY_LANES == 0,
        "these threads do not divide the tile: take powers of two",
    );
    // Rows of scores start in different banks.
    const STRIDE: u32 = KEY + 4;

    let queries = shared::<f32, { QUERY * HEAD_DIM }>();
    let scores = shared::<f32, { 2 * QUERY * STRIDE }>();
    let corrections = shared::<f32, { QUERY }>();

    let thread = thread_id();
    let kv_head = block_id_z();
    let head = kv_head * (heads / kv_heads) + block_id_y();
    let first = block_id() * QUERY;
    let newest = first_position + min(first + QUERY, tokens) - 1;

    for i in (thread..QUERY * HEAD_DIM).step_by(THREADS) {
        let token = first + i / HEAD_DIM;
        let mut x = 0.0f32;
        if token < tokens && head < heads {
            let row = index(first_token + token) * heads + head;
            x = q[row * HEAD_DIM + i % HEAD_DIM] * scale * LOG2_E;
        }
        queries[i] = x;
    }
    barrier();

    let key_lane = thread % KEY_LANES;
    let query_lane = thread / KEY_LANES;
    let row = min(thread / ROW_LANES, QUERY - 1);
    let row_lane = thread % ROW_LANES;
    let row_position = first_position + first + row;
    let row_group = thread / DIM_LANES;
    let d = thread % DIM_LANES * VEC;
    let mut best = MASKED;
    let mut total_weight = 0.0f32;
    let mut sum = [[0.0f32; VEC]; ROWS];
    let mut turn = 0u32;

    for page_index in 0..newest / PAGE + 1 {
        if page_index < max_pages {
            let page = block_table[index(sequence_row) * max_pages + page_index];
            if page < pages {
                let base = (index(page) * kv_heads + kv_head) * PAGE * HEAD_DIM;
                let last = min(newest - page_index * PAGE, PAGE - 1);
                for tile in (0..last + 1).step_by(KEY) {
                    // Two buffers of scores in turn: two barriers a tile are enough.
                    let buffer = turn % 2 * QUERY;
                    turn += 1;

                    // S = Q K^T
                    let mut dots = [[0.0f32; KEYS]; QUERIES];
                    for c in 0..HEAD_DIM / VEC {
                        let k: [[K; VEC]; KEYS] = map(KEYS, |j| {
                            let key = min(tile + key_lane + j * KEY_LANES, last);
                            k_cache.load::<VEC>(base + key * HEAD_DIM + c * VEC)
                        });
                        for i in unroll(0..QUERIES) {
                            let query = min(query_lane + i * QUERY_LANES, QUERY - 1);
                            let x = load_floats::<VEC>(queries, query * HEAD_DIM + c * VEC);
                            for j in unroll(0..KEYS) {
                                for v in unroll(0..VEC) {
                                    dots[i][j] += x[v] * k[j][v].to_f32();
                                }
                            }
                        }
                    }
                    for i in unroll(0..QUERIES) {
                        let query = query_lane + i * QUERY_LANES;
                        if query < QUERY {
                            for j in unroll(0..KEYS) {
                                let key = key_lane + j * KEY_LANES;
                                scores[(buffer + query) * STRIDE + key] = dots[i][j];
                            }
                        }
                    }
                    barrier();

                    // P = exp2(S - max)
                    let first_key = page_index * PAGE + tile;
                    let mut highest = best;
                    for key in (row_lane..KEY).step_by(ROW_LANES) {
                        let score = scores[(buffer + row) * STRIDE + key];
                        let seen = first_key + key <= row_position;
                        highest = max(highest, select(seen, score, MASKED));
                    }
                    highest = lanes_max::<ROW_LANES>(highest);
                    let correction = exp2_approx(best - highest);
                    best = highest;
                    total_weight *= correction;
                    if thread < QUERY * ROW_LANES {
                        for key in (row_lane..KEY).step_by(ROW_LANES) {
                            let at = (buffer + row) * STRIDE + key;
                            let seen = first_key + key <= row_position;
                            let weight = select(seen, exp2_approx(scores[at] - highest), 0.0);
                            total_weight += weight;
                            scores[at] = weight;
                        }
                        if row_lane == 0 {
                            corrections[row] = correction;
                        }
                    }
                    barrier();

                    // O = O * correction + P V
                    for r in unroll(0..ROWS) {
                        let correction = corrections[min(row_group + r * ROW_GROUPS, QUERY - 1)];
                        for v in unroll(0..VEC) {
                            sum[r][v] *= correction;
                        }
                    }
                    for start in (0..KEY).step_by(4) {
                        let values: [[K; VEC]; 4] = map(4, |k| {
                            let key = min(tile + start + k, last);
                            assume(key < PAGE);
                            v_cache.load::<VEC>(base + key * HEAD_DIM + d)
                        });
                        for r in unroll(0..ROWS) {
                            let query = min(row_group + r * ROW_GROUPS, QUERY - 1);
                            let p: [f32; 4] = scores.load((buffer + query) * STRIDE + start);
                            for k in unroll(0..4) {
                                for v in unroll(0..VEC) {
                                    sum[r][v] += p[k] * values[k][v].to_f32();
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    // O / l
    barrier();
    total_weight = lanes_sum::<ROW_LANES>(total_weight);
    if thread < QUERY * ROW_LANES && row_lane == 0 {
        corrections[row] = select(total_weight > 0.0, 1.0 / max(total_weight, 1.0e-37), 0.0);
    }
    barrier();
    for r in unroll(0..ROWS) {
        let query = row_group + r * ROW_GROUPS;
        let token = first + query;
        if row_group < ROW_GROUPS && query < QUERY && token < tokens && head < heads {
            let at = (index(first_token + token) * heads + head) * HEAD_DIM + d;
            for part in unroll(0..VEC / 4) {
                let o = map(4, |v| sum[r][part * 4 + v] * corrections[query]);
                out.store(at + part * 4, o);
            }
        }
    }
}

/// Threads that share a row of weights.
fn row_lanes(most: u32) -> u32 {
    if subgroup_size() == 0 {
        1
    } else if most >= 8 {
        8
    } else if most >= 4 {
        4
    } else {
        max(most, 1)
    }
}
