//! Prefill over a paged key-value cache on Hopper (sm_90a), causal by position: consecutive tokens of one
//! sequence, as `attention_prefill` of the portable template.
//!
//! Sources: those of the dense template; Kwon et al. 2023 (paged cache).

/// Tokens of a page of the cache.
const PAGE: u32 = 64;

/// `out[t, h] = softmax(scale * q[t, h] K^T) V` over the keys up to token `t`'s own position.
///
/// A workgroup takes `QUERY` tokens of one query head; blocks that see most keys come first. A
/// producer copies tiles of `KEY / 64` pages; each consumer group owns 64 tokens, with their queries and
/// weights in registers, and issues S of the next tile before P V of this one. Keys of pages that the
/// table or the cache does not have are masked, and copied as zeros.
#[kernel(
    shapes(
        q: [total, heads, HEAD_DIM],
        k_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        v_cache: [pages, kv_heads, PAGE, HEAD_DIM],
        block_table: [sequences, max_pages],
        out: [total, heads, HEAD_DIM],
    ),
    grid = (tokens.div_ceil(QUERY), heads / kv_heads, kv_heads),
    threads = 384,
    targets = [sm_90a],
    tensor_map(
        k_cache,
        tile = [64, PAGE, 1, 1],
        dims = [64, PAGE, HEAD_DIM / 64, pages * kv_heads],
        strides = [HEAD_DIM, 64, PAGE * HEAD_DIM],
        swizzle = b128,
    ),
    tensor_map(
        v_cache,
        tile = [64, PAGE, 1, 1],
        dims = [64, PAGE, HEAD_DIM / 64, pages * kv_heads],
        strides = [HEAD_DIM, 64, PAGE * HEAD_DIM],
        swizzle = b128,
    ),
    require(HEAD_DIM % 64 == 0 && HEAD_DIM <= 128, "a head has 64 or 128 dimensions"),
    require(size_of::<K>() == 2, "the cache holds f16 or bf16"),
    require(KEY % PAGE == 0, "a key tile is whole pages of 64 tokens"),
    require(QUERY == 128, "two consumer groups have 64 queries each"),
    when(heads % kv_heads == 0),
    when(first_token + tokens <= total),
    when(sequence_row < sequences),
    cost(
        bytes = 8 * tokens * heads * HEAD_DIM,
        flops = 4 * tokens * heads * HEAD_DIM,
    ),
)]
pub fn attention_prefill<
    K: Float,
    const HEAD_DIM: u32,
    const QUERY: u32,
    const KEY: u32,
    const STAGES: u32,
>(
    q: &[f32],
    k_cache: &TensorMap<K>,
    v_cache: &TensorMap<K>,
    block_table: &[u32],
    out: &mut [f32],
    total: u32,
    heads: u32,
    kv_heads: u32,
    pages: u32,
    sequences: u32,
    max_pages: u32,
    sequence_row: u32,
    first_token: u32,
    tokens: u32,
    first_position: u32,
    scale: f32,
) {
    let bars = shared::<u64, { 4 * STAGES }>();
    let first = (grid_dim() - 1 - block_id()) * QUERY;
    let newest = first_position + min(first + QUERY, tokens) - 1;
    let kv_head = block_id_z();
    let ring = Pages::<K, HEAD_DIM, KEY, STAGES> {
        k_ring: shared_aligned::<K, { STAGES * KEY * HEAD_DIM }, 1024>(),
        v_ring: shared_aligned::<K, { STAGES * KEY * HEAD_DIM }, 1024>(),
        there: shared::<u32, STAGES>(),
        bars: bars,
        k_bars: Ring::<STAGES> { full: 0, empty: STAGES },
        v_bars: Ring::<STAGES> { full: 2 * STAGES, empty: 3 * STAGES },
        tiles: newest / KEY + 1,
        written: first_position + tokens,
    };
    if thread_id() == 0 {
        ring.k_bars.init(bars, 8);
        ring.v_bars.init(bars, 8);
        fence_mbarrier_init();
    }
    barrier();
    roles(
        role("consumer", 8, 232, || {
            let head = kv_head * (heads / kv_heads) + block_id_y();
            let own = first + subgroup_id() * 16 + lane_id() / 4;
            let row = |i| {
                let token = own + i * 8;
                (token < tokens && head < heads, index(first_token + token) * heads + head)
            };
            let position = first_position + own;
            let open = (first_position + first + 1) / KEY;
            read::<K, HEAD_DIM, KEY, STAGES>(ring, q, out, position, open, scale, row);
        }),
        role("producer", 4, 40, || {
            if subgroup_id() == 8 {
                elect_one(|| {
                    k_cache.prefetch();
                    v_cache.prefetch();
                    // The block of a page of this head; one behind the last where there is none.
                    let block = |at| {
                        let mut page = pages;
                        if sequence_row < sequences && at < max_pages {
                            page = min(block_table[index(sequence_row) * max_pages + at], pages);
                        }
                        page * kv_heads + select(page < pages, kv_head, 0)
                    };
                    ring.produce(k_cache, v_cache, pages * kv_heads, block);
                });
            }
        }),
    );
}

