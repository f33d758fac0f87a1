//! Products with quantised weights, and the gather of their rows, on every target.
//!
//! Weights lie packed in planes (`library/formats.rs`); every kernel reads that one layout.

/// `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`
///
/// `x: [tokens, k]`, `w`: the packed planes of an `n` x `k` matrix, `y: [tokens, y_stride]`, of which
/// the columns `column..column + n` are written. `accumulate` 0 stores, anything else adds.
///
/// A workgroup takes `ROWS` rows and `TOKENS` tokens. With subgroups, each of them takes some of the
/// rows, one after the other, and its lanes share the groups of a row. Without, a thread takes several
/// rows: what it reads of `x` serves all of them, and the threads read it at the same time.
#[kernel(
    shapes(x: [tokens, k], w: [words], y: [tokens, y_stride]),
    grid = (n.div_ceil(ROWS), tokens.div_ceil(TOKENS)),
    threads = THREADS,
    require(
        subgroup_size() == 0 || THREADS % max(subgroup_size(), 1) == 0,
        "a workgroup has whole subgroups"
    ),
    require(
        subgroup_size() == 0 || ROWS * subgroup_size() % THREADS == 0,
        "the subgroups of a workgroup take equal numbers of rows: make rows a multiple of them"
    ),
    require(
        subgroup_size() > 0 || ROWS % THREADS == 0,
        "without subgroups each thread takes whole rows: make rows a multiple of threads"
    ),
    when(tokens > 0 && n > 0 && tokens <= MOST && k % 32 == 0 && column + n <= y_stride),
    split(x: tokens),
    cost(
        bytes = 4 * words + tokens * (k * size_of::<X>() + 4 * n),
        flops = 2 * tokens * n * k,
    ),
)]
pub fn quantized_matmul<
    const FORMAT: Format,
    X: Float,
    const ROWS: u32,
    const TOKENS: u32,
    const THREADS: u32,
    const MOST: u32,
>(
    x: &[X],
    w: &Weights<u32>,
    y: &mut [f32],
    tokens: u32,
    k: u32,
    y_stride: u32,
    words: u32,
    n: u32,
    column: u32,
    accumulate: u32,
) {
    let groups = k / 32;
    let packed = Packed { words: w, len: words, groups: n * groups };
    let first = block_id_y() * TOKENS;
    if subgroup_size() > 0 {
        const SHARE: u32 = ROWS * subgroup_size() / THREADS;
        for i in 0..SHARE {
            let row = block_id() * ROWS + subgroup_id() * SHARE + i;
            if row < n {
                let mut sums = [0.0f32; TOKENS];
                for group in (lane_id()..groups).step_by(subgroup_size()) {
                    add_group::<FORMAT, X, TOKENS>(
                        packed,
                        x,
                        &mut sums,
                        row * groups + group,
                        group * 32,
                        first,
                        tokens,
                        k,
                    );
                }
                for t in unroll(0..TOKENS) {
                    let sum = subgroup_add(sums[t]);
                    if lane_id() == 0 && first + t < tokens {
                        put(y, index(first + t) * y_stride + column + row, sum, accumulate);
                    }
                }
            }
        }
    } else {
        multiply_rows::<FORMAT, X, ROWS, TOKENS>(
            packed, x, y, first, tokens, k, y_stride, n, column, accumulate,
        );
    }
}

