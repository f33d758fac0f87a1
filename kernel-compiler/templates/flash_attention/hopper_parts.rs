//! What the Hopper kernels of this family share: rings of buffers, products of tiles, online softmax.

/// The score of a masked key, -2^100: below any real one, and its product with the scale is exact and
/// finite, so that a row which has seen nothing yet weighs without a NaN.
const MASKED: f32 = -1267650600228229401496703205376.0;
/// `log2(e)`: weights are powers of two.
const LOG2_E: f32 = 1.442695;
/// `1 / log2(e)`
const LN_2: f32 = 0.6931472;

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

    /// A reading warp's: the buffer may be filled again. One elected lane, and not `lane_id() == 0`: the
    /// assembler keeps that where it stands, and moves a predicated arrival behind the softmax.
    fn release(self, bars: &mut [u64], turn: u32) {
        elect_one(|| mbarrier_arrive(bars, self.empty + turn % STAGES));
    }
}

/// O += P V, issued and committed: `values` are `[HEAD_DIM / 64, KEY, 64]` from element `first` on.
fn add_values<T: Float, const HEAD_DIM: u32, const KEY: u32>(
    sum: &mut [f32; HEAD_DIM / 2],
    weights: [u32; KEY / 4],
    values: &[T],
    first: u32,
) {
    for step in unroll(0..KEY / 16) {
        let a = map(4, |i| weights[step * 4 + i]);
        let b = values.descriptor(first + step * 1024, KEY * 128, 1024, "swizzle_128");
        wgmma::<HEAD_DIM, T, T>(sum, a, b, true, "transpose_b");
    }
    wgmma_commit();
}

/// Online softmax of a thread's two rows; a row's four lanes agree on `best`, `total` is each lane's own.
struct Softmax {
    /// The highest score so far, unscaled.
    best: [f32; 2],
    /// The sum of this lane's weights.
    total: [f32; 2],
    /// What the sum of values so far is to be multiplied by.
    factor: [f32; 2],
}

impl Softmax {
    fn new() -> Softmax {
        Softmax { best: [MASKED; 2], total: [0.0; 2], factor: [0.0; 2] }
    }

    /// Turns a tile's scores into weights.
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

/// Masks the scores of keys behind the last that each of the two rows sees, counted from the thread's
/// first key of the tile.
fn mask<const KEY: u32>(scores: &mut [f32; KEY / 2], last: [i32; 2]) {
    for i in unroll(0..KEY / 2) {
        let key = i / 4 * 8 + i % 2;
        scores[i] = select(key as i32 <= last[i / 2 % 2], scores[i], MASKED);
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
