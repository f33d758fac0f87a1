//! Attention of dense tensors on Hopper (sm_90a): prefill of a batch of sequences of one length.
//!
//! Sources: Dao et al. 2022, algorithm 1; Shah et al. 2024 (FlashAttention-3: roles, ping-pong, overlap of
//! two tiles within a warp group); PTX ISA, "Asynchronous Warpgroup Level Matrix Instructions", "Tensor Map".

/// The score of a masked key, -2^100: below any real one, and its product with the scale is exact and finite.
const MASKED: f32 = -1267650600228229401496703205376.0;
/// `log2(e)`: weights are powers of two.
const LOG2_E: f32 = 1.442695;
/// `1 / log2(e)`
const LN_2: f32 = 0.6931472;
/// Bytes of keys and values that blocks in flight may share in the L2 cache.
const L2_SHARE: u32 = 0x2000000;

/// `out = softmax(scale * Q K^T) V` and the logarithm of each row's sum of weights.
///
/// A persistent workgroup takes blocks of `64 * GROUPS` rows of one query head. One warp of the producer's
/// group copies the rows and tiles of `KEY` keys and values into rings in workgroup memory; each consumer
/// group owns 64 rows: S = Q K^T and O += P V are warp-group products, P stays in registers. The next
/// tile's S is issued before this tile's P V, so that the tensor cores work through the softmax, and
/// with `PING_PONG` the groups take turns, so that one's softmax runs beside the other's products.
#[kernel(
    shapes(out: [batch, tokens, heads, HEAD_DIM], lse: [batch, heads, tokens], counter: [1]),
    grid = workers,
    threads = 128 * (GROUPS + 1),
    targets = [sm_90a],
    tensor_map(q, tile = [64, 64 * GROUPS, HEAD_DIM / 64, 1, 1], swizzle = b128),
    tensor_map(k, tile = [64, KEY, HEAD_DIM / 64, 1, 1], swizzle = b128),
    tensor_map(v, tile = [64, KEY, HEAD_DIM / 64, 1, 1], swizzle = b128),
    require(HEAD_DIM % 64 == 0, "a head has a multiple of 64 dimensions"),
    require(KEY % 16 == 0 && KEY <= 256, "a key tile is a multiple of 16 keys up to 256"),
    require(GROUPS == 2 || GROUPS == 3, "there are two or three consumer groups"),
    when(heads % kv_heads == 0),
    when(tokens <= keys),
    cost(
        bytes = 4 * batch * tokens * heads * HEAD_DIM,
        flops = 4 * batch * tokens * heads * HEAD_DIM * keys,
    ),
)]
pub fn attention_dense<
    T: Float,
    const HEAD_DIM: u32,
    const CAUSAL: bool,
    const GROUPS: u32,
    const KEY: u32,
    const QUERIES: u32,
    const STAGES: u32,
    const PING_PONG: bool,
