//! The program of a workgroup for dense tensors on Hopper (sm_90a): the producer, the order of blocks, and
//! what leaves.
//!
//! Sources: Dao et al. 2022, algorithm 1; Shah et al. 2024 (FlashAttention-3: roles, ping-pong, overlap of
//! two tiles within a warp group); PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions" and
//! "Tensor Map".
//!
//! Ladder: hot medians of 15 rounds in ratio to cuDNN (PyTorch 2.11) in the same process, one NVIDIA H100
//! 80GB HBM3, bf16, batch * tokens = 16384, heads * head_dim = 2048, 16384 keys, full / causal (relative
//! error against f64: 1.9e-3). cuDNN: 630 / 540 TFLOP/s for 128 dimensions, 465 / 435 for 64, 660 / 550 for
//! 256. One process a row, except 4 to 6 and the last, which share one; processes differ by 2 %.
//!
//! | step | 128 | 64 | 256 |
//! |---|---|---|---|
//! | 1 roles, two stages, S before P V, turns; a fixed order | 1.01 / 0.99 | 1.15 / - | 1.14 / - |
//! | 2 blocks from a counter, longest first; one loop | 0.98 / 1.11 | 1.10 / 1.12 | 1.10 / 1.19 |
//! | 3 queries of the next block ahead (two stages) | 0.99 / 1.15 | 1.16 / 1.18 | no memory |
//! | 4 whole tiles in a loop of their own | 1.03 / 1.17 | 1.16 / 1.16 | 1.12 / 1.21 |
//! | 5 two sets of weights in turn (`AHEAD`) | 1.04 / 1.21 | no registers | no registers |
//! | 6 that without turns (`PING_PONG`) | 1.05 / 1.22 | | |
//! | rows leave through memory, with 5 and with 4 | 1.05 / 1.21 | 1.18 / 1.17 | no memory |
//!
//! Step 2 was to gain 15 % on causal, and did; that its loop lost 2 % on full, which 4 gave back, was not
//! foreseen. Dropped: holding the wait for P V behind the softmax by a false question (0.995 / 1.129 where
//! 4 has 1.030 / 1.166), the sum's rescaling behind the issue of S (no change with that), 176 keys a tile
//! (1.05 / 1.18 with 4, worse below 16384 keys), 128 rows for 64 dimensions (0.95 full; but 0.98 where 192
//! have 0.97, causal with 1024 keys).
//!
//! Fewer keys, 4 with rows from registers: 128 dimensions 1.02 / 1.18 at 4096 (5 with rows through memory:
//! 1.06 / 1.24), 1.02 / 1.12 at 1024; 64 dimensions 1.12 / 1.10 and 1.05 / 0.90; 256 dimensions 1.09 / 1.17
//! and 1.05 / 1.00. At 512: 1.03, 1.06 and 0.98 full, and causal 128 dimensions 290 TFLOP/s, 328 with half
//! as many keys and values in the cache at a time (456 for 444 at 1024), where cuDNN had 274 in that
//! process and 338 in the one before. The tiles of `kernels/attention` are these, in pairs that were not
//! all measured together.

/// The sizes of the problem.
struct Sizes {
    batch: u32,
    tokens: u32,
    keys: u32,
    heads: u32,
    kv_heads: u32,
}

/// The workgroup's program; `put(block, sum, factors)` writes a group's rows of a block.
fn attend<
    T: Float,
    const HEAD_DIM: u32,
    const CAUSAL: bool,
    const GROUPS: u32,
    const KEY: u32,
    const Q_STAGES: u32,
    const STAGES: u32,
    const PING_PONG: bool,
    const AHEAD: bool,
