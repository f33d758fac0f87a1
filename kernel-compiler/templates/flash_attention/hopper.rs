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
    tensor_map(out_map, tile = [64, 64, HEAD_DIM / 64, 1, 1], swizzle = b128),
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
    const LATE: bool,
    const DEFER: bool,
    const AHEAD: bool,
    const STAGED: bool,
>(
    q: &TensorMap<T>,
    k: &TensorMap<T>,
    v: &TensorMap<T>,
    out_map: &TensorMap<T>,
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
    let rows = shared_aligned::<T, { if STAGED { 64 * GROUPS * HEAD_DIM } else { 512 } }, 1024>();
    let slots = shared_aligned::<u32, { 8 * QUERIES }, 16>();
    let bars = shared::<u64, { 2 * QUERIES + 4 * STAGES }>();
    let tiles = Tiles::<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES> {
        queries: queries,
        k_ring: k_ring,
        v_ring: v_ring,
        slots: slots,
        bars: bars,
        q_bars: Ring::<QUERIES> { full: 4 * STAGES, empty: 4 * STAGES + QUERIES },
        k_bars: Ring::<STAGES> { full: 0, empty: STAGES },
        v_bars: Ring::<STAGES> { full: 2 * STAGES, empty: 3 * STAGES },
        group: subgroup_id() / 4,
        row: subgroup_id() * 16 + lane_id() / 4,
        tokens: tokens,
        keys: keys,
        to_log2: scale * LOG2_E,
    };
    let (q_bars, k_bars, v_bars) = (tiles.q_bars, tiles.k_bars, tiles.v_bars);
    if thread_id() == 0 {
        q_bars.init(bars, 4 * GROUPS);
        k_bars.init(bars, 4 * GROUPS);
        v_bars.init(bars, 4 * GROUPS);
        fence_mbarrier_init();
    }
    barrier();
    roles(
        role("consumer", 4 * GROUPS, if GROUPS == 2 { 232 } else { 160 }, || {
            let mut consumer = Consumer::<HEAD_DIM, GROUPS, KEY, PING_PONG, LATE, DEFER, AHEAD> {
                work: Work { row: 0, head: 0, batch: 0, tiles: 0, open: 0 },
                tile: 0,
                sees: [0; 2],
                turn: 0,
                round: 0,
                scores: uninitialised::<[f32; KEY / 2]>(),
                weights: uninitialised::<[u32; KEY / 4]>(),
                other: uninitialised::<[u32; KEY / 4]>(),
                softmax: Softmax::new(),
                sum: [0.0; HEAD_DIM / 2],
            };
            consumer.start(tiles);
            if consumer.tile > 0 {
                consumer.first(tiles);
                if AHEAD {
                    loop {
                        if consumer.tile > 0 {
                            consumer.ahead::<T, CAUSAL, QUERIES, STAGES, 0>(tiles);
                        } else {
                            let next = consumer.next(tiles);
                            if next.tiles == 0 {
                                consumer.last_ahead::<T, CAUSAL, QUERIES, STAGES, 0>(tiles);
                                let place = consumer.place(tiles);
                                place.put_logarithms(lse, consumer.softmax, [batch, tokens, heads], scale);
                                if STAGED {
                                    stage_rows::<T, HEAD_DIM>(rows, consumer.sum, consumer.softmax.factor, tiles.group);
                                    if subgroup_id() % 4 == 0 {
                                        elect_one(|| {
                                            let at = (0, consumer.work.row + tiles.group * 64, 0, consumer.work.head, consumer.work.batch);
                                            out_map.store(rows, tiles.group * 64 * HEAD_DIM, at);
                                            bulk_commit();
                                        });
                                    }
                                } else {
                                    place.put::<T, HEAD_DIM>(out, consumer.sum, consumer.softmax, [batch, tokens, heads]);
                                }
                                break;
                            }
                            consumer.tile = next.tiles;
                            consumer.issue_ahead::<T, CAUSAL, QUERIES, STAGES, 0>(tiles);
                            consumer.close_ahead(tiles);
                            let place = consumer.place(tiles);
                            place.put_logarithms(lse, consumer.softmax, [batch, tokens, heads], scale);
                            if STAGED {
                                stage_rows::<T, HEAD_DIM>(rows, consumer.sum, consumer.softmax.factor, tiles.group);
                                if subgroup_id() % 4 == 0 {
                                    elect_one(|| {
                                        let at = (0, consumer.work.row + tiles.group * 64, 0, consumer.work.head, consumer.work.batch);
                                        out_map.store(rows, tiles.group * 64 * HEAD_DIM, at);
                                        bulk_commit();
                                    });
                                }
                            } else {
                                place.put::<T, HEAD_DIM>(out, consumer.sum, consumer.softmax, [batch, tokens, heads]);
                            }
                            consumer.open_ahead::<T, CAUSAL, QUERIES, STAGES, 0>(tiles, next);
                        }
                        if consumer.tile > 0 {
                            consumer.ahead::<T, CAUSAL, QUERIES, STAGES, 1>(tiles);
                        } else {
                            let next = consumer.next(tiles);
                            if next.tiles == 0 {
                                consumer.last_ahead::<T, CAUSAL, QUERIES, STAGES, 1>(tiles);
                                let place = consumer.place(tiles);
                                place.put_logarithms(lse, consumer.softmax, [batch, tokens, heads], scale);
                                if STAGED {
                                    stage_rows::<T, HEAD_DIM>(rows, consumer.sum, consumer.softmax.factor, tiles.group);
                                    if subgroup_id() % 4 == 0 {
                                        elect_one(|| {
                                            let at = (0, consumer.work.row + tiles.group * 64, 0, consumer.work.head, consumer.work.batch);
                                            out_map.store(rows, tiles.group * 64 * HEAD_DIM, at);
                                            bulk_commit();
                                        });
                                    }
                                } else {
                                    place.put::<T, HEAD_DIM>(out, consumer.sum, consumer.softmax, [batch, tokens, heads]);
                                }
                                break;
                            }
                            consumer.tile = next.tiles;
                            consumer.issue_ahead::<T, CAUSAL, QUERIES, STAGES, 1>(tiles);
                            consumer.close_ahead(tiles);
                            let place = consumer.place(tiles);
                            place.put_logarithms(lse, consumer.softmax, [batch, tokens, heads], scale);
                            if STAGED {
                                stage_rows::<T, HEAD_DIM>(rows, consumer.sum, consumer.softmax.factor, tiles.group);
                                if subgroup_id() % 4 == 0 {
                                    elect_one(|| {
                                        let at = (0, consumer.work.row + tiles.group * 64, 0, consumer.work.head, consumer.work.batch);
                                        out_map.store(rows, tiles.group * 64 * HEAD_DIM, at);
                                        bulk_commit();
                                    });
                                }
                            } else {
                                place.put::<T, HEAD_DIM>(out, consumer.sum, consumer.softmax, [batch, tokens, heads]);
                            }
                            consumer.open_ahead::<T, CAUSAL, QUERIES, STAGES, 1>(tiles, next);
                        }
                    }
                } else {
                loop {
                    while consumer.tile > consumer.work.open {
                        consumer.step::<T, CAUSAL, QUERIES, STAGES, true>(tiles);
                    }
                    while consumer.tile > 0 {
                        consumer.step::<T, CAUSAL, QUERIES, STAGES, false>(tiles);
                    }
                    let next = consumer.next(tiles);
                    if next.tiles == 0 {
                        break;
                    }
                    consumer.tile = next.tiles;
                    consumer.issue(tiles);
                    consumer.close(tiles);
                    let place = consumer.place(tiles);
                    place.put_logarithms(lse, consumer.softmax, [batch, tokens, heads], scale);
                    if STAGED {
                        stage_rows::<T, HEAD_DIM>(rows, consumer.sum, consumer.softmax.factor, tiles.group);
                        if subgroup_id() % 4 == 0 {
                            elect_one(|| {
                                let at = (0, consumer.work.row + tiles.group * 64, 0, consumer.work.head, consumer.work.batch);
                                out_map.store(rows, tiles.group * 64 * HEAD_DIM, at);
                                bulk_commit();
                            });
                        }
                    } else {
                        place.put::<T, HEAD_DIM>(out, consumer.sum, consumer.softmax, [batch, tokens, heads]);
                    }
                    consumer.open(tiles, next);
                }
                consumer.last(tiles);
                let place = consumer.place(tiles);
                place.put_logarithms(lse, consumer.softmax, [batch, tokens, heads], scale);
                if STAGED {
                    stage_rows::<T, HEAD_DIM>(rows, consumer.sum, consumer.softmax.factor, tiles.group);
                    if subgroup_id() % 4 == 0 {
                        elect_one(|| {
                            let at = (0, consumer.work.row + tiles.group * 64, 0, consumer.work.head, consumer.work.batch);
                            out_map.store(rows, tiles.group * 64 * HEAD_DIM, at);
                            bulk_commit();
                        });
                    }
                } else {
                    place.put::<T, HEAD_DIM>(out, consumer.sum, consumer.softmax, [batch, tokens, heads]);
                }
                }
                if STAGED {
                    if subgroup_id() % 4 == 0 {
                        elect_one(|| bulk_wait::<0>());
                    }
                }
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

/// What a thread of a consumer group works on.
struct Tiles<
    T: Float,
    const HEAD_DIM: u32,
    const CAUSAL: bool,
    const GROUPS: u32,
    const KEY: u32,
    const QUERIES: u32,
    const STAGES: u32,
> {
    /// `[QUERIES, HEAD_DIM / 64, 64 * GROUPS, 64]`, each of the 64 columns swizzled.
    queries: &[T],
    /// `[STAGES, HEAD_DIM / 64, KEY, 64]`
    k_ring: &[T],
    /// As `k_ring`.
    v_ring: &[T],
    slots: &[u32],
    bars: &mut [u64],
    q_bars: Ring<QUERIES>,
    k_bars: Ring<STAGES>,
    v_bars: Ring<STAGES>,
    /// The consumer group.
    group: u32,
    /// The first of the thread's two rows in a block; the other is the eighth after it.
    row: u32,
    tokens: u32,
    keys: u32,
    to_log2: f32,
}

impl<
    T: Float,
    const HEAD_DIM: u32,
    const CAUSAL: bool,
    const GROUPS: u32,
    const KEY: u32,
    const QUERIES: u32,
    const STAGES: u32,
> Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>
{
    /// S = Q K^T, issued and committed.
    fn score(self, scores: &mut [f32; KEY / 2], round: u32, turn: u32) {
        let first = round % QUERIES * 64 * GROUPS * HEAD_DIM + self.group * 4096;
        for step in unroll(0..HEAD_DIM / 16) {
            let at = step / 4 * GROUPS * 4096 + step % 4 * 16;
            let a = self.queries.descriptor(first + at, 16, 1024, "swizzle_128");
            let at = turn % STAGES * KEY * HEAD_DIM + step / 4 * KEY * 64 + step % 4 * 16;
            let b = self.k_ring.descriptor(at, 16, 1024, "swizzle_128");
            wgmma::<KEY, T, T>(scores, a, b, step > 0);
        }
        wgmma_commit();
    }

    /// O += P V, issued and committed.
    fn add_values(self, sum: &mut [f32; HEAD_DIM / 2], p: [u32; KEY / 4], turn: u32) {
        for step in unroll(0..KEY / 16) {
            let a = map(4, |i| p[step * 4 + i]);
            let at = turn % STAGES * KEY * HEAD_DIM + step * 1024;
            let b = self.v_ring.descriptor(at, KEY * 128, 1024, "swizzle_128");
            wgmma::<HEAD_DIM, T, T>(sum, a, b, true, "transpose_b");
        }
        wgmma_commit();
    }

    /// The accumulator's layout of S is the left operand's of P V: no lane moves anything.
    fn pack(self, weights: &mut [u32; KEY / 4], scores: [f32; KEY / 2]) {
        for i in unroll(0..KEY / 4) {
            weights[i] = word::<T>(scores[i * 2], scores[i * 2 + 1]);
        }
    }

    /// The last key that the thread's rows see, counted from its first column of a key tile.
    fn sees(self, block: u32) -> [i32; 2] {
        let column = (lane_id() % 4 * 2) as i32;
        map(2, |i| {
            let row = block + self.row + i * 8;
            if CAUSAL {
                min(row + self.keys - self.tokens, self.keys - 1) as i32 - column
            } else {
                (self.keys - 1) as i32 - column
            }
        })
    }
}

/// A consumer group: 64 rows of a block.
struct Consumer<
    const HEAD_DIM: u32,
    const GROUPS: u32,
    const KEY: u32,
    const PING_PONG: bool,
    const LATE: bool,
    const DEFER: bool,
    const AHEAD: bool,
> {
    work: Work,
    /// The tile of keys in `weights`, counted from the first; tiles are walked from the last.
    tile: u32,
    /// The last key that each of the two rows sees, counted from the thread's first column.
    sees: [i32; 2],
    /// The turn of the rings of keys and values.
    turn: u32,
    /// The turn of the ring of queries.
    round: u32,
    scores: [f32; KEY / 2],
    weights: [u32; KEY / 4],
    other: [u32; KEY / 4],
    softmax: Softmax,
    sum: [f32; HEAD_DIM / 2],
}

impl<
    const HEAD_DIM: u32,
    const GROUPS: u32,
    const KEY: u32,
    const PING_PONG: bool,
    const LATE: bool,
    const DEFER: bool,
    const AHEAD: bool,
> Consumer<HEAD_DIM, GROUPS, KEY, PING_PONG, LATE, DEFER, AHEAD>
{
    /// Receives the first block, and starts the turns: the last group gives the first its own.
    fn start<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        if PING_PONG {
            if on.group == GROUPS - 1 {
                named_barrier_arrive(1, 256);
            }
        }
        on.q_bars.wait(on.bars, 0);
        self.work = Work::received(on.slots, 0);
        self.tile = self.work.tiles;
    }

    /// The weights of the very first tile.
    fn first<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        self.tile -= 1;
        self.sees = on.sees(self.work.row);
        on.k_bars.wait(on.bars, 0);
        wgmma_fence();
        on.score(&mut self.scores, self.round, 0);
        wgmma_wait::<0>();
        self.release_keys(on, 0);
        self.weigh(on, self.tile >= self.work.open);
        on.pack(&mut self.weights, self.scores);
    }

    /// O += P V of this tile beside the weights of the next one.
    fn step<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32, const MASKED: bool>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        self.issue(on);
        wgmma_wait::<1>();
        self.release_keys(on, self.turn + 1);
        self.weigh(on, MASKED);
        if LATE {
            if subgroup_any(self.softmax.total[0] + self.softmax.total[1] < 0.0) {
                mbarrier_arrive(on.bars, 0);
            }
        }
        wgmma_wait::<0>();
        on.v_bars.release(on.bars, self.turn);
        self.turn += 1;
        on.pack(&mut self.weights, self.scores);
        if !DEFER {
            self.rescale();
        }
    }

    /// Issues S = Q K^T of the next tile, then O += P V of this one.
    fn issue<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        let p = self.weights;
        self.tile -= 1;
        on.k_bars.wait(on.bars, self.turn + 1);
        if PING_PONG {
            named_barrier(1 + on.group, 256);
        }
        wgmma_fence();
        on.score(&mut self.scores, self.round, self.turn + 1);
        if DEFER {
            self.rescale();
        }
        on.v_bars.wait(on.bars, self.turn);
        if DEFER {
            wgmma_fence();
        }
        on.add_values(&mut self.sum, p, self.turn);
        if PING_PONG {
            named_barrier_arrive(select(on.group == GROUPS - 1, 1, on.group + 2), 256);
        }
    }

    /// The sum so far shrinks where a row's highest score has grown.
    fn rescale(&mut self) {
        for i in unroll(0..HEAD_DIM / 2) {
            self.sum[i] *= self.softmax.factor[i / 2 % 2];
        }
    }

    fn issue_ahead<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32, const P: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        let p = if P == 0 { self.weights } else { self.other };
        self.tile -= 1;
        on.k_bars.wait(on.bars, self.turn + 1);
        if PING_PONG {
            named_barrier(1 + on.group, 256);
        }
        wgmma_fence();
        on.score(&mut self.scores, self.round, 1 - P);
        wgmma_wait::<1>();
        if self.turn > 0 {
            on.v_bars.release(on.bars, self.turn - 1);
        }
        self.rescale();
        on.v_bars.wait(on.bars, self.turn);
        wgmma_fence();
        on.add_values(&mut self.sum, p, P);
        if PING_PONG {
            named_barrier_arrive(select(on.group == GROUPS - 1, 1, on.group + 2), 256);
        }
        wgmma_wait::<1>();
        self.release_keys(on, self.turn + 1);
        self.turn += 1;
    }

    fn ahead<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32, const P: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        self.issue_ahead::<T, CAUSAL, QUERIES, STAGES, P>(on);
        self.weigh(on, self.tile >= self.work.open);
        if P == 0 {
            on.pack(&mut self.other, self.scores);
        } else {
            on.pack(&mut self.weights, self.scores);
        }
    }

    fn close_ahead<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        wgmma_wait::<0>();
        self.softmax.finish();
    }

    fn open_ahead<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32, const P: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>, next: Work) {
        self.work = next;
        self.sees = on.sees(self.work.row);
        self.softmax = Softmax::new();
        self.weigh(on, self.tile >= self.work.open);
        if P == 0 {
            on.pack(&mut self.other, self.scores);
        } else {
            on.pack(&mut self.weights, self.scores);
        }
        for i in unroll(0..HEAD_DIM / 2) {
            self.sum[i] = 0.0;
        }
    }

    fn last_ahead<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32, const P: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        let p = if P == 0 { self.weights } else { self.other };
        wgmma_wait::<0>();
        self.rescale();
        on.v_bars.wait(on.bars, self.turn);
        wgmma_fence();
        on.add_values(&mut self.sum, p, P);
        wgmma_wait::<0>();
        self.softmax.finish();
    }

    /// Waits for the next block; its queries are there, or it has no tiles and is none.
    fn next<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) -> Work {
        self.round += 1;
        on.q_bars.wait(on.bars, self.round);
        Work::received(on.slots, self.round % QUERIES)
    }

    /// Ends a block: the sum is complete, the next block's first scores are there.
    fn close<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        wgmma_wait::<1>();
        self.release_keys(on, self.turn + 1);
        wgmma_wait::<0>();
        on.v_bars.release(on.bars, self.turn);
        self.turn += 1;
        self.softmax.finish();
    }

    /// Begins a block of which the first scores are there.
    fn open<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>, next: Work) {
        self.work = next;
        self.sees = on.sees(self.work.row);
        self.softmax = Softmax::new();
        self.weigh(on, self.tile >= self.work.open);
        on.pack(&mut self.weights, self.scores);
        for i in unroll(0..HEAD_DIM / 2) {
            self.sum[i] = 0.0;
        }
    }

    /// O += P V of the last tile of all.
    fn last<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) {
        let p = self.weights;
        if DEFER {
            self.rescale();
        }
        on.v_bars.wait(on.bars, self.turn);
        wgmma_fence();
        on.add_values(&mut self.sum, p, self.turn);
        wgmma_wait::<0>();
        self.softmax.finish();
    }

    fn place<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>) -> Place {
        Place { batch: self.work.batch, head: self.work.head, row: self.work.row + on.row }
    }

    /// The group has read the keys of a turn, and with those of the first tile the queries.
    fn release_keys<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>, turn: u32) {
        on.k_bars.release(on.bars, turn);
        if self.tile == 0 {
            on.q_bars.release(on.bars, self.round);
        }
    }

    /// Turns scores into weights; `masked` says that some row does not see all keys of the tile.
    fn weigh<T: Float, const CAUSAL: bool, const QUERIES: u32, const STAGES: u32>(&mut self, on: Tiles<T, HEAD_DIM, CAUSAL, GROUPS, KEY, QUERIES, STAGES>, masked: bool) {
        if masked {
            let last = map(2, |i| self.sees[i] - (self.tile * KEY) as i32);
            for i in unroll(0..KEY / 2) {
                let key = i / 4 * 8 + i % 2;
                let seen = key as i32 <= last[i / 2 % 2];
                self.scores[i] = select(seen, self.scores[i], MASKED);
            }
        }
        self.softmax.weigh::<KEY>(&mut self.scores, on.to_log2);
    }

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
        elect_one(|| mbarrier_arrive(bars, self.empty + turn % STAGES));
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