>(
    q: &TensorMap<T>,
    k: &TensorMap<T>,
    v: &TensorMap<T>,
    out: &mut [T],
    lse: &mut [f32],
    counter: &mut [u32],
    batch: u32,
    tokens: u32,
    keys: u32,
    heads: u32,
    kv_heads: u32,
    workers: u32,
    scale: f32,
) {
    let queries = shared_aligned::<T, { QUERIES * 64 * GROUPS * HEAD_DIM }, 1024>();
    let k_ring = shared_aligned::<T, { STAGES * KEY * HEAD_DIM }, 1024>();
    let v_ring = shared_aligned::<T, { STAGES * KEY * HEAD_DIM }, 1024>();
    let slots = shared_aligned::<u32, { 8 * QUERIES }, 16>();
    let bars = shared::<u64, { 2 * QUERIES + 4 * STAGES }>();
    let k_bars = Ring::<STAGES> { full: 0, empty: STAGES };
    let v_bars = Ring::<STAGES> { full: 2 * STAGES, empty: 3 * STAGES };
    let q_bars = Ring::<QUERIES> { full: 4 * STAGES, empty: 4 * STAGES + QUERIES };
    if thread_id() == 0 {
        q_bars.init(bars, 4 * GROUPS);
        k_bars.init(bars, 4 * GROUPS);
        v_bars.init(bars, 4 * GROUPS);
        fence_mbarrier_init();
    }
    barrier();
    roles(
        role("consumer", 4 * GROUPS, if GROUPS == 2 { 232 } else { 160 }, || {
            let group = subgroup_id() / 4;
            let lane = Lane { row: group * 64 + subgroup_id() % 4 * 16 + lane_id() / 4 };
            let to_log2 = scale * LOG2_E;
            let mut scores = uninitialised::<[f32; KEY / 2]>();
            let mut sum = [0.0f32; HEAD_DIM / 2];
            let mut weights = uninitialised::<[u32; KEY / 4]>();
            let mut softmax = Softmax::new();
            let turns = Turns::<GROUPS, PING_PONG> { group: group };
            turns.start();
            // Turns of the K and V rings, rounds of the Q ring.
            let mut turn = 0u32;
            let mut round = 0u32;
            q_bars.wait(bars, round);
            let mut work = Work::received(slots, 0);
            if work.tiles > 0 {
                let mut tile = work.tiles - 1;
                let mut sees = map(2, |i| last_key::<CAUSAL>(work.row + lane.row + i * 8, tokens, keys));
                k_bars.wait(bars, turn);
                wgmma_fence();
                score_tile::<T, HEAD_DIM, GROUPS, KEY>(&mut scores, queries, k_ring, group, 0, 0);
                wgmma_wait::<0>();
                k_bars.release(bars, turn);
                if tile == 0 {
                    q_bars.release(bars, round);
                }
                if tile >= work.open {
                    mask::<KEY>(&mut scores, sees, tile);
                }
                softmax.weigh::<KEY>(&mut scores, to_log2);
                pack::<T, KEY>(&mut weights, scores);
                // S of the next tile is issued before P V of this one; the next tile may be the first
                // of the next block.
                loop {
                    let p = weights;
                    let fresh = tile == 0;
                    let mut next = work;
                    if fresh {
                        round += 1;
                        q_bars.wait(bars, round);
                        next = Work::received(slots, round % QUERIES);
                        if next.tiles == 0 {
                            break;
                        }
                        tile = next.tiles;
                    }
                    tile -= 1;
                    k_bars.wait(bars, turn + 1);
                    turns.wait();
                    wgmma_fence();
                    score_tile::<T, HEAD_DIM, GROUPS, KEY>(
                        &mut scores,
                        queries,
                        k_ring,
                        group,
                        round % QUERIES,
                        (turn + 1) % STAGES,
                    );
                    v_bars.wait(bars, turn);
                    add_values::<T, HEAD_DIM, KEY>(&mut sum, p, v_ring, turn % STAGES);
                    turns.pass();
                    wgmma_wait::<1>();
                    k_bars.release(bars, turn + 1);
                    if tile == 0 {
                        q_bars.release(bars, round);
                    }
                    if fresh {
                        wgmma_wait::<0>();
                        v_bars.release(bars, turn);
                        softmax.finish();
                        let place = Place { batch: work.batch, head: work.head, row: work.row + lane.row };
                        place.put::<T, HEAD_DIM>(out, lse, sum, softmax, [batch, tokens, heads], scale);
                        work = next;
                        softmax = Softmax::new();
                        for i in unroll(0..HEAD_DIM / 2) {
                            sum[i] = 0.0;
                        }
                        for i in unroll(0..2) {
                            sees[i] = last_key::<CAUSAL>(work.row + lane.row + i * 8, tokens, keys);
                        }
                    }
                    if tile >= work.open {
                        mask::<KEY>(&mut scores, sees, tile);
                    }
                    softmax.weigh::<KEY>(&mut scores, to_log2);
                    wgmma_wait::<0>();
                    if !fresh {
                        v_bars.release(bars, turn);
                    }
                    pack::<T, KEY>(&mut weights, scores);
                    for i in unroll(0..HEAD_DIM / 2) {
                        sum[i] *= softmax.factor[i / 2 % 2];
                    }
                    turn += 1;
                }
                let p = weights;
                v_bars.wait(bars, turn);
                wgmma_fence();
                add_values::<T, HEAD_DIM, KEY>(&mut sum, p, v_ring, turn % STAGES);
                wgmma_wait::<0>();
                softmax.finish();
                let place = Place { batch: work.batch, head: work.head, row: work.row + lane.row };
                place.put::<T, HEAD_DIM>(out, lse, sum, softmax, [batch, tokens, heads], scale);
            }
        }),
        role("producer", 4, if GROUPS == 2 { 40 } else { 32 }, || {
            if subgroup_id() == 4 * GROUPS {
                elect_one(|| {
                    q.prefetch();
                    k.prefetch();
                    v.prefetch();
                    let plan = Plan::<HEAD_DIM, CAUSAL, { 64 * GROUPS }, KEY> {
                        blocks: tokens.div_ceil(64 * GROUPS),
                        batch: batch,
                        tokens: tokens,
                        keys: keys,
                        heads: heads,
                        group: heads / kv_heads,
                    };
                    let copy_v = |tile, head, batch, turn| {
                        let stage = turn % STAGES;
                        v_bars.acquire(bars, turn, KEY * HEAD_DIM * size_of::<T>());
                        let at = (0, tile * KEY, 0, head, batch);
                        v.load(v_ring, stage * KEY * HEAD_DIM, bars, v_bars.full + stage, at);
                    };
                    let items = plan.items();
                    let mut turn = 0u32;
                    let mut round = 0u32;
                    // The tile whose keys were copied last: its values follow the next tile's keys.
                    let mut late = (0u32, 0u32, 0u32);
                    let mut item = block_id();
                    while item < items {
                        let work = plan.work(item);
                        q_bars.wait_free(bars, round);
                        work.send(slots, round % QUERIES);
                        let stage = round % QUERIES;
                        mbarrier_expect(bars, q_bars.full + stage, 64 * GROUPS * HEAD_DIM * size_of::<T>());
                        let at = (0, work.row, 0, work.head, work.batch);
                        q.load(queries, stage * 64 * GROUPS * HEAD_DIM, bars, q_bars.full + stage, at);
                        round += 1;
                        item = grid_dim() + counter.atomic_add(0, 1);
                        let head = work.head / plan.group;
                        for back in 0..work.tiles {
                            let tile = work.tiles - 1 - back;
                            let stage = turn % STAGES;
                            k_bars.acquire(bars, turn, KEY * HEAD_DIM * size_of::<T>());
                            let at = (0, tile * KEY, 0, head, work.batch);
                            k.load(k_ring, stage * KEY * HEAD_DIM, bars, k_bars.full + stage, at);
                            if turn > 0 {
                                copy_v(late.0, late.1, late.2, turn - 1);
                            }
                            late = (tile, head, work.batch);
                            turn += 1;
                        }
                    }
                    if turn > 0 {
                        copy_v(late.0, late.1, late.2, turn - 1);
                    }
                    q_bars.wait_free(bars, round);
                    let none = Work { row: 0, head: 0, batch: 0, tiles: 0, open: 0 };
                    none.send(slots, round % QUERIES);
                    mbarrier_arrive(bars, q_bars.full + round % QUERIES);
                    // The last number that the grid draws: the next launch starts from 0 again.
                    if turn > 0 && item == items + grid_dim() - 1 {
                        counter[0] = 0;
                    }
                });
            }
        }),
    );
}