>(
    q: &TensorMap<T>,
    k: &TensorMap<T>,
    v: &TensorMap<T>,
    lse: &mut [f32],
    counter: &mut [u32],
    sizes: Sizes,
    scale: f32,
    put: impl Fn(Work, [f32; HEAD_DIM / 2], [f32; 2]),
) {
    let bars = shared::<u64, { 2 * Q_STAGES + 4 * STAGES }>();
    let tiles = Tiles::<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES> {
        queries: shared_aligned::<T, { Q_STAGES * 64 * GROUPS * HEAD_DIM }, 1024>(),
        k_ring: shared_aligned::<T, { STAGES * KEY * HEAD_DIM }, 1024>(),
        v_ring: shared_aligned::<T, { STAGES * KEY * HEAD_DIM }, 1024>(),
        slots: shared_aligned::<u32, { 8 * Q_STAGES }, 16>(),
        bars: bars,
        k_bars: Ring::<STAGES> { full: 0, empty: STAGES },
        v_bars: Ring::<STAGES> { full: 2 * STAGES, empty: 3 * STAGES },
        q_bars: Ring::<Q_STAGES> { full: 4 * STAGES, empty: 4 * STAGES + Q_STAGES },
        group: subgroup_id() / 4,
        row: subgroup_id() * 16 + lane_id() / 4,
        sizes: sizes,
        scale: scale,
    };
    if thread_id() == 0 {
        tiles.q_bars.init(bars, 4 * GROUPS);
        tiles.k_bars.init(bars, 4 * GROUPS);
        tiles.v_bars.init(bars, 4 * GROUPS);
        fence_mbarrier_init();
    }
    barrier();
    roles(
        role("consumer", 4 * GROUPS, if GROUPS == 2 { 232 } else { 160 }, || {
            let mut consumer = Consumer::<HEAD_DIM, GROUPS, KEY, PING_PONG, AHEAD> {
                work: Work { row: 0, head: 0, batch: 0, tiles: 0, open: 0 },
                tile: 0,
                sees: [0; 2],
                turn: 0,
                round: 0,
                scores: uninitialised::<[f32; KEY / 2]>(),
                weights: uninitialised::<[[u32; KEY / 4]; 2]>(),
                softmax: Softmax::new(),
                sum: [0.0; HEAD_DIM / 2],
            };
            consumer.run(tiles, lse, put);
        }),
        role("producer", 4, if GROUPS == 2 { 40 } else { 32 }, || {
            if subgroup_id() == 4 * GROUPS {
                elect_one(|| tiles.produce(q, k, v, counter));
            }
        }),
    );
}

/// The workgroup's memory, and the sizes of the problem.
struct Tiles<
    T: Float,
    const HEAD_DIM: u32,
    const CAUSAL: bool,
    const GROUPS: u32,
    const KEY: u32,
    const Q_STAGES: u32,
    const STAGES: u32,
> {
    /// `[Q_STAGES, HEAD_DIM / 64, 64 * GROUPS, 64]`, every 64 columns swizzled.
    queries: &mut [T],
    /// `[STAGES, HEAD_DIM / 64, KEY, 64]`
    k_ring: &mut [T],
    /// As `k_ring`.
    v_ring: &mut [T],
    /// The blocks that belong to `queries`.
    slots: &mut [u32],
    bars: &mut [u64],
    k_bars: Ring<STAGES>,
    v_bars: Ring<STAGES>,
    q_bars: Ring<Q_STAGES>,
    /// The consumer group.
    group: u32,
    /// The first of the thread's two rows in a block; the other is the eighth after it.
    row: u32,
    sizes: Sizes,
    scale: f32,
}

impl<
    T: Float,
    const HEAD_DIM: u32,
    const CAUSAL: bool,
    const GROUPS: u32,
    const KEY: u32,
    const Q_STAGES: u32,
    const STAGES: u32,
> Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, Q_STAGES, STAGES>
{
    /// The producer's program. Keys run one tile ahead of values, also from block to block: the order in
    /// which they are needed.
    fn produce(self, q: &TensorMap<T>, k: &TensorMap<T>, v: &TensorMap<T>, counter: &mut [u32]) {
        const TILE: u32 = KEY * HEAD_DIM;
        const BLOCK: u32 = 64 * GROUPS * HEAD_DIM;
        q.prefetch();
        k.prefetch();
        v.prefetch();
        let blocks = self.sizes.tokens.div_ceil(64 * GROUPS);
        let items = blocks * self.sizes.heads * self.sizes.batch;
        let mut turn = 0u32;
        let mut round = 0u32;
        // The tile whose keys were copied last.
        let mut late = (0u32, 0u32, 0u32);
        let mut item = block_id();
        while item < items {
            let work = self.work(item, blocks);
            let stage = round % Q_STAGES;
            self.q_bars.wait_free(self.bars, round);
            work.send(self.slots, stage);
            mbarrier_expect(self.bars, self.q_bars.full + stage, BLOCK * size_of::<T>());
            let at = (0, work.row, 0, work.head, work.batch);
            q.load(self.queries, stage * BLOCK, self.bars, self.q_bars.full + stage, at);
            round += 1;
            item = grid_dim() + counter.atomic_add(0, 1);
            let head = work.head / (self.sizes.heads / self.sizes.kv_heads);
            for back in 0..work.tiles {
                let tile = work.tiles - 1 - back;
                let stage = turn % STAGES;
                self.k_bars.acquire(self.bars, turn, TILE * size_of::<T>());
                let at = (0, tile * KEY, 0, head, work.batch);
                k.load(self.k_ring, stage * TILE, self.bars, self.k_bars.full + stage, at);
                if turn > 0 {
                    self.copy_values(v, late, turn - 1);
                }
                late = (tile, head, work.batch);
                turn += 1;
            }
        }
        if turn > 0 {
            self.copy_values(v, late, turn - 1);
            // The last number that the grid draws: the next launch starts from 0 again.
            if item == items + grid_dim() - 1 {
                counter[0] = 0;
            }
        }
        self.q_bars.wait_free(self.bars, round);
        let none = Work { row: 0, head: 0, batch: 0, tiles: 0, open: 0 };
        none.send(self.slots, round % Q_STAGES);
        mbarrier_arrive(self.bars, self.q_bars.full + round % Q_STAGES);
    }

    /// Copies the values of a (tile, head, batch).
    fn copy_values(self, v: &TensorMap<T>, of: (u32, u32, u32), turn: u32) {
        let stage = turn % STAGES;
        self.v_bars.acquire(self.bars, turn, KEY * HEAD_DIM * size_of::<T>());
        let at = (0, of.0 * KEY, 0, of.1, of.2);
        v.load(self.v_ring, stage * KEY * HEAD_DIM, self.bars, self.v_bars.full + stage, at);
    }

    /// The n-th block. Causal ones come longest first, within groups of heads whose keys and values
    /// stay in the L2 cache: 32 MB of them, and half of that where blocks are so short that reading
    /// them again is what costs.
    fn work(self, item: u32, blocks: u32) -> Work {
        let mut row = 0u32;
        let mut flat = 0u32;
        let mut tiles = self.sizes.keys.div_ceil(KEY);
        let mut open = self.sizes.keys / KEY;
        if CAUSAL {
            let all = self.sizes.heads * self.sizes.batch;
            let cache = select(self.sizes.keys > 2048, 0x2000000, 0x1000000);
            let head = self.sizes.keys * HEAD_DIM * 4 / (self.sizes.heads / self.sizes.kv_heads);
            let share = max(cache / head, 1);
            let first = item / (blocks * share) * share;
            let width = min(share, all - first);
            let within = item - first * blocks;
            row = (blocks - 1 - within / width) * 64 * GROUPS;
            flat = first + within % width;
            let position = row + self.sizes.keys - self.sizes.tokens;
            tiles = min(tiles, (position + 64 * GROUPS).div_ceil(KEY));
            open = min(open, (position + 1) / KEY);
        } else {
            row = item % blocks * 64 * GROUPS;
            flat = item / blocks;
        }
        let (head, batch) = (flat % self.sizes.heads, flat / self.sizes.heads);
        Work { row: row, head: head, batch: batch, tiles: tiles, open: open }
    }

    /// S = Q K^T, issued and committed.
    fn score(self, scores: &mut [f32; KEY / 2], round: u32, stage: u32) {
        let first = round % Q_STAGES * 64 * GROUPS * HEAD_DIM + self.group * 4096;
        for step in unroll(0..HEAD_DIM / 16) {
            let at = step / 4 * GROUPS * 4096 + step % 4 * 16;
            let a = self.queries.descriptor(first + at, 16, 1024, "swizzle_128");
            let at = stage * KEY * HEAD_DIM + step / 4 * KEY * 64 + step % 4 * 16;
            let b = self.k_ring.descriptor(at, 16, 1024, "swizzle_128");
            wgmma::<KEY, T, T>(scores, a, b, step > 0);
        }
        wgmma_commit();
    }

    /// The last key that the thread's rows see, counted from its first column of a key tile.
    fn sees(self, block: u32) -> [i32; 2] {
        let column = (lane_id() % 4 * 2) as i32;
        map(2, |i| {
            let row = block + self.row + i * 8;
            if CAUSAL {
                min(row + self.sizes.keys - self.sizes.tokens, self.sizes.keys - 1) as i32 - column
            } else {
                (self.sizes.keys - 1) as i32 - column
            }
        })
    }

    /// Writes the logarithms of the thread's two rows.
    fn put_logarithms(self, lse: &mut [f32], work: Work, softmax: Softmax) {
        for i in unroll(0..2) {
            let row = work.row + self.row + i * 8;
            let there = row < self.sizes.tokens
                && work.head < self.sizes.heads
                && work.batch < self.sizes.batch;
            if there && lane_id() % 4 == 0 {
                let at =
                    (index(work.batch) * self.sizes.heads + work.head) * self.sizes.tokens + row;
                assume(at < index(self.sizes.batch) * self.sizes.heads * self.sizes.tokens);
                lse[at] = softmax.logarithm(i, self.scale);
            }
        }
    }
}

