//! Products of one to eight tokens with packed weights on Hopper (sm_90a), at the speed of reading them.
//!
//! Sources: PTX ISA, "Matrix Fragments for mma.m16n8k16", "cp.async.bulk", "griddepcontrol"; Frantar et
//! al. 2024 (weights as whole fragments; 4-bit numbers to f16 by their exponent).
//!
//! One H100 80GB HBM3 (it reads 3150 GB/s at best), us; graphs of at least 64 launches over 1.5 GB of
//! distinct weights, plain and with programmatic dependent launch. cuBLAS: bf16, plain.
//!
//! Q4G128 is an earlier layout with one scale for 128 columns, Q4G32 is Q4_0, Q8G32 is Q8_0.
//!
//! | rows x columns, tokens | Q4G128 | Q4G32 | Q8G32 | BF16 | cuBLAS |
//! |---|---|---|---|---|---|
//! | 14336 x 4096, 1 | 12.2 / 10.0 | 13.0 / 10.8 | 21.9 / 19.9 | 39.2 / 37.0 | 41.2 |
//! | 4096 x 14336, 1 | 12.3 / 10.1 | 13.5 / 10.7 | 22.4 / 20.1 | 39.6 / 37.6 | 43.6 |
//! | 6144 x 4096, 1 | 6.5 / 4.8 | 6.8 / 4.8 | 10.5 / 8.6 | 17.9 / 15.9 | 20.9 |
//! | 4096 x 4096, 1 | 5.1 / 3.6 | 5.3 / 3.6 | 7.6 / 6.0 | 12.5 / 10.5 | 15.3 |
//! | 14336 x 4096, 2 | 12.4 / 11.2 | 13.1 / 11.7 | 22.1 / 20.6 | 39.2 / 37.5 | |
//! | 14336 x 4096, 4 | 12.9 / 11.6 | 13.5 / 12.1 | 22.6 / 21.1 | 39.5 / 37.8 | |
//! | 14336 x 4096, 8 | 14.1 / 13.8 | 15.1 / 13.9 | 23.6 / 22.2 | 40.1 / 38.2 | 41.6 |
//!
//! The 129 products of one token of an 8B model, distinct weights, dependent launches: 1.409, 1.471,
//! 2.601 and 4.803 ms. Steps: the first version had the figures of one token; loads of several tokens in
//! batches took 15.5 to 14.1 us with eight tokens. Best tiles: `stages: 4, early: 1,
//! workers: 264` in chains, `stages: 3, early: 0, workers: 132` in plain graphs; five stages keep
//! neighbours from lying on one multiprocessor together (Q4G32: 1.47 to 1.70 ms). 47 to 80 registers, no
//! spills. With eight tokens of 4096 columns the activations take 64 KB, so that one workgroup fills a
//! multiprocessor; 14336 columns have room for four.
//!
//! How weights lie, in tiles of 16 rows by all columns. A tile is slots; the slots of the eight warps
//! follow each other, each warp having an eighth of the columns, in order. A slot is four times 512
//! bytes, 16 from each lane, that are whole left operands of `mma.m16n8k16`, and the f16 scales of rows
//! r and r + 8 of each of its groups in one word, for r in 0..8.
//!
//! Of a lane's 16 bytes (r = lane / 4, q = lane % 4):
//! - 4 bits: nibble b of word j is row r + 8 (b / 2 % 2), column 32 (j / 2) + 8 q + 4 (j % 2) +
//!   2 (b % 2) + b / 4 of 64; its value plus 8.
//! - 8 bits: byte b of word j is row r + 8 (j % 2), column 8 q + 4 (j / 2) + b of 32; its value plus 128.
//! - bf16: half b of word j is row r + 8 (j % 2), column 8 q + 4 (u % 2) + 2 (j / 2) + b of the 32 columns
//!   of two accesses u.

/// What is added to a 4-bit number as an f16, 1024 + 8.
const LOW_OFFSET: f32 = -1032.0;
/// The same for the upper nibble, which counts sixteen times, and for 8 bits, 1024 + 128.
const HIGH_OFFSET: f32 = -1152.0;