/// S = Q K^T, issued and committed: rows of consumer group `group`, keys of a stage.
fn score_tile<T: Float, const HEAD_DIM: u32, const GROUPS: u32, const KEY: u32>(
    scores: &mut [f32; KEY / 2],
    queries: &[T],
    k_ring: &[T],
    group: u32,
    query_stage: u32,
    stage: u32,
) {
    let first = query_stage * 64 * GROUPS * HEAD_DIM + group * 4096;
    for step in unroll(0..HEAD_DIM / 16) {
        let at = step / 4 * GROUPS * 4096 + step % 4 * 16;
        let a = queries.descriptor(first + at, 16, 1024, "swizzle_128");
        let at = step / 4 * KEY * 64 + step % 4 * 16;
        let b = k_ring.descriptor(stage * KEY * HEAD_DIM + at, 16, 1024, "swizzle_128");
        wgmma::<KEY, T, T>(scores, a, b, step > 0);
    }
    wgmma_commit();
}

/// O += P V, issued and committed: values of a stage.
fn add_values<T: Float, const HEAD_DIM: u32, const KEY: u32>(
    sum: &mut [f32; HEAD_DIM / 2],
    p: [u32; KEY / 4],
    v_ring: &[T],
    stage: u32,
) {
    for step in unroll(0..KEY / 16) {
        let a = map(4, |i| p[step * 4 + i]);
        let at = stage * KEY * HEAD_DIM + step * 1024;
        let b = v_ring.descriptor(at, KEY * 128, 1024, "swizzle_128");
        wgmma::<HEAD_DIM, T, T>(sum, a, b, true, "transpose_b");
    }
    wgmma_commit();
}

/// mbarriers of a ring of `STAGES` buffers, by index: the n-th turn takes the stage `n % STAGES`.
struct Ring<const STAGES: u32> {
    /// The first of the barriers that say "filled".
    full: u32,
    /// The first of the barriers that say "free again".
    empty: u32,
}

impl<const STAGES: u32> Ring<STAGES> {
    /// Before any use, by one thread: `readers` warps release a buffer.
    fn init(self, bars: &mut [u64], readers: u32) {
        for stage in unroll(0..STAGES) {
            mbarrier_init(bars, self.full + stage, 1);
            mbarrier_init(bars, self.empty + stage, readers);
        }
    }