/// Two rows of the output, eight apart.
struct Place {
    batch: u32,
    head: u32,
    row: u32,
}

impl Place {
    /// Writes the logarithms of both rows.
    fn put_logarithms(self, lse: &mut [f32], softmax: Softmax, sizes: [u32; 3], scale: f32) {
        let (batch, tokens, heads) = (sizes[0], sizes[1], sizes[2]);
        for i in unroll(0..2) {
            let row = self.row + i * 8;
            let there = row < tokens && self.head < heads && self.batch < batch;
            if there && lane_id() % 4 == 0 {
                let at = (index(self.batch) * heads + self.head) * tokens + row;
                assume(at < index(batch) * heads * tokens);
                lse[at] = softmax.logarithm(i, scale);
            }
        }
    }

    /// Writes the thread's part of both rows.
    fn put<T: Float, const HEAD_DIM: u32>(
        self,
        out: &mut [T],
        sum: [f32; HEAD_DIM / 2],
        softmax: Softmax,
        sizes: [u32; 3],
    ) {
        let (batch, tokens, heads) = (sizes[0], sizes[1], sizes[2]);
        for i in unroll(0..2) {
            let row = self.row + i * 8;
            let there = row < tokens && self.head < heads && self.batch < batch;
            for part in unroll(0..HEAD_DIM / 32) {
                let words = quad_transpose(map(4, |j| {
                    let at = part * 16 + j * 4 + i * 2;
                    word::<T>(sum[at] * softmax.factor[i], sum[at + 1] * softmax.factor[i])
                }));
                if there {
                    let row = (index(self.batch) * tokens + row) * heads + self.head;
                    assume(row < index(batch) * heads * tokens);
                    out.store_as::<u32>(row * HEAD_DIM + part * 32 + lane_id() % 4 * 8, words);
                }
            }
        }
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

/// Puts a consumer group's rows into workgroup memory, `[GROUPS, HEAD_DIM / 64, 64, 64]`, swizzled: all that
/// is left is to store them, by any thread of the group's first warp.
fn stage_rows<T: Float, const HEAD_DIM: u32>(
    rows: &mut [T],
    sum: [f32; HEAD_DIM / 2],
    factor: [f32; 2],
    group: u32,
) {
    // The last block's rows have left.
    if subgroup_id() % 4 == 0 {
        elect_one(|| bulk_wait_read::<0>());
    }
    named_barrier(4 + group, 128);
    let lane = lane_id();
    let first = group * 64 * HEAD_DIM + (subgroup_id() % 4 * 16 + lane % 16) * 64;
    let swizzle = lane / 16 ^ lane % 8;
    for part in unroll(0..HEAD_DIM / 16) {
        let words = map(4, |m| {
            let at = part * 8 + m * 2;
            word::<T>(sum[at] * factor[m % 2], sum[at + 1] * factor[m % 2])
        });
        let chunk = (part % 4 * 2 ^ swizzle) & 7;
        stmatrix(rows, first + part / 4 * 4096 + chunk * 8, words);
    }
    fence_proxy_async();
    named_barrier(4 + group, 128);
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