/// Puts a group's 64 rows into workgroup memory, `[GROUPS, HEAD_DIM / 64, 64, 64]`, every 64 columns
/// swizzled: what is left is to copy them from there.
fn stage_rows<T: Float, const HEAD_DIM: u32>(
    rows: &mut [T],
    sum: [f32; HEAD_DIM / 2],
    factor: [f32; 2],
) {
    let group = subgroup_id() / 4;
    // The last block's rows have left.
    if subgroup_id() % 4 == 0 {
        elect_one(|| bulk_wait_read::<0>());
    }
    named_barrier(4 + group, 128);
    let lane = lane_id();
    let own = group * 64 * HEAD_DIM + (subgroup_id() % 4 * 16 + lane % 16) * 64;
    let swizzle = lane / 16 ^ lane % 8;
    for part in unroll(0..HEAD_DIM / 16) {
        let words = map(4, |m| {
            let at = part * 8 + m * 2;
            word::<T>(sum[at] * factor[m % 2], sum[at + 1] * factor[m % 2])
        });
        let chunk = (part % 4 * 2 ^ swizzle) & 7;
        stmatrix(rows, own + part / 4 * 4096 + chunk * 8, words);
    }
    fence_proxy_async();
    named_barrier(4 + group, 128);
}

/// Writes the thread's part of its two rows, where there is no memory for them to leave through.
fn put_rows<T: Float, const HEAD_DIM: u32>(
    out: &mut [T],
    sizes: Sizes,
    work: Work,
    sum: [f32; HEAD_DIM / 2],
    factor: [f32; 2],
) {
    for i in unroll(0..2) {
        let row = work.row + subgroup_id() * 16 + lane_id() / 4 + i * 8;
        let there = row < sizes.tokens && work.head < sizes.heads && work.batch < sizes.batch;
        for part in unroll(0..HEAD_DIM / 32) {
            let words = quad_transpose(map(4, |j| {
                let at = part * 16 + j * 4 + i * 2;
                word::<T>(sum[at] * factor[i], sum[at + 1] * factor[i])
            }));
            if there {
                let row = (index(work.batch) * sizes.tokens + row) * sizes.heads + work.head;
                assume(row < index(sizes.batch) * sizes.heads * sizes.tokens);
                out.store_as::<u32>(row * HEAD_DIM + part * 32 + lane_id() % 4 * 8, words);
            }
        }
    }
}

/// A block of rows, as the producer tells it the consumers.
struct Work {
    /// Its first row.
    row: u32,
    head: u32,
    batch: u32,
    /// Key tiles that some row sees; 0 when there is no further block.
    tiles: u32,
    /// Of them, those from the first that all rows see whole.
    open: u32,
}

impl Work {
    fn send(self, slots: &mut [u32], slot: u32) {
        slots.store(slot * 8, [self.row, self.head, self.batch, self.tiles]);
        slots[slot * 8 + 4] = self.open;
    }

    fn received(slots: &[u32], slot: u32) -> Work {
        let four = slots.load::<4>(slot * 8);
        let open = slots[slot * 8 + 4];
        Work { row: four[0], head: four[1], batch: four[2], tiles: four[3], open: open }
    }
}