    /// The producer's: waits until the buffer is free.
    fn wait_free(self, bars: &mut [u64], turn: u32) {
        mbarrier_wait(bars, self.empty + turn % STAGES, turn / STAGES % 2 ^ 1);
    }

    /// The producer's: waits until the buffer is free, and announces `bytes`.
    fn acquire(self, bars: &mut [u64], turn: u32, bytes: u32) {
        self.wait_free(bars, turn);
        mbarrier_expect(bars, self.full + turn % STAGES, bytes);
    }

    /// A reader's: waits until the buffer is filled.
    fn wait(self, bars: &mut [u64], turn: u32) {
        mbarrier_wait(bars, self.full + turn % STAGES, turn / STAGES % 2);
    }

    /// A reading warp's: the buffer may be filled again.
    fn release(self, bars: &mut [u64], turn: u32) {
        if lane_id() == 0 {
            mbarrier_arrive(bars, self.empty + turn % STAGES);
        }
    }
}

/// The order in which consumer groups issue their products.
struct Turns<const GROUPS: u32, const ON: bool> {
    group: u32,
}

impl<const GROUPS: u32, const ON: bool> Turns<GROUPS, ON> {
    /// The last group gives the first its turn.
    fn start(self) {
        if ON {
            if self.group == GROUPS - 1 {
                named_barrier_arrive(1, 256);
            }
        }
    }

    fn wait(self) {
        if ON {
            named_barrier(1 + self.group, 256);
        }
    }

    fn pass(self) {
        if ON {
            named_barrier_arrive(select(self.group == GROUPS - 1, 1, self.group + 2), 256);
        }
    }
}

/// Which block comes when, and what it sees.
struct Plan<const HEAD_DIM: u32, const CAUSAL: bool, const ROWS: u32, const KEY: u32> {
    /// Blocks of rows of a head.
    blocks: u32,
    batch: u32,
    tokens: u32,
    keys: u32,
    heads: u32,
    /// Query heads that share a key head.
    group: u32,
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

impl<const HEAD_DIM: u32, const CAUSAL: bool, const ROWS: u32, const KEY: u32>
    Plan<HEAD_DIM, CAUSAL, ROWS, KEY>
{
    fn items(self) -> u32 {
        self.blocks * self.heads * self.batch
    }

    /// The n-th block. Causal blocks come longest first, within groups of heads whose keys and values
    /// stay in the L2 cache.
    fn work(self, item: u32) -> Work {
        let mut row = 0u32;
        let mut flat = 0u32;
        if CAUSAL {
            let all = self.heads * self.batch;
            let share = max(L2_SHARE / (self.keys * HEAD_DIM * 4 / self.group), 1);
            let first = item / (self.blocks * share) * share;
            let width = min(share, all - first);
            let within = item - first * self.blocks;
            row = (self.blocks - 1 - within / width) * ROWS;
            flat = first + within % width;
        } else {
            row = item % self.blocks * ROWS;
            flat = item / self.blocks;
        }
        let mut tiles = self.keys.div_ceil(KEY);
        let mut open = self.keys / KEY;
        if CAUSAL {
            let position = row + self.keys - self.tokens;
            tiles = min(tiles, (position + ROWS).div_ceil(KEY));
            open = min(open, (position + 1) / KEY);
        }
        let (head, batch) = (flat % self.heads, flat / self.heads);
        Work { row: row, head: head, batch: batch, tiles: tiles, open: open }
    }
}

/// The last key that a row sees, counted from the lane's first column of a key tile.
fn last_key<const CAUSAL: bool>(row: u32, tokens: u32, keys: u32) -> i32 {
    let column = (lane_id() % 4 * 2) as i32;
    if CAUSAL {
        min(row + keys - tokens, keys - 1) as i32 - column
    } else {
        (keys - 1) as i32 - column
    }
}

/// Which rows of a block a lane has: this one, and the eighth after it.
struct Lane {
    row: u32,
}

/// Two rows of the output, eight apart.
struct Place {
    batch: u32,
    head: u32,
    row: u32,
}

impl Place {
    /// Writes the lane's part of both rows.
    fn put<T: Float, const HEAD_DIM: u32>(
        self,
        out: &mut [T],
        lse: &mut [f32],
        sum: [f32; HEAD_DIM / 2],
        softmax: Softmax,
        sizes: [u32; 3],
        scale: f32,
    ) {
        let (batch, tokens, heads) = (sizes[0], sizes[1], sizes[2]);
        for i in unroll(0..2) {
            let row = self.row + i * 8;
            let there = row < tokens && self.head < heads && self.batch < batch;
            if there && lane_id() % 4 == 0 {
                let at = (index(self.batch) * heads + self.head) * tokens + row;
                lse[at] = softmax.logarithm(i, scale);
            }
            for part in unroll(0..HEAD_DIM / 32) {
                let words = quad_transpose(map(4, |j| {
                    let at = part * 16 + j * 4 + i * 2;
                    word::<T>(sum[at] * softmax.factor[i], sum[at + 1] * softmax.factor[i])
                }));
                if there {
                    let row = (index(self.batch) * tokens + row) * heads + self.head;
                    out.store_as::<u32>(row * HEAD_DIM + part * 32 + lane_id() % 4 * 8, words);
                }
            }
        }
    }
}

/// Masks the scores of the keys beyond the last that the two rows see.
fn mask<const KEY: u32>(scores: &mut [f32; KEY / 2], sees: [i32; 2], tile: u32) {
    let last = map(2, |i| sees[i] - (tile * KEY) as i32);
    for i in unroll(0..KEY / 2) {
        let key = i / 4 * 8 + i % 2;
        scores[i] = select(key as i32 <= last[i / 2 % 2], scores[i], MASKED);
    }
}

/// Online softmax of a lane's two rows; a row's four lanes agree on `best`, `total` is each lane's own.
struct Softmax {
    /// The highest score so far, unscaled.
    best: [f32; 2],
    /// The sum of this lane's weights.
    total: [f32; 2],
    /// What the sum so far is to be multiplied by.
    factor: [f32; 2],
}

impl Softmax {
    fn new() -> Softmax {
        Softmax { best: [MASKED; 2], total: [0.0; 2], factor: [0.0; 2] }
    }