/// A thread takes every `thread_count()`-th of `ROWS` rows.
fn multiply_rows<const FORMAT: Format, X: Float, const ROWS: u32, const TOKENS: u32>(
    packed: Packed,
    x: &[X],
    y: &mut [f32],
    first: u32,
    tokens: u32,
    k: u32,
    y_stride: u32,
    n: u32,
    column: u32,
    accumulate: u32,
) {
    const LANES: u32 = thread_count();
    let groups = k / 32;
    let row = block_id() * ROWS + thread_id();
    let mut sums = [[0.0f32; TOKENS]; ROWS / LANES];
    for group in 0..groups {
        if TOKENS == 1 {
            let xs = map(8, |i| load_four(x, index(first) * k + group * 32 + i * 4));
            for r in unroll(0..ROWS / LANES) {
                // Rows beyond the last repeat it; their sums are not stored.
                let at = min(row + r * LANES, n - 1) * groups + group;
                visit_group::<FORMAT>(packed, at, |offset, weights| {
                    for j in unroll(0..4) {
                        sums[r][0] = fma(weights[j], xs[offset / 4][j], sums[r][0]);
                    }
                });
            }
        } else {
            for r in unroll(0..ROWS / LANES) {
                let at = min(row + r * LANES, n - 1) * groups + group;
                add_group::<FORMAT, X, TOKENS>(
                    packed,
                    x,
                    &mut sums[r],
                    at,
                    group * 32,
                    first,
                    tokens,
                    k,
                );
            }
        }
    }
    for r in unroll(0..ROWS / LANES) {
        let mine = row + r * LANES;
        if mine < n {
            for t in unroll(0..TOKENS) {
                if first + t < tokens {
                    put(y, index(first + t) * y_stride + column + mine, sums[r][t], accumulate);
                }
            }
        }
    }
}

fn load_four<X: Float>(x: &[X], at: index) -> [f32; 4] {
    let four: [X; 4] = x.load(at);
    map(4, |i| four[i].to_f32())
}

/// Adds the products of one group of 32 weights with each token's activations.
fn add_group<const FORMAT: Format, X: Float, const TOKENS: u32>(
    w: Packed,
    x: &[X],
    sums: &mut [f32; TOKENS],
    group: u32,
    column: u32,
    first: u32,
    tokens: u32,
    k: u32,
) {
    visit_group::<FORMAT>(w, group, |offset, weights| {
        for t in unroll(0..TOKENS) {
            // Tokens beyond the last repeat it; their sums are not stored.
            let token = min(first + t, tokens - 1);
            let v = load_four(x, index(token) * k + column + offset);
            for j in unroll(0..4) {
                sums[t] = fma(weights[j], v[j], sums[t]);
            }
        }
    });
}

fn put(y: &mut [f32], at: index, sum: f32, accumulate: u32) {
    if accumulate != 0 {
        y[at] += sum;
    } else {
        y[at] = sum;
    }
}

/// `out[t, c] = table[tokens[t], c]`: rows `first_row..first_row + n` of the table are in `w`.
///
/// `tokens: [count]`, `w`: the packed planes of those rows, `out: [count, k]`. A token of another row
/// gets zeros where `first_row` is 0, and else keeps its row of `out`.
#[kernel(
    shapes(tokens: [count], w: [words], out: [count, k]),
    grid = (count * (k / 32)).div_ceil(THREADS),
    threads = THREADS,
    when(k % 32 == 0),
    split(out: count),
    cost(
        bytes = count * (4 + 4 * (words / n.max(1)) + k * size_of::<X>()),
        flops = 2 * count * k,
    ),
)]
pub fn quantized_gather<const FORMAT: Format, X: Float, const THREADS: u32>(
    tokens: &[u32],
    w: &Weights<u32>,
    out: &mut [X],
    count: u32,
    k: u32,
    words: u32,
    n: u32,
    first_row: u32,
) {
    let groups = k / 32;
    let i = index(block_id()) * THREADS + thread_id();
    if i < index(count) * groups {
        let token = (i / groups) as u32;
        let group = (i % groups) as u32;
        let id = tokens[token];
        let at = index(token) * k + group * 32;
        assume(group * 32 + 32 <= k);
        if id >= first_row && id - first_row < n {
            let packed = Packed { words: w, len: words, groups: n * groups };
            visit_group::<FORMAT>(packed, (id - first_row) * groups + group, |offset, weights| {
                out.store(at + offset, map(4, |j| X::from_f32(weights[j])));
            });
        } else if first_row == 0 {
            for i in unroll(0..8) {
                out.store(at + i * 4, map(4, |_j| X::from_f32(0.0)));
            }
        }
    }
}