/// `y[t, column + r] (=|+=) sum over c of x[t, c] * w[r, c]`
///
/// A workgroup takes every `grid`-th tile of 16 rows; its warps share the columns. Each warp fills a ring
/// of `STAGES` slots for itself with bulk copies, before it waits for the kernel in front, and feeds
/// them to the tensor cores with the tokens as eight columns. Offsets of the
/// unsigned numbers enter as the accumulator of a group's first product: minus the offset times the
/// sum of the group's activations.
#[kernel(
    shapes(x: [tokens, k], w: [words], y: [tokens, y_stride]),
    grid = (n / 16).min(WORKERS),
    threads = 256,
    min_blocks = 1,
    targets = [sm_90a],
    require(bits::<FORMAT>() > 0, "Q4_0, Q8_0 and BF16 are stored as fragments"),
    require(TOKENS == 1 || TOKENS == 2 || TOKENS == 4 || TOKENS == 8, "a tile has 1, 2, 4 or 8 tokens"),
    require(COLUMNS % 2048 == 0, "room for columns comes in units of 2048"),
    require(EARLY <= STAGES, "no more slots can be filled early than there are"),
    when(tokens > 0 && tokens <= TOKENS && n > 0 && n % 16 == 0 && column + n <= y_stride),
    when(k > 0 && k <= COLUMNS && k % (8 * slot_columns::<FORMAT>()) == 0),
    when(n <= 16 * TILES * WORKERS),
    cost(
        bytes = 4 * words + tokens * (k * size_of::<X>() + 4 * n),
        flops = 2 * tokens * n * k,
    ),
)]
pub fn matvec_fragments<
    const FORMAT: Format,
    X: Float,
    const TOKENS: u32,
    const COLUMNS: u32,
    const STAGES: u32,
    const EARLY: u32,
    const TILES: u32,
    const WORKERS: u32,
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
    let slot = slot_words::<FORMAT>();
    let ring = shared_aligned::<u32, { 8 * STAGES * slot_words::<FORMAT>() }, 128>();
    let xs = shared_aligned::<u32, { TOKENS * token_words::<TOKENS, COLUMNS>() }, 16>();
    let offsets = shared_aligned::<f32, { offset_count::<FORMAT, TOKENS, COLUMNS>() }, 16>();
    let partial = shared_aligned::<f32, { TILES * 16 * TOKENS * 8 }, 16>();
    let bars = shared::<u64, { 8 * STAGES }>();
    let warp = shuffle(subgroup_id(), 0);
    assume(warp < 8);
    let lead = lane_id() == 0;
    init_stages::<STAGES>(bars, warp);
    // Of this warp: tiles, slots of a tile, and slots in all.
    let mine = (n / 16 - block_id() + grid_dim() - 1) / grid_dim();
    let per_tile = k / (8 * slot_columns::<FORMAT>());
    let total = mine * per_tile;
    let mut next = Source { at: (block_id() * per_tile * 8 + warp) * slot, left: per_tile };
    // Words from the end of one of the workgroup's tiles to its next.
    let jump = (grid_dim() - 1) * per_tile * 8 * slot;
    let refill = |s| {
        if lead {
            fetch::<FORMAT, STAGES>(ring, w, bars, [next.at, words, warp, s]);
        }
        next.advance(per_tile, 8 * slot, jump);
    };
    fill_early::<STAGES, EARLY>(total, |s| {
        if s >= EARLY {
            mbarrier_wait(bars, warp * STAGES + s - EARLY, 0);
        }
        refill(s);
    });
    stage_tokens::<FORMAT, X, TOKENS, COLUMNS>(x, xs, offsets, tokens, k, warp, || {
        fill_late::<STAGES, EARLY>(total, |s| refill(s));
    });
    barrier();
    let place = Place::<FORMAT, TOKENS, COLUMNS>::of(warp, k);
    let mut sums = [0.0f32; 8];
    let mut step = 0u32;
    let mut tile = 0u32;
    each_slot::<STAGES>(bars, warp, total, |i, s| {
        let at = (warp * STAGES + s) * slot;
        let (x_at, g_at) = (place.columns(step), place.groups(step));
        multiply_slot::<FORMAT, TOKENS>(&mut sums, ring, at, xs, x_at, offsets, g_at);
        subgroup_barrier();
        if i + STAGES < total {
            refill(s);
        }
        step += 1;
        if step == per_tile {
            step = 0;
            let t = tile;
            assume(t < TILES);
            keep_partial::<TOKENS>(&mut sums, partial, t, warp);
            tile += 1;
        }
    });
    barrier();
    put_rows::<TOKENS, TILES>(y, partial, mine, [tokens, y_stride, n, column, accumulate]);
}

