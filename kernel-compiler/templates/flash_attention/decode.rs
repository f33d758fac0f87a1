//! Attention of single tokens over a paged key-value cache: grouped queries, causal by position.
//!
//! A workgroup takes one token and up to `HEADS` query heads that share a key head, and walks the
//! keys page by page. A page has two steps: threads in groups of `lanes` take whole keys for
//! the scores, which go to workgroup memory; then threads in slices take every `slices`-th key and
//! `VEC` dimensions of the values, each with an online softmax of its own. The slices' states are
//! merged once, at the end, in a fixed order: a token's result does not depend on the batch.
//!
//! Sources: Milakov & Gimelshein 2018 (online softmax); Dao et al. 2022, algorithm 1; Kwon et al.
//! 2023 (paged cache).

/// Tokens of a page of the cache.
const PAGE: u32 = 64;
/// The score of a masked key.
const MASKED: f32 = -3.0e38;
/// `log2(e)`: weights are powers of two.
const LOG2_E: f32 = 1.442695;

/// `out[t, h] = softmax(scale * q[t, h] K^T) V` over the keys `0..=positions[t]` of a sequence.
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

    for page_index in 0..newest / PAGE + 1 {
        if row < sequences && page_index < max_pages {
            let page = block_table[index(row) * max_pages + page_index];
            if page < pages {
                let base = (index(page) * kv_heads + kv_head) * PAGE * HEAD_DIM;
                let last = min(newest - page_index * PAGE, PAGE - 1);
                let buffer = page_index % 2;

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
                        let dot = lane_sum::<LANES>(dots[r][h]);
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

/// `N` floats of workgroup memory, four at a time.
fn load_floats<const N: u32>(from: &[f32], start: u32) -> [f32; N] {
    let parts = map(N / 4, |p| from.load::<4>(start + 4 * p));
    map(N, |i| parts[i / 4][i % 4])
}

/// The sum of `x` over `LANES` neighbouring threads.
fn lane_sum<const LANES: u32>(x: f32) -> f32 {
    let mut sum = x;
    for step in unroll(0..3) {
        if (1 << step) < LANES {
            sum += shuffle_xor(sum, 1 << step);
        }
    }
    sum
}
