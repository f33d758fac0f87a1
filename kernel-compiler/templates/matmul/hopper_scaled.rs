//! Products on Hopper (sm_90a) of 16-bit floats whose sums, times each token's unit, go into columns of
//! an f32 tensor: what a decoder makes of rounded activations. See `hopper.rs`.

/// `y[t, column + r] (=|+=) units[t] * sum over i of x[t, i] * w[r, i]`
///
/// A workgroup takes tiles of 128 tokens by `ROWS` rows of the weights; `LEAST` is how many of them make
/// the instance worth while.
#[kernel(
    shapes(
        x: [tokens, columns],
        w: [rows, columns],
        units: [tokens],
        y: [tokens, y_stride],
    ),
    grid = workers,
    threads = 384,
    min_blocks = 1,
    targets = [sm_90a],
    tensor_map(x, tile = [64, 128], swizzle = b128),
    tensor_map(w, tile = [64, ROWS], swizzle = b128),
    require(ROWS % 64 == 0 && ROWS <= 256, "a tile has 64, 128, 192 or 256 rows of the weights"),
    when(columns % 8 == 0 && rows % 2 == 0 && column % 2 == 0 && y_stride % 2 == 0),
    when(column + rows <= y_stride),
    when(tokens.div_ceil(128) * rows.div_ceil(ROWS) >= LEAST),
    cost(
        bytes = (tokens * columns + rows * columns) * size_of::<T>() + 4 * tokens * rows,
        flops = 2 * tokens * rows * columns,
    ),
)]
pub fn matmul_scaled<
    T: Float,
    const ROWS: u32,
    const STAGES: u32,
    const BAND: u32,
    const LEAST: u32,
>(
    x: &TensorMap<T>,
    w: &TensorMap<T>,
    units: &[f32],
    y: &mut [f32],
    tokens: u32,
    rows: u32,
    columns: u32,
    y_stride: u32,
    column: u32,
    accumulate: u32,
    workers: u32,
) {
    let x_ring = shared_aligned::<T, { STAGES * 8192 }, 1024>();
    let w_ring = shared_aligned::<T, { STAGES * ROWS * 64 }, 1024>();
    let bars = shared::<u64, { 2 * STAGES }>();
    let ring = Ring::<STAGES, 1> { full: 0, empty: STAGES };
    if thread_id() == 0 {
        ring.init(bars);
        fence_mbarrier_init();
    }
    barrier();
    let share = Share::<BAND, 1> {
        plan: Plan::<BAND> { bands: tokens.div_ceil(128), across: rows.div_ceil(ROWS) },
        first: block_id(),
        clusters: workers,
        rank: 0,
        steps: columns.div_ceil(64),
    };
    roles(
        role("consumer", 8, 232, || {
            consume::<T, ROWS, STAGES, 1, BAND>(
                x_ring,
                w_ring,
                bars,
                ring,
                share,
                |sum, _group, token, row| {
                    let first = token + subgroup_id() % 4 * 16 + lane_id() / 4;
                    for half in unroll(0..2) {
                        let t = first + half * 8;
                        if t < tokens {
                            let unit = units[t];
                            for j in unroll(0..ROWS / 8) {
                                let r = row + j * 8 + lane_id() % 4 * 2;
                                if r + 2 <= rows {
                                    let pair = map(2, |i| sum[j * 4 + half * 2 + i] * unit);
                                    let at = index(t) * y_stride + column + r;
                                    // The pair is within the columns of a token's row.
                                    assume(at + 2 <= index(tokens) * y_stride);
                                    put_pair(y, at, pair, accumulate);
                                }
                            }
                        }
                    }
                },
            );
        }),
        role("producer", 4, 40, || {
            if subgroup_id() == 8 {
                elect_one(|| {
                    produce::<T, ROWS, STAGES, 1, BAND>(x, w, x_ring, w_ring, bars, ring, share);
                });
            }
        }),
    );
}

fn put_pair(y: &mut [f32], at: index, pair: [f32; 2], accumulate: u32) {
    if accumulate != 0 {
        let before: [f32; 2] = y.load(at);
        y.store(at, map(2, |i| before[i] + pair[i]));
    } else {
        y.store(at, pair);
    }
}