/// Makes the barriers of a warp's ring.
fn init_stages<const STAGES: u32>(bars: &mut [u64], warp: u32) {
    if lane_id() == 0 {
        for s in unroll(0..STAGES) {
            mbarrier_init(bars, warp * STAGES + s, 1);
        }
        fence_mbarrier_init();
    }
    subgroup_barrier();
}

/// Fills the ring before the kernel in front has ended, `EARLY` slots at a time: what is in flight stands
/// in front of the activations of the kernels around. Without `EARLY` the activations go first.
fn fill_early<const STAGES: u32, const EARLY: u32>(total: u32, fill: impl Fn(u32)) {
    for s in unroll(0..STAGES) {
        if s == EARLY && EARLY > 0 {
            grid_dependency_launch();
        }
        if EARLY > 0 && s < total {
            fill(s);
        }
    }
    if EARLY == STAGES {
        grid_dependency_launch();
    }
    if EARLY > 0 {
        grid_dependency_wait();
    }
}

/// Fills the ring behind the first loads of activations, where nothing was filled before them.
fn fill_late<const STAGES: u32, const EARLY: u32>(total: u32, fill: impl Fn(u32)) {
    for s in unroll(0..STAGES) {
        if EARLY == 0 && s < total {
            fill(s);
        }
    }
}

/// Starts the copy of a slot from a word of the weights on to a stage of a warp's ring: `at` is that
/// word, all words, the warp and the stage.
fn fetch<const FORMAT: Format, const STAGES: u32>(
    ring: &mut [u32],
    w: &Weights<u32>,
    bars: &mut [u64],
    at: [u32; 4],
) {
    let slot = slot_words::<FORMAT>();
    let (from, words, warp, s) = (index(at[0]), at[1], at[2], at[3]);
    assume(s < STAGES);
    assume(from + slot <= words);
    mbarrier_expect(bars, warp * STAGES + s, slot * 4);
    let to = (warp * STAGES + s) * slot;
    bulk_load(ring, to, w, from, slot * 4, bars, warp * STAGES + s, "l2::evict_first");
}

/// Visits a warp's slots, each once it is full: its number, and its stage of the ring.
fn each_slot<const STAGES: u32>(bars: &[u64], warp: u32, total: u32, visit: impl Fn(u32, u32)) {
    let mut stage = 0u32;
    let mut parity = 0u32;
    for i in 0..total {
        let s = stage;
        assume(s < STAGES);
        mbarrier_wait(bars, warp * STAGES + s, parity);
        visit(i, s);
        let wraps = s == STAGES - 1;
        parity = select(wraps, parity ^ 1, parity);
        stage = select(wraps, 0, s + 1);
    }
}

/// Sums what the warps have of each row of the workgroup's `mine` tiles, always in the same order.
fn put_rows<const TOKENS: u32, const TILES: u32>(
    y: &mut [f32],
    partial: &[f32],
    mine: u32,
    sizes: [u32; 5],
) {
    let (tokens, y_stride, n) = (sizes[0], sizes[1], sizes[2]);
    let (column, accumulate) = (sizes[3], sizes[4]);
    for i in (thread_id()..mine * 16 * TOKENS).step_by(256) {
        assume(i < TILES * 16 * TOKENS);
        let a = partial.load::<4>(i * 8);
        let b = partial.load::<4>(i * 8 + 4);
        let sum = (a[0] + a[1] + (a[2] + a[3])) + (b[0] + b[1] + (b[2] + b[3]));
        let (line, token) = (i / TOKENS, i % TOKENS);
        let row = (line / 16 * grid_dim() + block_id()) * 16 + line % 16;
        if token < tokens && row < n {
            let place = index(token) * y_stride + column + row;
            if accumulate == 0 {
                y[place] = sum;
            } else {
                y[place] += sum;
            }
        }
    }
}

/// Bits of a weight; 0 of a format that has no fragments.
fn bits<const FORMAT: Format>() -> u32 {
    match FORMAT {
        Format::Q4_0 => 4,
        Format::Q8_0 => 8,
        Format::BF16 => 16,
        _ => 0,
    }
}

