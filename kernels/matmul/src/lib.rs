//! Products with quantised weights, and the gather of their rows.
//!
//! Weights lie packed in planes (`tilewright_kernels_reference::formats`); every kernel here reads that
//! one layout.

mod dense;
mod reference;
pub(crate) mod runtime;

pub use dense::{DenseElement, matmul_dense};
pub use quantized::{gather, matmul};

use tilewright_kernel_macros::kernel_module;

/// The kernels.
#[kernel_module]
pub mod quantized {
    /// Rows of `w` that a workgroup multiplies.
    const ROWS: u32 = 32;
    /// Threads of a workgroup where there are no subgroups of 32.
    const LANES: u32 = 8;

    /// `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`
    #[kernel(
        shapes(x: [tokens, k], w: [words], y: [tokens, y_stride]),
        grid = (n.div_ceil(ROWS), tokens.div_ceil(TOKENS)),
        threads = if subgroup_size() == 32 { 128 } else { LANES },
        values(FORMAT = [Format::F32, Format::F16, Format::BF16, Format::Q4_0, Format::Q4_1, Format::Q5_0, Format::Q5_1, Format::Q8_0, Format::Q4_K, Format::Q5_K, Format::Q6_K]),
        tiles(TOKENS, MOST) = first_of[(1, 1), (8, 65535)],
        when(tokens > 0 && n > 0 && tokens <= MOST && k % 32 == 0 && column + n <= y_stride),
        targets = [sm_80, wgsl(subgroup = 32), wgsl],
        reference = crate::reference::matmul,
        crate = ::tilewright_runtime,
    )]
    pub fn matmul<const FORMAT: Format, const TOKENS: u32, const MOST: u32>(
        x: &[f32],
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
        if subgroup_size() == 32 {
            // A subgroup takes eight rows, one after the other; its lanes share the groups of a row.
            for i in 0..ROWS / 4 {
                let row = block_id() * ROWS + subgroup_id() * (ROWS / 4) + i;
                if row < n {
                    let mut sums = [0.0f32; TOKENS];
                    for group in (lane_id()..groups).step_by(32) {
                        add_group::<FORMAT, TOKENS>(
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
            multiply_rows::<FORMAT, TOKENS>(
                packed, x, y, first, tokens, k, y_stride, n, column, accumulate,
            );
        }
    }

    /// A thread takes `ROWS / LANES` rows: what it reads of `x` serves all of them, and the threads of
    /// a workgroup read it at the same time.
    fn multiply_rows<const FORMAT: Format, const TOKENS: u32>(
        packed: Packed,
        x: &[f32],
        y: &mut [f32],
        first: u32,
        tokens: u32,
        k: u32,
        y_stride: u32,
        n: u32,
        column: u32,
        accumulate: u32,
    ) {
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
                    add_group::<FORMAT, TOKENS>(
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

    fn load_four(x: &[f32], at: index) -> [f32; 4] {
        let four: [f32; 4] = x.load(at);
        four
    }

    /// Adds the products of one group of 32 weights with each token's activations.
    fn add_group<const FORMAT: Format, const TOKENS: u32>(
        w: Packed,
        x: &[f32],
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
                let v: [f32; 4] = x.load(index(token) * k + column + offset);
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

    /// `out[t, c] = table[tokens[t], c]`: rows `first_row..first_row + n` of the table are in `w`. A token
    /// of another row gets zeros where `first_row` is 0, and else keeps its row of `out`.
    #[kernel(
        shapes(tokens: [count], w: [words], out: [count, k]),
        grid = (count * (k / 32)).div_ceil(THREADS),
        threads = THREADS,
        values(FORMAT = [Format::F32, Format::F16, Format::BF16, Format::Q4_0, Format::Q4_1, Format::Q5_0, Format::Q5_1, Format::Q8_0, Format::Q4_K, Format::Q5_K, Format::Q6_K]),
        tiles(THREADS) = first_of[64],
        when(k % 32 == 0),
        reference = crate::reference::gather,
        crate = ::tilewright_runtime,
    )]
    pub fn gather<const FORMAT: Format, const THREADS: u32>(
        tokens: &[u32],
        w: &Weights<u32>,
        out: &mut [f32],
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
                visit_group::<FORMAT>(
                    packed,
                    (id - first_row) * groups + group,
                    |offset, weights| {
                        out.store(at + offset, weights);
                    },
                );
            } else if first_row == 0 {
                for i in unroll(0..8) {
                    out.store(at + i * 4, [0.0, 0.0, 0.0, 0.0]);
                }
            }
        }
    }
}
