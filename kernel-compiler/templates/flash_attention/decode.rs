//! Attention over a paged key-value cache on every target, causal by position: one token each of many
//! sequences.
//!
//! Source: Milakov & Gimelshein 2018 (online softmax).

/// `out[t, p, h] = softmax(scale * q[t, h] K^T) V` over the keys of part `p` among `0..=positions[t]` of a
/// sequence. `statistics[t, p, h]` has the highest score, in powers of two, and the sum of the weights
/// `exp2(score - highest)`: parts are combined from them (Dao et al. 2023, "Flash-Decoding"). With one
/// part, `out` is the whole attention.
///
/// A part has `part_pages` pages, the last one all the rest. Its tokens are those of `q` from
/// `first_token` on. What lies beyond the sequence is not written.
///
/// A workgroup takes one part of one token and up to `HEADS` query heads that share a key head, and walks
/// the keys page by page. A page has two steps: threads in groups of `lanes` take whole keys for the
/// scores, which go to workgroup memory; then threads in slices take every n-th key and 16 bytes of
/// its value, each slice with an online softmax of its own. The slices' states are merged once, at the
/// end, in a fixed order: a token's result does not depend on the batch.
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
    min_blocks = 1,
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
    part_pages: u32,
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
        part_pages,
        scale,
        |_| true,
    );
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
    part_pages: u32,
    scale: f32,
    seen: impl Fn(u32) -> bool,
) {
    const VEC: u32 = 16 / size_of::<K>();
    const SLICES: u32 = THREADS / (HEAD_DIM / VEC);
    let queries = shared::<f32, { HEADS * HEAD_DIM }>();
    let scores = shared::<f32, { 2 * HEADS * PAGE }>();
    let states = shared::<f32, { 2 * HEADS * SLICES }>();
    let partial = shared::<f32, { SLICES * HEAD_DIM }>();

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
    let first_page = part * part_pages;
    if part < parts && first_page <= newest / PAGE {
        let mut end = newest / PAGE + 1;
        if part + 1 < parts {
            end = min(end, first_page + part_pages);
        }
        load_queries::<HEAD_DIM>(q, queries, scale, |h| row(h, index(token)));
        let mut slice = Slice::<HEADS, VEC> {
            best: [MASKED; HEADS],
            total: [0.0; HEADS],
            sum: [[0.0; VEC]; HEADS],
        };
        let mut turn = 0u32;
        table.visit(pages, first_page, end, |page, first| {
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
        let place = index(block_id_z()) * parts + part;
        slice.merge::<HEAD_DIM>(
            states,
            partial,
            |h, highest, weight| {
                let (there, row) = row(h, place);
                if there && thread_id() == 0 {
                    statistics[row * 2] = highest;
                    statistics[row * 2 + 1] = weight;
                }
            },
            |h, e, x| {
                let (there, row) = row(h, place);
                if there {
                    out[row * HEAD_DIM + e] = x;
                }
            },
        );
    }
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

    /// The slices' sums, each scaled to the common maximum: `tell(h, highest, weight)` by every thread, and
    /// `put(h, e, x)` for every element.
    fn merge<const HEAD_DIM: u32>(
        self,
        states: &mut [f32],
        partial: &mut [f32],
        tell: impl Fn(u32, f32, f32),
        put: impl Fn(u32, u32, f32),
    ) {
        const SLICES: u32 = thread_count() / (HEAD_DIM / VEC);
        let slice = thread_id() / (HEAD_DIM / VEC);
        let d = thread_id() % (HEAD_DIM / VEC) * VEC;
        for h in unroll(0..HEADS) {
            if slice < SLICES && d == 0 {
                states[(h * SLICES + slice) * 2] = self.best[h];
                states[(h * SLICES + slice) * 2 + 1] = self.total[h];
            }
        }
        for h in unroll(0..HEADS) {
            barrier();
            let mut highest = MASKED;
            for s in 0..SLICES {
                highest = max(highest, states[(h * SLICES + s) * 2]);
            }
            let mut weight = 0.0f32;
            for s in 0..SLICES {
                let at = (h * SLICES + s) * 2;
                weight += states[at + 1] * exp2_approx(states[at] - highest);
            }
            tell(h, highest, weight);
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