/// A consumer's program for the thread's two rows, of which the first stands at `position`: `row` says
/// whether the n-th is there, and in which row of `q` and `out`.
fn read<K: Float, const HEAD_DIM: u32, const KEY: u32, const STAGES: u32>(
    ring: Pages<K, HEAD_DIM, KEY, STAGES>,
    q: &[f32],
    out: &mut [f32],
    position: u32,
    open: u32,
    scale: f32,
    row: impl Fn(u32) -> (bool, usize),
) {
    let column = lane_id() % 4 * 2;
    let load = |i, e| {
        let mut x = [0.0f32; 2];
        let (there, row) = row(i);
        if there {
            x = q.load(row * HEAD_DIM + e + column);
        }
        word::<K>(x[0], x[1])
    };
    let queries = map(HEAD_DIM / 16, |s| map(4, |w| load(w % 2, s * 16 + w / 2 * 8)));
    let mut reader = Reader::<HEAD_DIM, KEY> {
        position: position as i32 - column as i32,
        open: open,
        tile: ring.tiles - 1,
        turn: 0,
        scores: uninitialised::<[f32; KEY / 2]>(),
        weights: uninitialised::<[u32; KEY / 4]>(),
        softmax: Softmax::new(),
        sum: [0.0; HEAD_DIM / 2],
    };
    reader.first(ring, queries, scale * LOG2_E);
    while reader.tile > 0 {
        reader.step(ring, queries, scale * LOG2_E);
    }
    reader.last(ring);
    for i in unroll(0..2) {
        let (there, row) = row(i);
        if there {
            for j in unroll(0..HEAD_DIM / 8) {
                let x = map(2, |e| reader.sum[j * 4 + i * 2 + e] * reader.softmax.factor[i]);
                out.store(row * HEAD_DIM + j * 8 + column, x);
            }
        }
    }
}

/// The workgroup's memory, and what its rows see.
struct Pages<K: Float, const HEAD_DIM: u32, const KEY: u32, const STAGES: u32> {
    /// `[STAGES, HEAD_DIM / 64, KEY, 64]`, every 64 columns swizzled.
    k_ring: &mut [K],
    /// As `k_ring`.
    v_ring: &mut [K],
    /// Of each stage of keys, which of its pages are there.
    there: &mut [u32],
    bars: &mut [u64],
    k_bars: Ring<STAGES>,
    v_bars: Ring<STAGES>,
    /// Key tiles that some row sees.
    tiles: u32,
    /// Positions of the sequence that were written: what stands behind may be anything.
    written: u32,
}

impl<K: Float, const HEAD_DIM: u32, const KEY: u32, const STAGES: u32>
    Pages<K, HEAD_DIM, KEY, STAGES>
{
    /// The producer's program: from the last tile to the first, keys one tile ahead of values.
    fn produce(self, k: &TensorMap<K>, v: &TensorMap<K>, blocks: u32, block: impl Fn(u32) -> u32) {
        const PAGES: u32 = KEY / PAGE;
        const BYTES: u32 = KEY * HEAD_DIM * size_of::<K>();
        let mut late = [0u32; PAGES];
        for turn in 0..self.tiles {
            let tile = self.tiles - 1 - turn;
            let now = map(PAGES, |p| block(tile * PAGES + p));
            let stage = turn % STAGES;
            self.k_bars.wait_free(self.bars, turn);
            let mut there = 0u32;
            for p in unroll(0..PAGES) {
                there |= select(now[p] < blocks, 1 << p, 0);
            }
            self.there[stage] = there;
            mbarrier_expect(self.bars, self.k_bars.full + stage, BYTES);
            self.copy(k, self.k_ring, stage, self.k_bars.full + stage, now);
            if turn > 0 {
                self.copy_values(v, turn - 1, late);
            }
            late = now;
        }
        self.copy_values(v, self.tiles - 1, late);
    }

    fn copy_values(self, v: &TensorMap<K>, turn: u32, blocks: [u32; KEY / PAGE]) {
        let stage = turn % STAGES;
        self.v_bars.acquire(self.bars, turn, KEY * HEAD_DIM * size_of::<K>());
        self.copy(v, self.v_ring, stage, self.v_bars.full + stage, blocks);
    }

    /// Copies pages to a stage.
    fn copy(
        self,
        map: &TensorMap<K>,
        to: &mut [K],
        stage: u32,
        bar: u32,
        blocks: [u32; KEY / PAGE],
    ) {
        for p in unroll(0..KEY / PAGE) {
            for c in unroll(0..HEAD_DIM / 64) {
                let at = stage * KEY * HEAD_DIM + c * KEY * 64 + p * PAGE * 64;
                map.load(to, at, self.bars, bar, (0, 0, c, blocks[p]));
            }
        }
    }

    /// S = Q K^T, issued and committed.
    fn score(self, scores: &mut [f32; KEY / 2], queries: [[u32; 4]; HEAD_DIM / 16], turn: u32) {
        for step in unroll(0..HEAD_DIM / 16) {
            let at = turn % STAGES * KEY * HEAD_DIM + step / 4 * KEY * 64 + step % 4 * 16;
            let b = self.k_ring.descriptor(at, 16, 1024, "swizzle_128");
            wgmma::<KEY, K, K>(scores, queries[step], b, step > 0);
        }
        wgmma_commit();
    }

    /// Zeros for the values behind the last position that was written, in the last tile, by all
    /// consumers: a weight of 0 does not undo a NaN.
    fn clear(self, tile: u32) {
        if (tile + 1) * KEY > self.written {
            self.v_bars.wait(self.bars, 0);
            for i in (thread_id()..KEY * HEAD_DIM / 8).step_by(256) {
                if tile * KEY + i / 8 % KEY >= self.written {
                    self.v_ring.store_as::<u32>(i * 8, [0u32; 4]);
                }
            }
            fence_proxy_async();
            named_barrier(1, 256);
        }
    }
}

