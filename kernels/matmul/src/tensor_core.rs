//! Products on tensor cores: weights become f16 in registers and are the rows of `mma.sync`, tokens its
//! columns; sums are f32. Weights have to be finite in f16; activations in bfloat16 would cost
//! three bits of theirs.
//!
//! A lane of a fragment takes a whole group of 32 weights of a row, so that it reads 16 bytes and more at
//! once; the order of k within a product is any, as long as weights and activations share it
//! (`group_halves` says which).
//!
//! | tokens | kernel | bound by | activations |
//! |---|---|---|---|
//! | 1 | `multiply_one` | reading the weights once | rounded by each workgroup |
//! | 1 | `multiply_normed` | the same | normalised and rounded by each workgroup |
//! | 2 to 32 | `multiply_few` | reading the weights once | rounded by `round_activations` |
//! | more | `multiply_many` | matrix units | the same |
//!
//! On Hopper [`crate::matmul_scaled`] takes the place of the last one: of `dequantise`d weights, and of
//! activations that `round_activations` leaves in their natural order.

use tilewright_kernel_macros::kernel_module;

pub use kernels::{
    dequantise, multiply_few, multiply_many, multiply_normed, multiply_one, round_activations,
};

/// The kernels.
#[kernel_module]
pub mod kernels {
    const WARPS: u32 = 8;
    /// Rows of a fragment.
    const ROWS: u32 = 16;
    /// Groups' worth of each row that a lane reads before it multiplies.
    const STEP: u32 = 2;
    /// Columns that all warps of a workgroup take in one step.
    const STRIDE: u32 = WARPS * STEP * 128;