    /// Turns scores into weights.
    fn weigh<const KEY: u32>(&mut self, scores: &mut [f32; KEY / 2], to_log2: f32) {
        let mut high = map(4, |i| scores[i]);
        for i in unroll(4..KEY / 2) {
            high[i % 4] = max(high[i % 4], scores[i]);
        }
        let mut shift = [0.0f32; 2];
        for i in unroll(0..2) {
            let mut best = max(high[i * 2], high[i * 2 + 1]);
            best = max(best, shuffle_xor(best, 1));
            best = max(best, shuffle_xor(best, 2));
            best = max(best, self.best[i]);
            shift[i] = -(best * to_log2);
            self.factor[i] = exp2_approx(fma(self.best[i], to_log2, shift[i]));
            self.best[i] = best;
        }
        let mut total = [0.0f32; 4];
        for i in unroll(0..KEY / 2) {
            let weight = exp2_approx(fma(scores[i], to_log2, shift[i / 2 % 2]));
            scores[i] = weight;
            if i < 4 {
                total[i] = weight;
            } else {
                total[i % 4] += weight;
            }
        }
        for i in unroll(0..2) {
            self.total[i] = fma(self.total[i], self.factor[i], total[i * 2] + total[i * 2 + 1]);
        }
    }

    /// Sums the lanes' totals; `factor` becomes the reciprocal, 0 for a row without a key.
    fn finish(&mut self) {
        for i in unroll(0..2) {
            let mut total = self.total[i];
            total += shuffle_xor(total, 1);
            total += shuffle_xor(total, 2);
            self.total[i] = select(self.best[i] > MASKED, total, 0.0);
            self.factor[i] = select(self.best[i] > MASKED, rcp_approx(total), 0.0);
        }
    }

    /// The logarithm of a row's sum of weights; negative infinity without a key.
    fn logarithm(self, i: u32, scale: f32) -> f32 {
        fma(log2_approx(self.total[i]), LN_2, self.best[i] * scale)
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

/// The accumulator's layout of S is the left operand's of P V: no lane moves anything.
fn pack<T: Float, const KEY: u32>(weights: &mut [u32; KEY / 4], scores: [f32; KEY / 2]) {
    for i in unroll(0..KEY / 4) {
        weights[i] = word::<T>(scores[i * 2], scores[i * 2 + 1]);
    }
}

/// Lane n of a quad gets the n-th words of its four lanes.
fn quad_transpose(words: [u32; 4]) -> [u32; 4] {
    let mut w = words;
    for step in unroll(0..2) {
        let upper = lane_id() >> step & 1 == 1;
        for pair in unroll(0..2) {
            let a = if step == 0 { pair * 2 } else { pair };
            let b = if step == 0 { pair * 2 + 1 } else { pair + 2 };
            let other = shuffle_xor(select(upper, w[a], w[b]), 1 << step);
            w[a] = select(upper, other, w[a]);
            w[b] = select(upper, w[b], other);
        }
    }
    w
}
