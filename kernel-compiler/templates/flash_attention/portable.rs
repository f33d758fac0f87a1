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
/// keys page by page. A page has two steps: threads in groups of `lanes` take whole keys for the
/// scores, which go to workgroup memory; then threads in slices take every n-th key and 16 bytes of
/// its value, each slice with an online softmax of its own. The slices' states are merged once, at the
/// end, in a fixed order: a token's result does not depend on the batch.
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
    // Where the tokens stand is in buffers: this is the cost at the end of a full block table.
    cost(
        bytes = 2 * tokens * HEAD_DIM * (4 * heads + max_pages * PAGE * kv_heads * size_of::<K>()),
        flops = 4 * tokens * heads * HEAD_DIM * max_pages * PAGE,
    ),
)]
pub fn attention_decode<K: Float, const HEAD_DIM: u32, const HEADS: u32, const THREADS: u32>(
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
    let token = block_id_z();
    let table =
        Table { pages: block_table, row: sequence[token], rows: sequences, columns: max_pages };
    attend_token::<K, HEAD_DIM, HEADS, THREADS>(
        q, k_cache, v_cache, table, positions[token], out, heads, kv_heads, pages, scale, |_| true,
    );
}

/// The attention of this workgroup's token and heads to the keys up to `newest` whose places are `seen`;
/// a key that is not has the score of no key.
fn attend_token<K: Float, const HEAD_DIM: u32, const HEADS: u32, const THREADS: u32>(
    q: &[f32],
    k_cache: &[K],
    v_cache: &[K],
    table: Table,
    newest: u32,
    out: &mut [f32],
    heads: u32,
    kv_heads: u32,
    pages: u32,
    scale: f32,
    seen: impl Fn(u32) -> bool,
) {
    const VEC: u32 = 16 / size_of::<K>();
    const SLICES: u32 = THREADS / (HEAD_DIM / VEC);
    let queries = shared::<f32, { HEADS * HEAD_DIM }>();
    let scores = shared::<f32, { 2 * HEADS * PAGE }>();
    let statistics = shared::<f32, { 2 * HEADS * SLICES }>();
    let partial = shared::<f32, { SLICES * HEAD_DIM }>();

    let token = block_id_z();
    let kv_head = block_id_y();
    let group = heads / kv_heads;
    let part = block_id() * HEADS;
    let first_head = kv_head * group + part;
    let row = |h| {
        let head = first_head + h;
        (part + h < group && head < heads, index(token) * heads + head)
    };

    load_queries::<HEAD_DIM>(q, queries, scale, row);
    let newest = min(newest, 0x7ffffffe);
    let mut slice = Slice::<HEADS, VEC> {
        best: [MASKED; HEADS],
        total: [0.0; HEADS],
        sum: [[0.0; VEC]; HEADS],
    };
    let mut turn = 0u32;
    table.visit(pages, newest, |page, first| {
        let base = (index(page) * kv_heads + kv_head) * PAGE * HEAD_DIM;
        let last = min(newest - first, PAGE - 1);
        // Two buffers of scores in turn: one barrier a page is enough.
        let buffer = turn % 2 * HEADS;
        turn += 1;
        score_page::<K, HEAD_DIM, HEADS>(k_cache, base, last, queries, scores, buffer, |key| {
            seen(first + key)
        });
        barrier();
        slice.add_page::<K, HEAD_DIM>(v_cache, base, last, scores, buffer);
    });
    slice.merge::<HEAD_DIM>(statistics, partial, |h, e, x| {
        let (there, row) = row(h);
        if there {
            out[row * HEAD_DIM + e] = x;
        }
    });
}

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
    table.visit(pages, newest, |page, first_key| {
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

/// A sequence's row of the page table.
struct Table {
    /// `[rows, columns]`
    pages: &[u32],
    row: u32,
    rows: u32,
    columns: u32,
}

impl Table {
    /// Calls `with(page, first)` for each of the `pages` that the table has up to the position `newest`;
    /// the page's keys stand at the positions from `first` on.
    fn visit(self, pages: u32, newest: u32, with: impl Fn(u32, u32)) {
        for at in 0..newest / PAGE + 1 {
            if self.row < self.rows && at < self.columns {
                let page = self.pages[index(self.row) * self.columns + at];
                if page < pages {
                    with(page, at * PAGE);
                }
            }
        }
    }
}

/// Scaled queries to workgroup memory, `[n, HEAD_DIM]`: `row` says whether the n-th is there (else it is
/// zeros) and in which row of `q`.
fn load_queries<const HEAD_DIM: u32>(
    q: &[f32],
    queries: &mut [f32],
    scale: f32,
    row: impl Fn(u32) -> (bool, usize),
) {
    for i in (thread_id()..queries.len()).step_by(thread_count()) {
        let mut x = 0.0f32;
        let (there, row) = row(i / HEAD_DIM);
        if there {
            x = q[row * HEAD_DIM + i % HEAD_DIM] * scale * LOG2_E;
        }
        queries[i] = x;
    }
    barrier();
}

/// Decode's first step, S = Q K^T: the scores of a page's keys up to `last`, `[HEADS, PAGE]` from row
/// `buffer` on; that of a key that is not `seen` is masked.
fn score_page<K: Float, const HEAD_DIM: u32, const HEADS: u32>(
    k_cache: &[K],
    base: usize,
    last: u32,
    queries: &[f32],
    scores: &mut [f32],
    buffer: u32,
    seen: impl Fn(u32) -> bool,
) {
    const VEC: u32 = 16 / size_of::<K>();
    const LANES: u32 = key_lanes(HEAD_DIM / VEC);
    const GROUPS: u32 = thread_count() / LANES;
    const ROUNDS: u32 = PAGE.div_ceil(GROUPS);
    let lane = thread_id() % LANES;
    let group = thread_id() / LANES;
    let mut dots = [[0.0f32; HEADS]; ROUNDS];
    for c in 0..HEAD_DIM / VEC / LANES {
        let e = (c * LANES + lane) * VEC;
        let k: [[K; VEC]; ROUNDS] = map(ROUNDS, |r| {
            let key = min(group + r * GROUPS, last);
            k_cache.load::<VEC>(base + key * HEAD_DIM + e)
        });
        for h in unroll(0..HEADS) {
            let x = load_floats::<VEC>(queries, h * HEAD_DIM + e);
            for r in unroll(0..ROUNDS) {
                for i in unroll(0..VEC) {
                    dots[r][h] += x[i] * k[r][i].to_f32();
                }
            }
        }
    }
    for r in unroll(0..ROUNDS) {
        let key = group + r * GROUPS;
        let visible = seen(key);
        for h in unroll(0..HEADS) {
            let dot = lanes_sum::<LANES>(dots[r][h]);
            if lane == 0 && key < PAGE {
                scores[(buffer + h) * PAGE + key] = select(visible, dot, MASKED);
            }
        }
    }
}

/// Threads that share a key's dot product: a power of two of which `chunks` is a multiple.
fn key_lanes(chunks: u32) -> u32 {
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

/// A thread's part of decode: an online softmax over every n-th key, `VEC` dimensions of its output.
struct Slice<const HEADS: u32, const VEC: u32> {
    /// The highest score so far.
    best: [f32; HEADS],
    /// The sum of the weights.
    total: [f32; HEADS],
    /// The weighted sum of the values.
    sum: [[f32; VEC]; HEADS],
}

impl<const HEADS: u32, const VEC: u32> Slice<HEADS, VEC> {
    /// O += softmax(S) V over the slice's keys of a page.
    fn add_page<K: Float, const HEAD_DIM: u32>(
        &mut self,
        v_cache: &[K],
        base: usize,
        last: u32,
        scores: &[f32],
        buffer: u32,
    ) {
        const SLICES: u32 = thread_count() / (HEAD_DIM / VEC);
        // Values in flight.
        const BATCH: u32 = min(PAGE.div_ceil(SLICES), 4);
        let slice = thread_id() / (HEAD_DIM / VEC);
        let d = thread_id() % (HEAD_DIM / VEC) * VEC;
        for h in unroll(0..HEADS) {
            let mut highest = self.best[h];
            for key in (slice..last + 1).step_by(SLICES) {
                highest = max(highest, scores[(buffer + h) * PAGE + key]);
            }
            let correction = exp2_approx(self.best[h] - highest);
            self.best[h] = highest;
            self.total[h] *= correction;
            for i in unroll(0..VEC) {
                self.sum[h][i] *= correction;
            }
        }
        for start in (slice..last + 1).step_by(SLICES * BATCH) {
            let v: [[K; VEC]; BATCH] = map(BATCH, |r| {
                let key = min(start + r * SLICES, last);
                v_cache.load::<VEC>(base + key * HEAD_DIM + d)
            });
            for h in unroll(0..HEADS) {
                for r in unroll(0..BATCH) {
                    let key = start + r * SLICES;
                    let score = scores[(buffer + h) * PAGE + min(key, last)];
                    let weight = select(key <= last, exp2_approx(score - self.best[h]), 0.0);
                    self.total[h] += weight;
                    for i in unroll(0..VEC) {
                        self.sum[h][i] += weight * v[r][i].to_f32();
                    }
                }
            }
        }
    }

    /// The slices' sums, each scaled to the common maximum: `put(h, e, x)` for every element.
    fn merge<const HEAD_DIM: u32>(
        self,
        statistics: &mut [f32],
        partial: &mut [f32],
        put: impl Fn(u32, u32, f32),
    ) {
        const SLICES: u32 = thread_count() / (HEAD_DIM / VEC);
        let slice = thread_id() / (HEAD_DIM / VEC);
        let d = thread_id() % (HEAD_DIM / VEC) * VEC;
        for h in unroll(0..HEADS) {
            if slice < SLICES && d == 0 {
                statistics[(h * SLICES + slice) * 2] = self.best[h];
                statistics[(h * SLICES + slice) * 2 + 1] = self.total[h];
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
            let correction = exp2_approx(self.best[h] - highest);
            if slice < SLICES {
                for i in unroll(0..VEC) {
                    partial[slice * HEAD_DIM + d + i] = self.sum[h][i] * correction;
                }
            }
            barrier();
            for e in (thread_id()..HEAD_DIM).step_by(thread_count()) {
                let mut x = 0.0f32;
                for s in 0..SLICES {
                    x += partial[s * HEAD_DIM + e];
                }
                put(h, e, select(weight > 0.0, x / max(weight, 1.0e-37), 0.0));
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