    /// `y[0, column + r] (=|+=) sum_c x[0, c] * w[r, c]`
    #[kernel(
        shapes(x: [tokens, k], w: [words], y: [tokens, y_stride]),
        grid = blocks,
        threads = 256,
        min_blocks = 2,
        values(FORMAT = [Format::F16, Format::BF16, Format::Q4_0, Format::Q4_1, Format::Q5_0, Format::Q5_1, Format::Q8_0, Format::Q4_K, Format::Q5_K, Format::Q6_K]),
        tiles(WIDTH) = first_of[4096, 16384],
        when(tokens == 1 && n > 0 && blocks > 0 && k > 0 && k % 32 == 0 && k <= WIDTH && column + n <= y_stride),
        targets = [sm_80],
        cost(bytes = 4 * (words + tokens * (k + n)), flops = 2 * tokens * n * k),
        reference = crate::reference::multiply_one,
        crate = ::tilewright_runtime,
    )]
    pub fn multiply_one<const FORMAT: Format, const WIDTH: u32>(
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
        blocks: u32,
    ) {
        one_token::<FORMAT, WIDTH>(w, y, [k, words, n, column, accumulate], |halves| {
            stage::<WIDTH, false>(x, halves, k, |_quad| [1.0; 4]).unit
        });
    }

    /// `y[0, column + r] = sum_c x[0, c] * gains[c] * w[r, c] / sqrt(mean(x[0, :]^2) + eps)`: the products of
    /// a normalised token. Zhang & Sennrich 2019, equation 4.
    #[kernel(
        shapes(x: [tokens, k], gains: [k], w: [words], y: [tokens, y_stride]),
        grid = blocks,
        threads = 256,
        min_blocks = 2,
        values(FORMAT = [Format::F16, Format::BF16, Format::Q4_0, Format::Q4_1, Format::Q5_0, Format::Q5_1, Format::Q8_0, Format::Q4_K, Format::Q5_K, Format::Q6_K]),
        tiles(WIDTH) = first_of[4096, 16384],
        when(tokens == 1 && n > 0 && blocks > 0 && k > 0 && k % 32 == 0 && k <= WIDTH && column + n <= y_stride),
        targets = [sm_80],
        cost(bytes = 4 * (words + tokens * (2 * k + n)), flops = 2 * tokens * n * k),
        reference = crate::reference::multiply_normed,
        crate = ::tilewright_runtime,
    )]
    pub fn multiply_normed<const FORMAT: Format, const WIDTH: u32>(
        x: &[f32],
        gains: &Weights<f32>,
        w: &Weights<u32>,
        y: &mut [f32],
        tokens: u32,
        k: u32,
        y_stride: u32,
        words: u32,
        n: u32,
        column: u32,
        eps: f32,
        blocks: u32,
    ) {
        one_token::<FORMAT, WIDTH>(w, y, [k, words, n, column, 0], |halves| {
            let staged = stage::<WIDTH, true>(x, halves, k, |quad| gains.load::<4>(quad * 4));
            staged.unit * rsqrt(staged.squares / k as f32 + eps)
        });
    }

    /// The products of a token that `prepare` leaves in workgroup memory; it returns what they are multiples
    /// of. The sizes are `k`, `words`, `n`, `column` and `accumulate`.
    fn one_token<const FORMAT: Format, const WIDTH: u32>(
        w: &Weights<u32>,
        y: &mut [f32],
        sizes: [u32; 5],
        prepare: impl Fn(&mut [u32]) -> f32,
    ) {
        let (k, words, n) = (sizes[0], sizes[1], sizes[2]);
        let (column, accumulate) = (sizes[3], sizes[4]);
        let halves = shared_aligned::<u32, { WIDTH / 2 }, 16>();
        let partial = shared::<f32, { 2 * WARPS * ROWS }>();
        let groups = k / 32;
        let packed = Packed { words: w, len: words, groups: n * groups };
        let places = map(4 * STEP, |at| bank_of::<FORMAT>(lane_id() % 4, at / 4, at % 4));
        let mut unit = 0.0f32;
        let mut side = 0u32;
        tiles_of_rows::<FORMAT, 1, 26>(
            packed,
            n,
            groups,
            || unit = prepare(halves),
            |_block, step, i, quarter| {
                let at = step * 16 + places[i * 4 + quarter];
                assume(at + 4 <= WIDTH / 2);
                halves.load::<4>(at)
            },
            |tile, sums| {
                if lane_id() % 4 == 0 {
                    let at = side * (WARPS * ROWS) + subgroup_id() * ROWS + lane_id() / 4;
                    partial[at] = sums[0][0];
                    partial[at + 8] = sums[0][2];
                }
                barrier();
                let row = tile * ROWS + thread_id();
                if thread_id() < ROWS && row < n {
                    let mut sum = 0.0f32;
                    for warp in unroll(0..WARPS) {
                        sum += partial[side * (WARPS * ROWS) + warp * ROWS + thread_id()];
                    }
                    put(y, index(column + row), sum * unit, accumulate);
                }
                // The other half is written while this one may still be read.
                side = 1 - side;
            },
        );
    }

    /// `y[t, column + r] (=|+=) units[t] * sum_c x[t, c] * w[r, c]`, `x` as `round_activations` leaves it.
    #[kernel(
        shapes(x: [tokens, k2], units: [tokens], w: [words], y: [tokens, y_stride]),
        grid = (blocks, tokens.div_ceil(TOKENS)),
        threads = 256,
        min_blocks = 2,
        values(FORMAT = [Format::F16, Format::BF16, Format::Q4_0, Format::Q4_1, Format::Q5_0, Format::Q5_1, Format::Q8_0, Format::Q4_K, Format::Q5_K, Format::Q6_K]),
        tiles(TOKENS, MOST) = first_of[(8, 8), (16, 65535)],
        when(tokens > 0 && tokens <= MOST && n > 0 && blocks > 0 && k2 % 16 == 0 && column + n <= y_stride),
        targets = [sm_80],
        cost(bytes = 4 * (words + tokens * (k2 + 1 + n)), flops = 4 * tokens * n * k2),
        reference = crate::reference::multiply_few,
        crate = ::tilewright_runtime,
    )]
    pub fn multiply_few<const FORMAT: Format, const TOKENS: u32, const MOST: u32>(
        x: &[u32],
        units: &[f32],
        w: &Weights<u32>,
        y: &mut [f32],
        tokens: u32,
        k2: u32,
        y_stride: u32,
        words: u32,
        n: u32,
        column: u32,
        accumulate: u32,
        blocks: u32,
    ) {
        let partial = shared::<f32, { WARPS * ROWS * TOKENS }>();
        let groups = k2 / 16;
        let packed = Packed { words: w, len: words, groups: n * groups };
        let (g, t) = (lane_id() / 4, lane_id() % 4);
        let first = block_id_y() * TOKENS;
        tiles_of_rows::<FORMAT, { TOKENS / 8 }, { if TOKENS == 8 { 20 } else { 12 } }>(
            packed,
            n,
            groups,
            || {},
            |block, step, i, quarter| {
                let (group, quarter) = lane_part::<FORMAT>(t, i, quarter);
                let group = step + group;
                // Tokens beyond the last repeat it, groups beyond the last are zero.
                let token = min(first + block * 8 + g, tokens - 1);
                let mut four = [0u32; 4];
                if group < groups {
                    assume(group * 16 + 16 <= k2);
                    four = x.load(index(token) * k2 + group * 16 + quarter * 4);
                }
                four
            },
            |tile, sums| {
                for block in unroll(0..TOKENS / 8) {
                    for i in unroll(0..4) {
                        let (row, token) = (g + i / 2 * 8, block * 8 + t * 2 + i % 2);
                        partial[(subgroup_id() * TOKENS + token) * ROWS + row] = sums[block][i];
                    }
                }
                barrier();
                for at in (thread_id()..ROWS * TOKENS).step_by(256) {
                    let (row, token) = (tile * ROWS + at % ROWS, first + at / ROWS);
                    if row < n && token < tokens {
                        let mut sum = 0.0f32;
                        for warp in unroll(0..WARPS) {
                            sum += partial[warp * (ROWS * TOKENS) + at];
                        }
                        let to = index(token) * y_stride + column + row;
                        put(y, to, sum * units[token], accumulate);
                    }
                }
                barrier();
            },
        );
    }

    /// Products of this workgroup's tiles of 16 rows with blocks of eight tokens: `finish(tile, sums)` has the
    /// fragments of C over this warp's columns. `activations(block, step, i, quarter)` are those of a quarter
    /// of the lane's group `i` among the groups from `step` on, as `lane_part` has them.
    ///
    /// The weights of the next step, or of the next tile, are read while those of this one are multiplied,
    /// where a lane has room for them: no more than `AHEAD` words of a row. The first ones are asked for
    /// before the kernel in front has ended.
    fn tiles_of_rows<const FORMAT: Format, const BLOCKS: u32, const AHEAD: u32>(
        w: Packed,
        n: u32,
        groups: u32,
        prepare: impl Fn(),
        activations: impl Fn(u32, u32, u32, u32) -> [u32; 4],
        finish: impl Fn(u32, [[f32; 4]; BLOCKS]),
    ) {
        let tiles = n.div_ceil(ROWS);
        let start = subgroup_id() * (4 * STEP);
        grid_dependency_launch();
        let mut next = [[0u32; lane_words::<FORMAT>()]; 2];
        if lane_words::<FORMAT>() <= AHEAD {
            next = read_rows::<FORMAT>(w, min(block_id(), tiles - 1), start, n, groups);
        }
        // More of 16-bit weights has cost more than it has brought: 8B bf16, 169 to 165 tokens/s.
        const LINES: u32 = if lane_words::<FORMAT>() <= AHEAD { 2 } else { 1 };
        prefetch_groups::<FORMAT, LINES>(w, block_id() * ROWS * groups, ROWS * groups);
        grid_dependency_wait();
        prepare();
        for tile in (block_id()..tiles).step_by(grid_dim()) {
            let mut sums = [[0.0f32; 4]; BLOCKS];
            for step in (start..groups).step_by(WARPS * 4 * STEP) {
                let mut words = next;
                if lane_words::<FORMAT>() > AHEAD {
                    words = read_rows::<FORMAT>(w, tile, step, n, groups);
                } else {
                    let ends = step + WARPS * 4 * STEP >= groups;
                    let next_step = select(ends, start, step + WARPS * 4 * STEP);
                    let next_tile = select(ends, tile + grid_dim(), tile);
                    if next_tile < tiles {
                        next = read_rows::<FORMAT>(w, next_tile, next_step, n, groups);
                    }
                }
                let rows = map(2, |half| {
                    let row = row_start(tile, half, n, groups);
                    unpack_lane::<FORMAT>(words[half], row, step, lane_id() % 4, groups)
                });
                for i in unroll(0..STEP) {
                    for quarter in unroll(0..4) {
                        for block in unroll(0..BLOCKS) {
                            let xs = activations(block, step, i, quarter);
                            for pair in unroll(0..2) {
                                let at = quarter * 4 + pair * 2;
                                let (a, b) = (rows[0][i], rows[1][i]);
                                sums[block] = mma::<16, 8, 16, f16, f16>(
                                    [a[at], b[at], a[at + 1], b[at + 1]],
                                    [xs[pair * 2], xs[pair * 2 + 1]],
                                    sums[block],
                                );
                            }
                        }
                    }
                }
            }
            finish(tile, sums);
        }
    }

    /// What a lane has of two rows of a tile in a step. Groups beyond the last repeat it: the activations
    /// there are zero.
    fn read_rows<const FORMAT: Format>(
        w: Packed,
        tile: u32,
        step: u32,
        n: u32,
        groups: u32,
    ) -> [[u32; lane_words::<FORMAT>()]; 2] {
        map(2, |half| {
            let row = row_start(tile, half, n, groups);
            read_lane::<FORMAT>(w, row, step, lane_id() % 4, groups)
        })
    }

    /// The first group of a lane's row in the upper or the lower half of a tile. Rows beyond the last repeat
    /// it; their sums are not stored.
    fn row_start(tile: u32, half: u32, n: u32, groups: u32) -> u32 {
        min(tile * ROWS + half * 8 + lane_id() / 4, n - 1) * groups
    }

    fn put(y: &mut [f32], at: index, sum: f32, accumulate: u32) {
        if accumulate != 0 {
            y[at] += sum;
        } else {
            y[at] = sum;
        }
    }

    /// A token in workgroup memory: what its values are multiples of, and the sum of their squares before
    /// `gains`.
    struct Staged {
        unit: f32,
        squares: f32,
    }

    /// Rounds a token into workgroup memory, zeros behind it, where `GAINED` times the `gains` of each four
    /// of its columns.
    fn stage<const WIDTH: u32, const GAINED: bool>(
        x: &[f32],
        halves: &mut [u32],
        k: u32,
        gains: impl Fn(u32) -> [f32; 4],
    ) -> Staged {
        const BATCH: u32 = min(WIDTH / 1024, if GAINED { 2 } else { 8 });
        let padded = min(k.div_ceil(STRIDE) * STRIDE, WIDTH);
        let mut staged = Staged { unit: 1.0, squares: 0.0 };
        for pass in unroll(0..2) {
            let mut largest = 0.0f32;
            let mut squares = 0.0f32;
            if pass == 0 || staged.unit != 1.0 {
                for first in (thread_id()..padded / 4).step_by(256 * BATCH) {
                    // All loads come before the first store: they cost one latency.
                    let quads = map(BATCH, |i| min(first + i * 256, k / 4 - 1));
                    let fours: [[f32; 4]; BATCH] = map(BATCH, |i| x.load::<4>(quads[i] * 4));
                    let factors: [[f32; 4]; BATCH] = map(BATCH, |i| gains(quads[i]));
                    for i in unroll(0..BATCH) {
                        let quad = first + i * 256;
                        if quad < padded / 4 {
                            let mut four = map(4, |j| select(quad * 4 < k, fours[i][j], 0.0));
                            if GAINED {
                                for j in unroll(0..4) {
                                    squares = fma(four[j], four[j], squares);
                                    four[j] *= factors[i][j];
                                }
                            }
                            largest = max(largest, largest_of(four));
                            let to = bank(quad / 8, quad % 8 / 2) + quad % 2 * 2;
                            assume(to + 2 <= WIDTH / 2);
                            halves.store(to, rounded::<false>(four, 1.0 / staged.unit));
                        }
                    }
                }
            }
            if pass == 0 {
                staged.unit = unit_of(block_max(largest));
                if GAINED {
                    staged.squares = block_sum(squares);
                }
            }
        }
        barrier();
        staged
    }

    /// Where a quarter of a group's activations lies in workgroup memory: those that four lanes read at once
    /// are in different banks.
    fn bank(group: u32, quarter: u32) -> u32 {
        group * 16 + (quarter ^ (group / STEP % 4)) * 4
    }

    /// The same for a lane's part.
    fn bank_of<const FORMAT: Format>(lane: u32, i: u32, quarter: u32) -> u32 {
        let (group, quarter) = lane_part::<FORMAT>(lane, i, quarter);
        bank(group, quarter)
    }

    fn largest_of(four: [f32; 4]) -> f32 {
        max(max(abs(four[0]), abs(four[1])), max(abs(four[2]), abs(four[3])))
    }

    /// 1, or where the largest value is far from the middle of the range of f16, the power of two that
    /// brings it there.
    fn unit_of(largest: f32) -> f32 {
        let mut unit = 1.0f32;
        if largest > 32768.0 || (largest < 0.0625 && largest > 1.0e-30) {
            unit = exp2(ceil(log2(largest)) - 8.0);
        }
        unit
    }

    /// Four activations in their natural order, or in that of `group_halves`.
    fn rounded<const NATURAL: bool>(four: [f32; 4], by: f32) -> [u32; 2] {
        let (second, third) = if NATURAL { (four[1], four[2]) } else { (four[2], four[1]) };
        [
            bitcast::<u32>(pack_f16x2(four[0] * by, second * by)),
            bitcast::<u32>(pack_f16x2(third * by, four[3] * by)),
        ]
    }

    /// Rounds every token to multiples of its unit: `x[t, c] = units[t] * out[t, c]`, in their natural
    /// order or in that of `group_halves`.
    #[kernel(
        shapes(x: [tokens, k2 * 2], out: [tokens, k2], units: [tokens]),
        grid = tokens,
        threads = 256,
        values(NATURAL = [false, true]),
        when(k2 % 16 == 0),
        targets = [sm_80],
        cost(bytes = 4 * tokens * (3 * k2 + 1), flops = 4 * tokens * k2),
        reference = crate::reference::round_activations,
        crate = ::tilewright_runtime,
    )]
    pub fn round_activations<const NATURAL: bool>(
        x: &[f32],
        out: &mut [u32],
        units: &mut [f32],
        tokens: u32,
        k2: u32,
    ) {
        let token = block_id();
        let mut largest = 0.0f32;
        for quad in (thread_id()..k2 / 2).step_by(256) {
            let four: [f32; 4] = x.load(index(token) * (k2 * 2) + quad * 4);
            largest = max(largest, largest_of(four));
        }
        let unit = unit_of(block_max(largest));
        for quad in (thread_id()..k2 / 2).step_by(256) {
            let four: [f32; 4] = x.load(index(token) * (k2 * 2) + quad * 4);
            out.store(index(token) * k2 + quad * 2, rounded::<NATURAL>(four, 1.0 / unit));
        }
        if thread_id() == 0 {
            units[token] = unit;
        }
    }

    /// `out[r, c] = w[first_row + r, c]`, rounded to f16 in pairs: rows of a packed matrix of `n` rows.
    #[kernel(
        shapes(w: [words], out: [rows, k2]),
        grid = (rows * (k2 / 16)).div_ceil(256),
        threads = 256,
        values(FORMAT = [Format::BF16, Format::Q4_0, Format::Q4_1, Format::Q5_0, Format::Q5_1, Format::Q8_0, Format::Q4_K, Format::Q5_K, Format::Q6_K]),
        when(k2 % 16 == 0 && first_row + rows <= n),
        targets = [sm_80],
        cost(bytes = 4 * (words / n.max(1) * rows + rows * k2), flops = 2 * rows * k2),
        reference = crate::reference::dequantise,
        crate = ::tilewright_runtime,
    )]
    pub fn dequantise<const FORMAT: Format>(
        w: &Weights<u32>,
        out: &mut [u32],
        words: u32,
        rows: u32,
        k2: u32,
        n: u32,
        first_row: u32,
    ) {
        let groups = k2 / 16;
        let packed = Packed { words: w, len: words, groups: n * groups };
        let at = block_id() * 256 + thread_id();
        if at < rows * groups {
            let halves = group_halves::<FORMAT>(packed, first_row * groups + at);
            for four in unroll(0..4) {
                let natural = map(4, |i| {
                    let first = four * 4 + i / 2 * 2;
                    let pick = if i % 2 == 0 { 0x5410 } else { 0x7632 };
                    prmt(halves[first], halves[first + 1], pick)
                });
                assume(index(at) * 16 + 16 <= index(rows) * k2);
                out.store(index(at) * 16 + four * 4, natural);
            }
        }
    }

    /// Tokens of a workgroup of `multiply_many`.
    const MANY: u32 = 64;
    /// Words of a token's part of a step: 128 columns.
    const PART: u32 = 64;

    /// As `multiply_few`: a workgroup takes 128 rows, a warp 16 of them, and all share the activations.
    #[kernel(
        shapes(x: [tokens, k2], units: [tokens], w: [words], y: [tokens, y_stride]),
        grid = (n.div_ceil(WARPS * ROWS), tokens.div_ceil(MANY)),
        threads = 256,
        values(FORMAT = [Format::F16, Format::BF16, Format::Q4_0, Format::Q4_1, Format::Q5_0, Format::Q5_1, Format::Q8_0, Format::Q4_K, Format::Q5_K, Format::Q6_K]),
        when(tokens > 0 && n > 0 && k2 % 16 == 0 && column + n <= y_stride),
        targets = [sm_80],
        cost(bytes = 4 * (words + tokens * (k2 + 1 + n)), flops = 4 * tokens * n * k2),
        reference = crate::reference::multiply_many,
        crate = ::tilewright_runtime,
    )]
    pub fn multiply_many<const FORMAT: Format>(
        x: &[u32],
        units: &[f32],
        w: &Weights<u32>,
        y: &mut [f32],
        tokens: u32,
        k2: u32,
        y_stride: u32,
        words: u32,
        n: u32,
        column: u32,
        accumulate: u32,
    ) {
        let tile = shared_aligned::<u32, { 2 * MANY * PART }, 16>();
        let groups = k2 / 16;
        let packed = Packed { words: w, len: words, groups: n * groups };
        let (g, t) = (lane_id() / 4, lane_id() % 4);
        let first_token = block_id_y() * MANY;
        let first_row = (block_id() * WARPS + subgroup_id()) * ROWS + g;
        let row = min(first_row, n - 1) * groups;
        let other = min(first_row + 8, n - 1) * groups;
        let steps = groups.div_ceil(4);
        let mut sums = [[0.0f32; 4]; MANY / 8];
        copy_part(x, tile, 0, 0, first_token, tokens, groups, k2);
        for step in 0..steps {
            let side = step % 2;
            copy_part(x, tile, 1 - side, step + 1, first_token, tokens, groups, k2);
            let known = min(step * 4 + t, groups - 1);
            let a = group_halves::<FORMAT>(packed, row + known);
            let b = group_halves::<FORMAT>(packed, other + known);
            cp_async_wait::<1>();
            barrier();
            for block in unroll(0..MANY / 8) {
                for half in unroll(0..4) {
                    let token = block * 8 + g;
                    let part = (half ^ (g % 2)) * 4 + t;
                    let xs: [u32; 4] = tile.load(side * (MANY * PART) + token * PART + part * 4);
                    for pair in unroll(0..2) {
                        let at = half * 4 + pair * 2;
                        sums[block] = mma::<16, 8, 16, f16, f16>(
                            [a[at], b[at], a[at + 1], b[at + 1]],
                            [xs[pair * 2], xs[pair * 2 + 1]],
                            sums[block],
                        );
                    }
                }
            }
            barrier();
        }
        cp_async_wait::<0>();
        for block in unroll(0..MANY / 8) {
            for i in unroll(0..4) {
                let (mine, token) =
                    (first_row + i / 2 * 8, first_token + block * 8 + t * 2 + i % 2);
                if mine < n && token < tokens {
                    let to = index(token) * y_stride + column + mine;
                    put(y, to, sums[block][i] * units[token], accumulate);
                }
            }
        }
    }

    /// Starts the copy of 128 columns of 64 tokens. A token's 16 parts of 16 bytes lie with the same
    /// quarter of its four groups side by side, and those of neighbouring tokens in other banks.
    fn copy_part(
        x: &[u32],
        tile: &[u32],
        side: u32,
        step: u32,
        first_token: u32,
        tokens: u32,
        groups: u32,
        k2: u32,
    ) {
        for i in unroll(0..4) {
            let at = i * 256 + thread_id();
            let (token, part) = (at / 16, at % 16);
            let (quarter, half) = (part / 4, part % 4);
            let group = step * 4 + quarter;
            let to = token * PART + ((half ^ (token % 2)) * 4 + quarter) * 4;
            // Tokens beyond the last repeat it; groups beyond the last are zero.
            let from = index(min(first_token + token, tokens - 1)) * k2;
            let known = min(group, groups - 1);
            assume(known * 16 + 16 <= k2);
            let valid = select(group < groups, 16, 0);
            cp_async_zfill(
                tile,
                side * (MANY * PART) + to,
                x,
                from + known * 16 + half * 4,
                16,
                valid,
            );
        }
        cp_async_commit();
    }
}