/// A thread of a consumer group. Tiles of keys are walked from the last to the first.
struct Reader<const HEAD_DIM: u32, const KEY: u32> {
    /// Of the thread's first row, counted from its first column; the other row is the eighth after it.
    position: i32,
    /// Tiles from the first that all rows see whole.
    open: u32,
    /// The tile of keys in `weights`.
    tile: u32,
    turn: u32,
    scores: [f32; KEY / 2],
    weights: [u32; KEY / 4],
    softmax: Softmax,
    sum: [f32; HEAD_DIM / 2],
}

impl<const HEAD_DIM: u32, const KEY: u32> Reader<HEAD_DIM, KEY> {
    /// The weights of the last tile.
    fn first<K: Float, const STAGES: u32>(
        &mut self,
        on: Pages<K, HEAD_DIM, KEY, STAGES>,
        queries: [[u32; 4]; HEAD_DIM / 16],
        to_log2: f32,
    ) {
        on.k_bars.wait(on.bars, 0);
        wgmma_fence();
        on.score(&mut self.scores, queries, 0);
        wgmma_wait::<0>();
        let there = on.there[0];
        on.k_bars.release(on.bars, 0);
        self.weigh(there, to_log2);
        pack::<K, KEY>(&mut self.weights, self.scores);
        on.clear(self.tile);
    }

    /// O += P V of this tile beside the weights of the next one.
    fn step<K: Float, const STAGES: u32>(
        &mut self,
        on: Pages<K, HEAD_DIM, KEY, STAGES>,
        queries: [[u32; 4]; HEAD_DIM / 16],
        to_log2: f32,
    ) {
        let p = self.weights;
        self.tile -= 1;
        on.k_bars.wait(on.bars, self.turn + 1);
        wgmma_fence();
        on.score(&mut self.scores, queries, self.turn + 1);
        on.v_bars.wait(on.bars, self.turn);
        let first = self.turn % STAGES * KEY * HEAD_DIM;
        add_values::<K, HEAD_DIM, KEY>(&mut self.sum, p, on.v_ring, first);
        wgmma_wait::<1>();
        let there = on.there[(self.turn + 1) % STAGES];
        on.k_bars.release(on.bars, self.turn + 1);
        self.weigh(there, to_log2);
        wgmma_wait::<0>();
        on.v_bars.release(on.bars, self.turn);
        self.turn += 1;
        pack::<K, KEY>(&mut self.weights, self.scores);
        for i in unroll(0..HEAD_DIM / 2) {
            self.sum[i] *= self.softmax.factor[i / 2 % 2];
        }
    }

    /// O += P V of the first tile.
    fn last<K: Float, const STAGES: u32>(&mut self, on: Pages<K, HEAD_DIM, KEY, STAGES>) {
        let p = self.weights;
        on.v_bars.wait(on.bars, self.turn);
        wgmma_fence();
        let first = self.turn % STAGES * KEY * HEAD_DIM;
        add_values::<K, HEAD_DIM, KEY>(&mut self.sum, p, on.v_ring, first);
        wgmma_wait::<0>();
        self.softmax.finish();
    }

    /// Turns scores into weights; bit n of `there` says that the tile's n-th page is there.
    fn weigh(&mut self, there: u32, to_log2: f32) {
        if self.tile >= self.open || there != (1 << KEY / PAGE) - 1 {
            let last = map(2, |i| self.position + i as i32 * 8 - (self.tile * KEY) as i32);
            mask::<KEY>(&mut self.scores, last);
            for i in unroll(0..KEY / 2) {
                let page = i / 4 * 8 / PAGE;
                let known = there >> page & 1 == 1;
                self.scores[i] = select(known, self.scores[i], MASKED);
            }
        }
        self.softmax.weigh::<KEY>(&mut self.scores, to_log2);
    }
}
