//! Attention over a paged key-value cache on every target, causal by position: consecutive tokens of one
//! sequence.
//!
//! Sources: Milakov & Gimelshein 2018 (online softmax); Dao et al. 2022, algorithm 1.

/// `out[t, h] = softmax(scale * q[t, h] K^T) V` over the keys up to token `t`'s own position.
///
/// A workgroup takes `QUERY` tokens of one query head and walks the keys in tiles of `KEY`. A tile has
/// three steps: every thread computes a block of scores in registers; a few threads a row turn the
/// scores into weights and say how much the sum so far shrinks; every thread adds the weighted values
/// of its rows and 16 bytes of dimensions. Keys and values are read straight from the cache; queries
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
    // Token i sees first_position + i + 1 keys.
    cost(
        bytes = 2 * HEAD_DIM * (4 * tokens * heads
            + (first_position + tokens) * kv_heads * size_of::<K>()),
        flops = 2 * heads * HEAD_DIM * tokens * (2 * first_position + tokens + 1),
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
    const VEC: u32 = 16 / size_of::<K>();
    const ROWS: u32 = QUERY.div_ceil(THREADS / (HEAD_DIM / VEC));
    let queries = shared::<f32, { QUERY * HEAD_DIM }>();
    let scores = shared::<f32, { 2 * QUERY * (KEY + 4) }>();
    let factors = shared::<f32, { QUERY }>();

    let kv_head = block_id_z();
    let head = kv_head * (heads / kv_heads) + block_id_y();
    let first = block_id() * QUERY;
    let newest = first_position + min(first + QUERY, tokens) - 1;
    let row = |i| {
        let token = first + i;
        (token < tokens && head < heads, index(first_token + token) * heads + head)
    };

    load_queries::<HEAD_DIM>(q, queries, scale, row);
    let table =
        Table { pages: block_table, row: sequence_row, rows: sequences, columns: max_pages };
    let mut weights = Weighing::<QUERY, KEY> { best: MASKED, total: 0.0 };
    let mut sum = [[0.0f32; VEC]; ROWS];
    let mut turn = 0u32;
    table.visit(pages, 0, newest / PAGE + 1, |page, first_key| {
        let base = (index(page) * kv_heads + kv_head) * PAGE * HEAD_DIM;
        let last = min(newest - first_key, PAGE - 1);
        for tile in (0..last + 1).step_by(KEY) {
            // Two buffers of scores in turn: two barriers a tile are enough.
            let buffer = turn % 2 * QUERY;
            turn += 1;
            score_tile::<K, HEAD_DIM, QUERY, KEY>(
                k_cache, base, tile, last, queries, scores, buffer,
            );
            barrier();
            weights.weigh(scores, buffer, factors, first_key + tile, first_position + first);
            barrier();
            add_values::<K, HEAD_DIM, QUERY, KEY, ROWS>(
                v_cache, base, tile, last, scores, buffer, factors, &mut sum,
            );
        }
    });
    weights.finish(factors);
    let row_group = thread_id() / (HEAD_DIM / VEC);
    let d = thread_id() % (HEAD_DIM / VEC) * VEC;
    for r in unroll(0..ROWS) {
        let i = row_group + r * (THREADS / (HEAD_DIM / VEC));
        let (there, row) = row(i);
        if row_group < THREADS / (HEAD_DIM / VEC) && i < QUERY && there {
            let at = row * HEAD_DIM + d;
            for part in unroll(0..VEC / 4) {
                let o = map(4, |v| sum[r][part * 4 + v] * factors[i]);
                out.store(at + part * 4, o);
            }
        }
    }
}

