//! Dense products on Hopper (sm_90a): `y = x W^T` of 16-bit floats, summed in f32.
//!
//! Sources: PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions", "Tensor Map", "mbarrier";
//! Bikshandi and Shah 2024 (persistent, warp-specialised products on Hopper).
//!
//! bf16 on one H100 80GB HBM3, hot interleaved rounds, as the ratio to cuBLAS in the same process; each
//! process is power-limited in its own way, so only the ratios of one compare. Tiles are rows x stages,
//! workgroups of a cluster, slots, band.
//!
//! | step | 8192^3 | 4096^3 |
//! |---|---|---|
//! | 256 x 4, 1, 2, 8: the first version | 1.07 (787 TFLOP/s) | 1.04 (774) |
//! | 256 x 4, 2, 2, 8: the weights shared by multicast | 0.67 | 0.68 |
//! | the same, arrivals ordered within the workgroup: no fence of the device before each | 1.05 | 1.02 |
//! | 256 x 3, 1, 4, 8: a slot for each part of a tile | 1.06 | 1.045 |
//! | 128 x 6, 1, 2, 8 | 1.02 | 1.03 |
//! | bands of 4 or 16 tiles instead of 8 | the same | the same |
//!
//! Median of three processes, 256 x 4, 1, 2, 8: 1.038 and 1.029; 2048 x 28672 x 4096 1.018, 512 x 14336 x
//! 4096 1.016, 8192 x 4096 x 14336 1.023. 168 registers at launch, 229 440 bytes, no spills. Rows of
//! columns that are no multiple of 64 elements are read at half the speed (4104 columns: 0.55, with a
//! cluster 0.78).

/// `y[t, r] = sum over i of x[t, i] * w[r, i]`
///
/// A cluster takes tiles of `128 * CLUSTER` tokens by `ROWS` rows of the weights, 128 tokens each
/// workgroup, in an order that keeps bands of tokens in the L2 cache. One thread of the producer's group
/// fills a ring of `STAGES` slices of 64 columns; each workgroup copies its own tokens and, for all of
/// the cluster, its share of the weights. Two consumer groups own 64 tokens each and release a slice
/// once the products of the next are issued. A finished tile leaves through `SLOTS` blocks of 64 by 64
/// elements for each group, while the producer is on the next tile already.
#[kernel(
    shapes(x: [tokens, columns], w: [rows, columns], y: [tokens, rows]),
    grid = workers,
    threads = 384,
    cluster = CLUSTER,
    min_blocks = 1,
    targets = [sm_90a],
    tensor_map(x, tile = [64, 128], swizzle = b128),
    tensor_map(w, tile = [64, ROWS / CLUSTER], swizzle = b128),
    tensor_map(y, tile = [64, 64], swizzle = b128),
    require(ROWS % 64 == 0 && ROWS <= 256, "a tile has 64, 128, 192 or 256 rows of the weights"),
    require(CLUSTER == 1 || CLUSTER == 2, "one or two workgroups share the weights"),
    require(ROWS / CLUSTER % 8 == 0, "a share of the weights is whole blocks of 8 rows"),
    when(columns % 8 == 0 && rows % 8 == 0),
    when(workers % CLUSTER == 0),
    cost(
        bytes = (tokens * columns + rows * columns + tokens * rows) * size_of::<T>(),
        flops = 2 * tokens * rows * columns,
    ),
)]
pub fn matmul_dense<
    T: Float,
    const ROWS: u32,
    const STAGES: u32,
    const CLUSTER: u32,
    const SLOTS: u32,
    const BAND: u32,
>(
    x: &TensorMap<T>,
    w: &TensorMap<T>,
    y: &mut TensorMap<T>,
    tokens: u32,
    rows: u32,
    columns: u32,
    workers: u32,
) {
    let x_ring = shared_aligned::<T, { STAGES * 8192 }, 1024>();
    let w_ring = shared_aligned::<T, { STAGES * ROWS * 64 }, 1024>();
    let out = shared_aligned::<T, { SLOTS * 8192 }, 1024>();
    let bars = shared::<u64, { 2 * STAGES }>();
    let ring = Ring::<STAGES, CLUSTER> { full: 0, empty: STAGES };
    if thread_id() == 0 {
        ring.init(bars);
        fence_mbarrier_init();
    }
    if CLUSTER > 1 {
        cluster_arrive();
        cluster_wait();
    } else {
        barrier();
    }
    let share = Share::<BAND, CLUSTER> {
        plan: Plan::<BAND> { bands: tokens.div_ceil(128 * CLUSTER), across: rows.div_ceil(ROWS) },
        first: block_id() / CLUSTER,
        clusters: workers / CLUSTER,
        rank: block_id() % CLUSTER,
        steps: columns.div_ceil(64),
    };
    roles(
        role("consumer", 8, 232, || {
            consume::<T, ROWS, STAGES, CLUSTER, BAND>(
                x_ring,
                w_ring,
                bars,
                ring,
                share,
                |sum, group, token, row| {
                    put_tile::<T, ROWS, SLOTS>(y, out, sum, group, token, row);
                },
            );
            if thread_id() % 128 == 0 {
                bulk_wait::<0>();
            }
        }),
        role("producer", 4, 40, || {
            if subgroup_id() == 8 {
                elect_one(|| {
                    y.prefetch();
                    produce::<T, ROWS, STAGES, CLUSTER, BAND>(
                        x, w, x_ring, w_ring, bars, ring, share,
                    );
                });
            }
        }),
    );
    // Nobody ends while the other workgroup may still write to its memory.
    if CLUSTER > 1 {
        cluster_arrive();
        cluster_wait();
    }
}

/// A group's 64 tokens by `ROWS` leave through its slots, 64 columns at a time.
fn put_tile<T: Float, const ROWS: u32, const SLOTS: u32>(
    y: &mut TensorMap<T>,
    out: &mut [T],
    sum: [f32; ROWS / 2],
    group: u32,
    token: u32,
    row: u32,
) {
    let leader = thread_id() % 128 == 0;
    // The lane's row of the block that it addresses, and which of two 8-column halves.
    let line = subgroup_id() % 4 * 16 + lane_id() % 16;
    let half = lane_id() / 16;
    for part in unroll(0..ROWS / 64) {
        let slot = (group * SLOTS + part % SLOTS) * 4096;
        // At most `SLOTS - 1` stores still read: this slot's is not among them.
        if leader {
            bulk_wait_read::<{ SLOTS - 1 }>();
        }
        named_barrier(1 + group, 128);
        for j in unroll(0..4) {
            let words = map(4, |i| {
                word::<T>(sum[part * 32 + j * 8 + i * 2], sum[part * 32 + j * 8 + i * 2 + 1])
            });
            let chunk = j * 2 + half ^ line % 8;
            stmatrix(out, slot + line * 64 + chunk * 8, words);
        }
        fence_proxy_async();
        named_barrier(1 + group, 128);
        if leader {
            y.store(out, slot, (row + part * 64, token));
            bulk_commit();
        }
    }
}

/// Two elements in a word.
fn word<T: Float>(low: f32, high: f32) -> u32 {
    if type_is::<T, f16>() {
        bitcast::<u32>(pack_f16x2(low, high))
    } else {
        bitcast::<u32>(pack_bf16x2(low, high))
    }
}
