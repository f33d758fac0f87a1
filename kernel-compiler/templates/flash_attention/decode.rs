//! Attention over a paged key-value cache on every target, causal by position: one token each of many
//! sequences.
//!
//! Source: Milakov & Gimelshein 2018 (online softmax).

/// `out[t, p, h] = softmax(scale * q[t, h] K^T) V` over the keys of part `p` among `0..=positions[t]` of a
/// sequence. `statistics[t, p, h]` has the highest score, in powers of two, and the sum of the weights
/// `exp2(score - highest)`: parts are combined from them (Dao et al. 2023, "Flash-Decoding"). With one
/// part, `out` is the whole attention.
///
/// A part has as many pages as `log_part_pages` says, the last one all the rest. Its tokens are those of `q`
/// from `first_token` on. What lies beyond the sequence is not written.
///
/// A workgroup takes one part of one token and up to `HEADS` query heads that share a key head, and walks
/// the keys page by page. A page has two steps: threads in groups of `lanes` take whole keys for the
/// scores, which go to workgroup memory; then threads in slices take every n-th key and 16 bytes of
/// its value, each slice with an online softmax of its own. What a thread needs of a page is on its way
/// to registers while it works on the page before. The slices' states are merged once, at the end, in a
/// fixed order: a token's result does not depend on the batch.
#[kernel(
    shapes(
        q: [total, heads, HEAD_DIM],
        k_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        v_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        block_table: [sequences, max_pages],
        sequence: [total],
        positions: [total],
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
pub fn attention_decode<K: Float, const HEAD_DIM: u32, const HEADS: u32, const THREADS: u32>(
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
) {
    let token = first_token + block_id_z();
    let table =
        Table { pages: block_table, row: sequence[token], rows: sequences, columns: max_pages };
    attend_token::<K, HEAD_DIM, HEADS, THREADS>(
        q,
        k_cache,
        v_cache,
        table,
        token,
        positions[token],
        out,
        statistics,
        heads,
        kv_heads,
        pages,
        parts,
        scale,
        |_| true,
    );
}

/// Pages of a part of a sequence of so many, as a power of two: a matter of the sequence alone, so that the
/// order in which a token's keys are summed is no matter of the tokens beside it.
fn log_part_pages(pages: u32) -> u32 {
    select(pages <= 4 || pages > 64, 2, select(pages <= 16, 0, 1))
}

/// The attention of this workgroup's part of a token, and its heads, to the keys up to `newest` whose
/// places are `seen`; a key that is not has the score of no key.
fn attend_token<K: Float, const HEAD_DIM: u32, const HEADS: u32, const THREADS: u32>(
    q: &[f32],
    k_cache: &[K],
    v_cache: &[K],
    table: Table,
    token: u32,
    newest: u32,
    out: &mut [f32],
    statistics: &mut [f32],
    heads: u32,
    kv_heads: u32,
    pages: u32,
    parts: u32,
    scale: f32,
    seen: impl Fn(u32) -> bool,
) {
    const VEC: u32 = 16 / size_of::<K>();
    const SLICES: u32 = THREADS / (HEAD_DIM / VEC);
    let queries = shared::<f32, { HEADS * HEAD_DIM }>();
    let scores = shared::<f32, { 2 * PAGE * HEADS }>();
    let states = shared::<f32, { (2 * SLICES + 1) * HEADS }>();
    let partial = shared::<f32, { SLICES * HEADS * HEAD_DIM }>();

    let kv_head = block_id_y();
    let group = heads / kv_heads;
    let shares = group.div_ceil(HEADS);
    let start = block_id() % shares * HEADS;
    let part = block_id() / shares;
    let row = |h, before| {
        let head = kv_head * group + start + h;
        (start + h < group && head < heads, before * heads + head)
    };
    let newest = min(newest, 0x7ffffffe);
    let own = log_part_pages(newest / PAGE + 1);
    let first_page = part << own;
    // A row that no table has counts here so that it is loaded beside the position, not behind it.
    if part < parts && (first_page <= newest / PAGE || table.row == 0xffffffff) {
        let mut end = newest / PAGE + 1;
        if part + 1 < parts {
            end = min(end, first_page + (1 << own));
        }
        let mut slice = Slice::<HEADS, VEC, { HEAD_DIM / VEC }> {
            best: [MASKED; HEADS],
            total: [0.0; HEADS],
            sum: [[0.0; VEC]; HEADS],
        };
        slice.add_pages::<K, HEAD_DIM>(
            k_cache,
            v_cache,
            table,
            queries,
            scores,
            first_page,
            end,
            newest,
            pages,
            kv_heads,
            || hold_queries::<HEAD_DIM>(q, queries, scale, |h| row(h, index(token))),
            seen,
        );
        let place = index(block_id_z()) * parts + part;
        slice.merge::<HEAD_DIM>(states, partial, |h, e, x, highest, weight| {
            let (there, row) = row(h, place);
            if there {
                out[row * HEAD_DIM + e] = x;
                if e == 0 {
                    statistics[row * 2] = highest;
                    statistics[row * 2 + 1] = weight;
                }
            }
        });
    }
}

/// As `load_queries`, with all loads of a thread beside each other.
fn hold_queries<const HEAD_DIM: u32>(
    q: &[f32],
    queries: &mut [f32],
    scale: f32,
    row: impl Fn(u32) -> (bool, usize),
) {
    const COUNT: u32 = queries.len().div_ceil(thread_count());
    let held = map(COUNT, |i| {
        let at = thread_id() + i * thread_count();
        let (there, row) = row(at / HEAD_DIM);
        let there = there && at < queries.len();
        q.load_or(row * HEAD_DIM + at % HEAD_DIM, there, 0.0) * scale * LOG2_E
    });
    for i in unroll(0..COUNT) {
        let at = thread_id() + i * thread_count();
        if at < queries.len() {
            queries[at] = held[i];
        }
    }
    barrier();
}

/// A thread's chunk `step` of each of its keys of a page, those up to `last`.
fn load_keys<K: Float, const HEAD_DIM: u32, const LANES: u32, const ROUNDS: u32>(
    k_cache: &[K],
    base: usize,
    last: u32,
    step: u32,
) -> [[u32; 4]; ROUNDS] {
    const VEC: u32 = 16 / size_of::<K>();
    let e = (step * LANES + thread_id() % LANES) * VEC;
    map(ROUNDS, |r| {
        let key = min(thread_id() / LANES + r * (thread_count() / LANES), last);
        k_cache.load_as::<u32, 4>(base + key * HEAD_DIM + e)
    })
}

/// A thread's chunk of so many of its keys' values, from the key `start` on.
fn load_values<K: Float, const HEAD_DIM: u32, const BATCH: u32>(
    v_cache: &[K],
    base: usize,
    last: u32,
    start: u32,
) -> [[u32; 4]; BATCH] {
    const VEC: u32 = 16 / size_of::<K>();
    const SLICES: u32 = thread_count() / (HEAD_DIM / VEC);
    let d = thread_id() % (HEAD_DIM / VEC) * VEC;
    map(BATCH, |r| {
        let key = min(start + r * SLICES, last);
        v_cache.load_as::<u32, 4>(base + key * HEAD_DIM + d)
    })
}

/// The numbers of 16 bytes. As words they are one load's until they are used: taken apart they were waited
/// for.
fn floats<K: Float, const VEC: u32>(words: [u32; 4]) -> [f32; VEC] {
    if type_is::<K, f32>() {
        map(VEC, |i| bitcast::<f32>(words[i]))
    } else if type_is::<K, bf16>() {
        map(VEC, |i| {
            let word = words[i / 2];
            bitcast::<f32>(if i % 2 == 0 { word << 16 } else { word & 0xffff0000 })
        })
    } else {
        let pairs = map(VEC / 2, |i| unpack(bitcast::<f16x2>(words[i])));
        map(VEC, |i| if i % 2 == 0 { pairs[i / 2].0 } else { pairs[i / 2].1 })
    }
}

/// Decode's first step, S = Q K^T: the scores of a page's keys, `[PAGE, HEADS]` from `buffer` on; that of a
/// key that is not `seen` is masked. A thread's chunk `step + i` of its keys is `keys(step, i)`, of which
/// `BATCH` are loaded at once.
fn score_page<
    K: Float,
    const HEAD_DIM: u32,
    const HEADS: u32,
    const LANES: u32,
    const ROUNDS: u32,
    const BATCH: u32,
>(
    queries: &[f32],
    scores: &mut [f32],
    buffer: u32,
    keys: impl Fn(u32, u32) -> [[u32; 4]; ROUNDS],
    seen: impl Fn(u32) -> bool,
) {
    const VEC: u32 = 16 / size_of::<K>();
    const SUMS: u32 = ROUNDS * HEADS;
    let lane = thread_id() % LANES;
    let mut dots = [0.0f32; SUMS];
    for step in (0..HEAD_DIM / VEC / LANES).step_by(BATCH) {
        for i in unroll(0..BATCH) {
            let words = keys(step, i);
            let k = map(ROUNDS, |r| floats::<K, VEC>(words[r]));
            let e = ((step + i) * LANES + lane) * VEC;
            for h in unroll(0..HEADS) {
                let x = load_floats::<VEC>(queries, h * HEAD_DIM + e);
                for r in unroll(0..ROUNDS) {
                    for j in unroll(0..VEC) {
                        dots[r * HEADS + h] = fma(x[j], k[r][j], dots[r * HEADS + h]);
                    }
                }
            }
        }
    }
    // As long as a number of sums can be halved, lanes exchange halves; then all have the same ones.
    let mut first = 0u32;
    for bit in unroll(0..3) {
        if 1 << bit < LANES {
            let left = halved(SUMS, LANES, bit);
            if left % 2 == 0 {
                let upper = lane >> bit & 1 == 1;
                for i in unroll(0..left / 2) {
                    let sent = select(upper, dots[i], dots[i + left / 2]);
                    let kept = select(upper, dots[i + left / 2], dots[i]);
                    dots[i] = kept + shuffle_xor(sent, 1 << bit);
                }
                first += select(upper, left / 2, 0);
            } else {
                for i in unroll(0..left) {
                    dots[i] += shuffle_xor(dots[i], 1 << bit);
                }
            }
        }
    }
    if lane < SUMS / halved(SUMS, LANES, 3) {
        for i in unroll(0..halved(SUMS, LANES, 3)) {
            let key = thread_id() / LANES + (first + i) / HEADS * (thread_count() / LANES);
            if key < PAGE {
                let score = select(seen(key), dots[i], MASKED);
                scores[buffer + key * HEADS + (first + i) % HEADS] = score;
            }
        }
    }
}

/// How many of so many sums one of `lanes` has left after `steps` exchanges, each with one other.
fn halved(sums: u32, lanes: u32, steps: u32) -> u32 {
    let halve = |sums, step| {
        if sums % 2 == 0 && step < steps && 1 << step < lanes { sums / 2 } else { sums }
    };
    halve(halve(halve(sums, 0), 1), 2)
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

/// Whether registers hold a page's keys and values, of so many chunks of 16 bytes each.
fn kept(chunks: u32) -> bool {
    is_ptx() && chunks * PAGE <= 8 * thread_count()
}

/// A thread's part of decode: an online softmax over every n-th key, `VEC` of the `VEC * CHUNKS` dimensions
/// of its output.
struct Slice<const HEADS: u32, const VEC: u32, const CHUNKS: u32> {
    /// The highest score so far.
    best: [f32; HEADS],
    /// The sum of the weights.
    total: [f32; HEADS],
    /// The weighted sum of the values.
    sum: [[f32; VEC]; HEADS],
}

impl<const HEADS: u32, const VEC: u32, const CHUNKS: u32> Slice<HEADS, VEC, CHUNKS> {
    /// O += softmax(Q K^T) V over the slice's keys of the pages in the columns `start..end` of the table.
    fn add_pages<K: Float, const HEAD_DIM: u32>(
        &mut self,
        k_cache: &[K],
        v_cache: &[K],
        table: Table,
        queries: &mut [f32],
        scores: &mut [f32],
        start: u32,
        end: u32,
        newest: u32,
        pages: u32,
        kv_heads: u32,
        load_queries: impl Fn(),
        seen: impl Fn(u32) -> bool,
    ) {
        const LANES: u32 = key_lanes(CHUNKS);
        const ROUNDS: u32 = PAGE.div_ceil(thread_count() / LANES);
        const KEPT: bool = kept(CHUNKS);
        const STEPS: u32 = if KEPT { CHUNKS / LANES } else { 1 };
        const KEYS: u32 = PAGE.div_ceil(thread_count() / CHUNKS);
        const BATCH: u32 = if KEPT { KEYS } else { min(KEYS, 4) };
        let base = |page| (index(page) * kv_heads + block_id_y()) * PAGE * HEAD_DIM;
        let last = |at| min(newest - at * PAGE, PAGE - 1);
        let keys = |page, at, step| {
            load_keys::<K, HEAD_DIM, LANES, ROUNDS>(k_cache, base(page), last(at), step)
        };
        let values = |page, at, first| {
            load_values::<K, HEAD_DIM, BATCH>(v_cache, base(page), last(at), first)
        };
        let first = min(table.page(pages, start, end), pages);
        let mut k = uninitialised::<[[[u32; 4]; ROUNDS]; STEPS]>();
        let mut v = uninitialised::<[[u32; 4]; BATCH]>();
        if KEPT {
            if first < pages {
                k = map(STEPS, |i| keys(first, start, i));
                v = values(first, start, thread_id() / CHUNKS);
            }
        }
        load_queries();
        let mut upcoming = [first, table.page(pages, start + 1, end)];
        for at in start..end {
            let page = min(upcoming[0], pages);
            let next = min(upcoming[1], pages);
            upcoming = [next, table.page(pages, at + 2, end)];
            // Two buffers of scores in turn: one barrier a page is enough.
            let buffer = at % 2 * PAGE * HEADS;
            if page < pages {
                score_page::<K, HEAD_DIM, HEADS, LANES, ROUNDS, STEPS>(
                    queries,
                    scores,
                    buffer,
                    |step, i| if KEPT { k[i] } else { keys(page, at, step) },
                    |key| seen(at * PAGE + key),
                );
            }
            if KEPT {
                if next < pages {
                    k = map(STEPS, |i| keys(next, at + 1, i));
                }
            }
            barrier();
            if page < pages {
                self.add_page::<K, BATCH>(scores, buffer, last(at), |key| {
                    if KEPT { v } else { values(page, at, key) }
                });
            }
            if KEPT {
                if next < pages {
                    v = values(next, at + 1, thread_id() / CHUNKS);
                }
            }
        }
    }

    /// O += softmax(S) V over the slice's keys of a page, of which `values` has `BATCH` from the first on.
    fn add_page<K: Float, const BATCH: u32>(
        &mut self,
        scores: &[f32],
        buffer: u32,
        last: u32,
        values: impl Fn(u32) -> [[u32; 4]; BATCH],
    ) {
        const SLICES: u32 = thread_count() / CHUNKS;
        let slice = thread_id() / CHUNKS;
        let scores_of = |key| load_scores::<HEADS>(scores, buffer + min(key, last) * HEADS);
        let before = self.best;
        for start in (slice..PAGE).step_by(SLICES * BATCH) {
            for r in unroll(0..BATCH) {
                let scores = scores_of(start + r * SLICES);
                for h in unroll(0..HEADS) {
                    self.best[h] = max(self.best[h], scores[h]);
                }
            }
        }
        for h in unroll(0..HEADS) {
            let correction = exp2_approx(before[h] - self.best[h]);
            self.total[h] *= correction;
            for i in unroll(0..VEC) {
                self.sum[h][i] *= correction;
            }
        }
        for start in (slice..PAGE).step_by(SLICES * BATCH) {
            let words = values(start);
            for r in unroll(0..BATCH) {
                let v = floats::<K, VEC>(words[r]);
                let scores = scores_of(start + r * SLICES);
                for h in unroll(0..HEADS) {
                    let weight = exp2_approx(scores[h] - self.best[h]);
                    let weight = select(start + r * SLICES <= last, weight, 0.0);
                    self.total[h] += weight;
                    for i in unroll(0..VEC) {
                        self.sum[h][i] = fma(weight, v[i], self.sum[h][i]);
                    }
                }
            }
        }
    }

    /// The slices' sums, each scaled to the common maximum: `put(h, e, x, highest, weight)` for every
    /// element of the result, with the highest score and the sum of the weights.
    fn merge<const HEAD_DIM: u32>(
        self,
        states: &mut [f32],
        partial: &mut [f32],
        put: impl Fn(u32, u32, f32, f32, f32),
    ) {
        const SLICES: u32 = thread_count() / CHUNKS;
        let slice = thread_id() / CHUNKS;
        let d = thread_id() % CHUNKS * VEC;
        if slice < SLICES && d == 0 {
            for h in unroll(0..HEADS) {
                states[slice * HEADS + h] = self.best[h];
            }
        }
        barrier();
        let mut highest = [MASKED; HEADS];
        for s in 0..SLICES {
            let best = load_scores::<HEADS>(states, s * HEADS);
            for h in unroll(0..HEADS) {
                highest[h] = max(highest[h], best[h]);
            }
        }
        if slice < SLICES {
            for h in unroll(0..HEADS) {
                let correction = exp2_approx(self.best[h] - highest[h]);
                if d == 0 {
                    states[(SLICES + slice) * HEADS + h] = self.total[h] * correction;
                }
                let at = (h * SLICES + slice) * HEAD_DIM + d;
                for i in unroll(0..VEC / 4) {
                    let four = map(4, |j| self.sum[h][4 * i + j] * correction);
                    partial.store(at + 4 * i, four);
                }
            }
        }
        if thread_id() == 0 {
            for h in unroll(0..HEADS) {
                states[2 * SLICES * HEADS + h] = highest[h];
            }
        }
        barrier();
        for at in (thread_id()..HEADS * HEAD_DIM).step_by(thread_count()) {
            let h = at / HEAD_DIM;
            let e = at % HEAD_DIM;
            let mut x = 0.0f32;
            let mut weight = 0.0f32;
            for s in 0..SLICES {
                x += partial[(h * SLICES + s) * HEAD_DIM + e];
                weight += states[(SLICES + s) * HEADS + h];
            }
            x = select(weight > 0.0, x / max(weight, 1.0e-37), 0.0);
            put(h, e, x, states[2 * SLICES * HEADS + h], weight);
        }
    }
}

/// The numbers of all heads, one beside the other.
fn load_scores<const HEADS: u32>(from: &[f32], start: u32) -> [f32; HEADS] {
    if HEADS % 4 == 0 { load_floats::<HEADS>(from, start) } else { map(HEADS, |h| from[start + h]) }
}