/// Prefill's first step, S = Q K^T: the scores of the keys from `tile` on, `[QUERY, KEY + 4]` from row
/// `buffer` on (the rows start in different banks). Keys beyond `last` repeat it.
fn score_tile<K: Float, const HEAD_DIM: u32, const QUERY: u32, const KEY: u32>(
    k_cache: &[K],
    base: usize,
    tile: u32,
    last: u32,
    queries: &[f32],
    scores: &mut [f32],
    buffer: u32,
) {
    const VEC: u32 = 16 / size_of::<K>();
    // A block of queries times keys per thread.
    const KEY_LANES: u32 = max(KEY / 4, thread_count() / QUERY);
    const KEYS: u32 = KEY / KEY_LANES;
    const QUERY_LANES: u32 = thread_count() / KEY_LANES;
    const QUERIES: u32 = QUERY.div_ceil(QUERY_LANES);
    static_assert(
        KEY % KEY_LANES == 0 && thread_count() % KEY_LANES == 0,
        "these threads do not divide the tile: take powers of two",
    );
    let key_lane = thread_id() % KEY_LANES;
    let query_lane = thread_id() / KEY_LANES;
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
                scores[(buffer + query) * (KEY + 4) + key] = dots[i][j];
            }
        }
    }
}

/// Prefill's second step: a thread's part of a row's online softmax.
struct Weighing<const QUERY: u32, const KEY: u32> {
    /// The row's highest score so far.
    best: f32,
    /// The sum of the weights of this thread's keys.
    total: f32,
}

impl<const QUERY: u32, const KEY: u32> Weighing<QUERY, KEY> {
    /// P = exp2(S - max) in place, and how much each row's sum so far shrinks. The tile's first key stands
    /// at `first_key`, the first row's token at `first_position`.
    fn weigh(
        &mut self,
        scores: &mut [f32],
        buffer: u32,
        factors: &mut [f32],
        first_key: u32,
        first_position: u32,
    ) {
        const LANES: u32 = row_lanes(thread_count() / QUERY);
        let row = min(thread_id() / LANES, QUERY - 1);
        let lane = thread_id() % LANES;
        let start = (buffer + row) * (KEY + 4);
        let position = first_position + row;
        let mut highest = self.best;
        // Threads beyond the last row would read what its own threads write.
        if thread_id() < QUERY * LANES {
            for key in (lane..KEY).step_by(LANES) {
                let seen = first_key + key <= position;
                highest = max(highest, select(seen, scores[start + key], MASKED));
            }
        }
        highest = lanes_max::<LANES>(highest);
        let correction = exp2_approx(self.best - highest);
        self.best = highest;
        self.total *= correction;
        if thread_id() < QUERY * LANES {
            for key in (lane..KEY).step_by(LANES) {
                let seen = first_key + key <= position;
                let weight = select(seen, exp2_approx(scores[start + key] - highest), 0.0);
                self.total += weight;
                scores[start + key] = weight;
            }
            if lane == 0 {
                factors[row] = correction;
            }
        }
    }

    /// The reciprocal of each row's sum of weights; 0 for a row without a key.
    fn finish(self, factors: &mut [f32]) {
        const LANES: u32 = row_lanes(thread_count() / QUERY);
        let row = min(thread_id() / LANES, QUERY - 1);
        let total = lanes_sum::<LANES>(self.total);
        barrier();
        if thread_id() < QUERY * LANES && thread_id() % LANES == 0 {
            factors[row] = select(total > 0.0, 1.0 / max(total, 1.0e-37), 0.0);
        }
        barrier();
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

/// Prefill's third step: O = O * factor + P V for the thread's rows and dimensions.
fn add_values<K: Float, const HEAD_DIM: u32, const QUERY: u32, const KEY: u32, const ROWS: u32>(
    v_cache: &[K],
    base: usize,
    tile: u32,
    last: u32,
    scores: &[f32],
    buffer: u32,
    factors: &[f32],
    sum: &mut [[f32; 16 / size_of::<K>()]; ROWS],
) {
    const VEC: u32 = 16 / size_of::<K>();
    const ROW_GROUPS: u32 = thread_count() / (HEAD_DIM / VEC);
    let row_group = thread_id() / (HEAD_DIM / VEC);
    let d = thread_id() % (HEAD_DIM / VEC) * VEC;
    for r in unroll(0..ROWS) {
        let factor = factors[min(row_group + r * ROW_GROUPS, QUERY - 1)];
        for v in unroll(0..VEC) {
            sum[r][v] *= factor;
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
            let p: [f32; 4] = scores.load((buffer + query) * (KEY + 4) + start);
            for k in unroll(0..4) {
                for v in unroll(0..VEC) {
                    sum[r][v] += p[k] * values[k][v].to_f32();
                }
            }
        }
    }
}