/// Columns of a scale; 0 without scales.
fn group<const FORMAT: Format>() -> u32 {
    match FORMAT {
        Format::Q4_0 => 32,
        Format::Q8_0 => 32,
        _ => 0,
    }
}

/// Columns of a warp's slot.
fn slot_columns<const FORMAT: Format>() -> u32 {
    1024 / max(bits::<FORMAT>(), 1)
}

/// Scales of a row in a slot.
fn slot_groups<const FORMAT: Format>() -> u32 {
    if group::<FORMAT>() == 0 { 0 } else { slot_columns::<FORMAT>() / max(group::<FORMAT>(), 1) }
}

/// Words of a slot.
fn slot_words<const FORMAT: Format>() -> u32 {
    512 + 8 * slot_groups::<FORMAT>()
}

/// Words of a token's activations in workgroup memory: tokens lie half of the banks apart.
fn token_words<const TOKENS: u32, const COLUMNS: u32>() -> u32 {
    if TOKENS == 1 { COLUMNS / 2 } else { COLUMNS / 2 + 16 }
}

/// Offsets of all groups; something without groups.
fn offset_count<const FORMAT: Format, const TOKENS: u32, const COLUMNS: u32>() -> u32 {
    if group::<FORMAT>() == 0 { 4 } else { COLUMNS / max(group::<FORMAT>(), 1) * TOKENS }
}

/// Where a lane finds its token's activations and their offsets, from the warp's first slot on.
struct Place<const FORMAT: Format, const TOKENS: u32, const COLUMNS: u32> {
    x_first: u32,
    group_first: u32,
}

impl<const FORMAT: Format, const TOKENS: u32, const COLUMNS: u32> Place<FORMAT, TOKENS, COLUMNS> {
    /// The lane's token and its part of 32 columns; the warp's columns start where its slots do.
    fn of(warp: u32, k: u32) -> Self {
        let (r, q) = (lane_id() / 4, lane_id() % 4);
        let slab = warp * (k / 8);
        let x_first = r % TOKENS * token_words::<TOKENS, COLUMNS>() + slab / 2 + q * 4;
        let group_first = if group::<FORMAT>() > 0 { slab / group::<FORMAT>() } else { 0 };
        Self { x_first, group_first }
    }

    /// The word of a step's activations.
    fn columns(self, step: u32) -> index {
        let at = index(self.x_first + step * (slot_columns::<FORMAT>() / 2));
        assume(at + slot_columns::<FORMAT>() / 2 - 12 <= TOKENS * token_words::<TOKENS, COLUMNS>());
        assume(at % 4 == 0);
        at
    }

    /// A step's first offset.
    fn groups(self, step: u32) -> index {
        let at = index(self.group_first + step * slot_groups::<FORMAT>()) * TOKENS;
        if group::<FORMAT>() > 0 {
            let most = offset_count::<FORMAT, TOKENS, COLUMNS>();
            assume(at + slot_groups::<FORMAT>() * TOKENS <= most);
        }
        at
    }
}

/// Where a warp's next slot lies.
struct Source {
    /// Its first word.
    at: u32,
    /// Slots of the tile from here on.
    left: u32,
}

impl Source {
    fn advance(&mut self, per_tile: u32, step: u32, jump: u32) {
        let last = self.left == 1;
        self.at += step + select(last, jump, 0);
        self.left = select(last, per_tile, self.left - 1);
    }
}

/// Activations to workgroup memory as 16-bit floats, with the offsets of their groups. The loads of a
/// batch of tokens come before its first store, so that they cost one latency; `meanwhile` runs behind
/// the first batch's.
fn stage_tokens<const FORMAT: Format, X: Float, const TOKENS: u32, const COLUMNS: u32>(
    x: &[X],
    xs: &mut [u32],
    offsets: &mut [f32],
    tokens: u32,
    k: u32,
    warp: u32,
    meanwhile: impl Fn(),
) {
    for first in unroll(0..TOKENS / batch::<TOKENS, COLUMNS>()) {
        let mut words = [[0u32; 4]; batch::<TOKENS, COLUMNS>() * (COLUMNS / 2048)];
        for i in unroll(0..batch::<TOKENS, COLUMNS>() * (COLUMNS / 2048)) {
            let (t, round) =
                (first * batch::<TOKENS, COLUMNS>() + i / (COLUMNS / 2048), i % (COLUMNS / 2048));
            // The same for all of a warp: it has 256 columns, or none.
            if warp * 256 + round * 2048 < k && t < tokens {
                let at = warp * 256 + round * 2048 + lane_id() * 8;
                assume(at + 8 <= k);
                words[i] = eight::<FORMAT, X>(x, index(t) * k + at);
            }
        }
        if first == 0 {
            meanwhile();
        }
        for i in unroll(0..batch::<TOKENS, COLUMNS>() * (COLUMNS / 2048)) {
            let (t, round) =
                (first * batch::<TOKENS, COLUMNS>() + i / (COLUMNS / 2048), i % (COLUMNS / 2048));
            if warp * 256 + round * 2048 < k {
                let at = warp * 256 + round * 2048 + lane_id() * 8;
                assume(at + 8 <= COLUMNS);
                let place = t * token_words::<TOKENS, COLUMNS>() + at / 2;
                if bits::<FORMAT>() == 16 {
                    xs.store(place, words[i]);
                } else {
                    put_scaled::<FORMAT, TOKENS, COLUMNS>(xs, offsets, words[i], place, at, t);
                }
            }
        }
    }
}

/// Tokens that are loaded before the first of them is stored: 16 registers of 16 bytes have room.
fn batch<const TOKENS: u32, const COLUMNS: u32>() -> u32 {
    let fit = max(16 / (COLUMNS / 2048), 1);
    min(
        TOKENS,
        if fit >= 8 {
            8
        } else if fit >= 4 {
            4
        } else if fit >= 2 {
            2
        } else {
            1
        },
    )
}

/// Eight activations in four words: bf16 beside weights of bf16, else f16.
fn eight<const FORMAT: Format, X: Float>(x: &[X], at: index) -> [u32; 4] {
    let direct = if bits::<FORMAT>() == 16 { type_is::<X, bf16>() } else { type_is::<X, f16>() };
    if direct {
        x.load_as::<u32, 4>(at)
    } else if type_is::<X, f32>() {
        let (a, b) = (x.load::<4>(at), x.load::<4>(at + 4));
        [
            narrow::<FORMAT>(a[0].to_f32(), a[1].to_f32()),
            narrow::<FORMAT>(a[2].to_f32(), a[3].to_f32()),
            narrow::<FORMAT>(b[0].to_f32(), b[1].to_f32()),
            narrow::<FORMAT>(b[2].to_f32(), b[3].to_f32()),
        ]
    } else {
        let v = x.load::<8>(at);
        map(4, |i| narrow::<FORMAT>(v[i * 2].to_f32(), v[i * 2 + 1].to_f32()))
    }
}

fn narrow<const FORMAT: Format>(low: f32, high: f32) -> u32 {
    if bits::<FORMAT>() == 16 {
        bitcast::<u32>(pack_bf16x2(low, high))
    } else {
        bitcast::<u32>(pack_f16x2(low, high))
    }
}

/// Stores a lane's eight activations, those of upper nibbles divided by 16, and the offset of their
/// group, which neighbouring lanes sum up.
fn put_scaled<const FORMAT: Format, const TOKENS: u32, const COLUMNS: u32>(
    xs: &mut [u32],
    offsets: &mut [f32],
    words: [u32; 4],
    place: u32,
    at: u32,
    t: u32,
) {
    let four = bits::<FORMAT>() == 4;
    let mut stored = words;
    let mut offset = 0.0f32;
    for i in unroll(0..4) {
        let (a, b) = unpack(bitcast::<f16x2>(words[i]));
        if four && i % 2 == 1 {
            stored[i] = bitcast::<u32>(pack_f16x2(a * 0.0625, b * 0.0625));
            offset = fma(a * 0.0625 + b * 0.0625, HIGH_OFFSET, offset);
        } else {
            offset = fma(a + b, if four { LOW_OFFSET } else { HIGH_OFFSET }, offset);
        }
    }
    xs.store(place, stored);
    let offset = lanes_sum::<{ group::<FORMAT>() / 8 }>(offset);
    if at % group::<FORMAT>() == 0 {
        offsets[at / group::<FORMAT>() * TOKENS + t] = offset;
    }
}

/// Adds the products of a slot: `sums` are rows r and r + 8 by tokens 2 q and 2 q + 1.
fn multiply_slot<const FORMAT: Format, const TOKENS: u32>(
    sums: &mut [f32; 8],
    ring: &[u32],
    at: u32,
    xs: &[u32],
    x_at: index,
    offsets: &[f32],
    g_at: index,
) {
    let columns = 256 / bits::<FORMAT>();
    if bits::<FORMAT>() == 16 {
        for u in unroll(0..4) {
            let a = ring.load::<4>(at + u * 128 + lane_id() * 4);
            let b = xs.load::<2>(x_at + u / 2 * 16 + u % 2 * 2);
            let chain = u % 2 * 4;
            let c = mma::<16, 8, 16, bf16, bf16>(a, b, map(4, |i| sums[chain + i]));
            for i in unroll(0..4) {
                sums[chain + i] = c[i];
            }
        }
    } else {
        let steps = columns / 16;
        let per_group = group::<FORMAT>() / 16;
        let scales = at + 512 + lane_id() / 4 * slot_groups::<FORMAT>();
        let mut c = [0.0f32; 4];
        for step in unroll(0..64 / bits::<FORMAT>()) {
            let (u, j) = (step / steps, step % steps);
            let four = ring.load::<4>(at + u * 128 + lane_id() * 4);
            let a = fragment::<FORMAT>(four, j);
            let b = xs.load::<2>(x_at + u * (columns / 2) + j / 2 * 16 + j % 2 * 2);
            let g = step / per_group;
            if step % per_group == 0 {
                c = group_offsets::<TOKENS>(offsets, g_at + g * TOKENS);
            }
            c = mma::<16, 8, 16, f16, f16>(a, b, c);
            if step % per_group == per_group - 1 {
                let (low, high) = unpack(bitcast::<f16x2>(ring[scales + g]));
                sums[0] = fma(c[0], low, sums[0]);
                sums[2] = fma(c[2], high, sums[2]);
                if TOKENS > 1 {
                    sums[1] = fma(c[1], low, sums[1]);
                    sums[3] = fma(c[3], high, sums[3]);
                }
            }
        }
    }
}

/// The left operand of step `j` of a lane's 16 bytes.
fn fragment<const FORMAT: Format>(words: [u32; 4], j: u32) -> [u32; 4] {
    if bits::<FORMAT>() == 4 {
        let word = words[j];
        let upper = word >> 8;
        [
            lop3::<0xEA>(word, 0x000f000f, 0x64006400),
            lop3::<0xEA>(upper, 0x000f000f, 0x64006400),
            lop3::<0xEA>(word, 0x00f000f0, 0x64006400),
            lop3::<0xEA>(upper, 0x00f000f0, 0x64006400),
        ]
    } else {
        let (low, high) = (words[j * 2], words[j * 2 + 1]);
        [
            prmt(low, 0x64646464, 0x4140),
            prmt(high, 0x64646464, 0x4140),
            prmt(low, 0x64646464, 0x4342),
            prmt(high, 0x64646464, 0x4342),
        ]
    }
}

/// A group's offsets for tokens 2 q and 2 q + 1, of both rows; `at` is that of token 0.
fn group_offsets<const TOKENS: u32>(offsets: &[f32], at: index) -> [f32; 4] {
    if TOKENS == 1 {
        [offsets[at]; 4]
    } else {
        let pair = offsets.load::<2>(at + lane_id() % (TOKENS / 2) * 2);
        [pair[0], pair[1], pair[0], pair[1]]
    }
}

/// Stores a warp's sums of a tile, and starts the next one.
fn keep_partial<const TOKENS: u32>(sums: &mut [f32; 8], partial: &mut [f32], tile: u32, warp: u32) {
    let (r, q) = (lane_id() / 4, lane_id() % 4);
    if q * 2 < TOKENS {
        for i in unroll(0..2) {
            for e in unroll(0..min(TOKENS, 2)) {
                let line = tile * 16 + r + i * 8;
                let token = min(q * 2 + e, TOKENS - 1);
                partial[(line * TOKENS + token) * 8 + warp] = sums[i * 2 + e] + sums[4 + i * 2 + e];
            }
        }
    }
    for i in unroll(0..8) {
        sums[i] = 0.0;
    }
}
