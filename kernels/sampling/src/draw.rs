//! A draw from each row: temperature, top-k, top-p, min-p.

use tilewright_kernel_macros::kernel_module;

/// The kernel and its device functions.
#[kernel_module]
pub mod kernels {
    /// Beginnings of the row that one pass measures.
    const PROBES: u32 = 3;
    /// The cuts, in their order.
    const TOP_K: u32 = 0;
    const TOP_P: u32 = 1;
    const DRAW: u32 = 2;

    /// Draws `out[r]` from row `r` of `logits`.
    ///
    /// `logits: [rows, cols]` without NaN, one of a row over negative infinity, `cols > 0`;
    /// `params: [rows, 8]`: temperature, top-k (as a number, 0 keeps all), top-p, min-p, then as bits
    /// the low and the high word of the seed and the low word of the position, then unused;
    /// `out: [rows]`. Tokens are in order of falling logits, equal ones in that of their ids.
    /// Temperature 0 takes the first and ignores the rest; else the `top_k` first stay; of those the
    /// shortest beginning with a probability of at least `top_p`; of those the tokens with at least
    /// `min_p` of the first one's; one of them is drawn with the first word of Philox 4x32-10.
    ///
    /// One workgroup per row, and no sort: a beginning of the order is a logit and a column, and
    /// whether it reaches a count or a sum of weights takes one pass over the row. Each of top-k,
    /// top-p and the draw is a search for the shortest beginning that reaches its goal.
    ///
    /// The token is the reference's, except where rounding decides: sums have a relative error of
    /// about `(cols / threads + 20) * 2^-24`, weights one of `(3 + 2 * |x|) * 2^-24` with
    /// `x = (logit - highest) / temperature`.
    ///
    /// # Errors
    /// [`tilewright_runtime::Error::NoCase`] where shapes contradict each other or rows are empty,
    /// and the launch's.
    #[kernel(
        shapes(logits: [rows, cols], params: [rows, 8], out: [rows]),
        grid = rows,
        threads = if is_ptx() { 1024 } else { 256 },
        tiles(VEC) = first_of[4, 1],
        when(cols > 0 && cols % VEC == 0),
        cost(bytes = 4 * rows * cols, flops = 8 * rows * cols),
        reference = tilewright_kernels_reference::sample,
        crate = ::tilewright_runtime,
    )]
    pub fn sample<const VEC: u32>(
        logits: &[f32],
        params: &[f32],
        out: &mut [u32],
        rows: u32,
        cols: u32,
    ) {
        let sums = shared::<f32, { PROBES * thread_count() }>();
        let extremes = shared::<u32, { 2 * thread_count() }>();
        let start = index(block_id()) * cols;
        let at = index(block_id()) * 8;
        let greedy = params[at] == 0.0;
        let top_k = params[at + 1];
        let top_p = params[at + 2];

        let seed = [params[at + 4].to_bits(), params[at + 5].to_bits()];
        // 24 bits are exact in f32.
        let uniform = (philox(params[at + 6].to_bits(), seed) >> 8) as f32 * (1.0 / 16777216.0);

        let (lowest, best) = key_range::<VEC>(logits, start, cols, extremes);
        // The beginning that is left: everything, or the best alone.
        let mut cut = Cut { key: select(greedy, best, lowest), place: 0 };
        for phase in 0..3 {
            let counts = phase == TOP_K && !greedy && top_k >= 1.0 && top_k < cols as f32;
            let sums_up = phase == TOP_P && !greedy && top_p < 1.0;
            if counts || sums_up || phase == DRAW {
                let row = Row {
                    start: start,
                    cols: cols,
                    best: best,
                    temperature: select(greedy, 1.0, params[at]),
                    counting: counts,
                    least: select(phase == DRAW && !greedy, min(params[at + 3], 1.0), 0.0),
                };
                let mut goal = trunc(top_k);
                if !counts {
                    let whole = measure::<VEC>(
                        row,
                        map(PROBES, |_| cut.key),
                        map(PROBES, |_| cut.place),
                        logits,
                        sums,
                    );
                    goal = select(sums_up, top_p, select(greedy, 0.0, uniform)) * whole[0];
                }
                cut = shortest::<VEC>(row, cut, goal, phase == DRAW, logits, sums, extremes);
            }
        }
        if thread_id() == 0 {
            out[block_id()] = cols - 1 - min(cut.place, cols - 1);
        }
    }

    /// What a pass over the row needs.
    struct Row {
        start: index,
        cols: u32,
        /// Key of the largest logit.
        best: u32,
        temperature: f32,
        /// Every token measures 1.
        counting: bool,
        /// Tokens of less weight measure 0.
        least: f32,
    }

    /// A beginning of the order: the tokens with larger keys, and those with this key from this place
    /// on. The place of a column counts from the end of the row, so that larger ones come first.
    struct Cut {
        key: u32,
        place: u32,
    }

    /// A number that orders logits as they are; -0 is 0.
    fn key_of(logit: f32) -> u32 {
        let bits = select(logit == 0.0, 0, logit.to_bits());
        select(bits >> 31 == 1, !bits, bits | 0x8000_0000)
    }

    /// The logit of a key.
    fn logit_of(key: u32) -> f32 {
        f32::from_bits(select(key >> 31 == 1, key ^ 0x8000_0000, !key))
    }

    /// What a token adds to the beginnings that it is in: its weight, or 1.
    fn mass(row: Row, logit: f32, key: u32) -> f32 {
        let mut mass = 1.0f32;
        if !row.counting && key != row.best {
            // exp(-104) is 0 in f32.
            let weight = exp(max((logit - logit_of(row.best)) / row.temperature, -104.0));
            mass = select(weight >= row.least, weight, 0.0);
        }
        mass
    }

    /// The sums over three beginnings, in one order of addition: a longer one never measures less.
    fn measure<const VEC: u32>(
        row: Row,
        keys: [u32; PROBES],
        places: [u32; PROBES],
        logits: &[f32],
        sums: &mut [f32],
    ) -> [f32; PROBES] {
        let mut sum = [0.0f32; PROBES];
        for c in (thread_id() * VEC..row.cols).step_by(thread_count() * VEC) {
            let v: [f32; VEC] = logits.load(row.start + c);
            for i in unroll(0..VEC) {
                let key = key_of(v[i]);
                let place = row.cols - 1 - (c + i);
                let mass = mass(row, v[i], key);
                for p in unroll(0..PROBES) {
                    let within = key > keys[p] || key == keys[p] && place >= places[p];
                    sum[p] += select(within, mass, 0.0);
                }
            }
        }
        reduce::<f32, PROBES>(sum, sums, |a, b| a + b, |x| subgroup_add(x))
    }

    /// The shortest beginning within `cut` that reaches the goal (exceeds it, if `strictly`), or all of `cut`.
    fn shortest<const VEC: u32>(
        row: Row,
        cut: Cut,
        goal: f32,
        strictly: bool,
        logits: &[f32],
        sums: &mut [f32],
        extremes: &mut [u32],
    ) -> Cut {
        let key = search(cut.key, row.best, goal, strictly, |probes| {
            // Above the cut's own key every place is within it.
            measure::<VEC>(row, probes, map(PROBES, |_| 0u32), logits, sums)
        });
        // Of the tokens with this key, if there are several.
        let floor = select(key == cut.key, cut.place, 0);
        let (last, first) = places_of::<VEC>(row, key, floor, logits, extremes);
        let place = search(last, first, goal, strictly, |probes| {
            measure::<VEC>(row, map(PROBES, |_| key), probes, logits, sums)
        });
        Cut { key: key, place: place }
    }

    /// The largest number of `low..=high` whose measure reaches the goal, or `low`. Measures do not
    /// grow with the number.
    fn search(
        low: u32,
        high: u32,
        goal: f32,
        strictly: bool,
        measures: impl Fn([u32; PROBES]) -> [f32; PROBES],
    ) -> u32 {
        let mut low = low;
        let mut high = high;
        while low < high {
            let width = high - low;
            let step = width / (PROBES + 1) + 1;
            let from = low;
            let probes = map(PROBES, |p| from + min((p + 1) * step, width));
            let found = measures(probes);
            for p in unroll(0..PROBES) {
                if found[p] > goal || !strictly && found[p] == goal {
                    low = max(low, probes[p]);
                } else {
                    high = min(high, probes[p] - 1);
                }
            }
        }
        low
    }

    /// The lowest and the highest key of the row.
    fn key_range<const VEC: u32>(
        logits: &[f32],
        start: index,
        cols: u32,
        extremes: &mut [u32],
    ) -> (u32, u32) {
        let mut found = [0u32; 2];
        for c in (thread_id() * VEC..cols).step_by(thread_count() * VEC) {
            let v: [f32; VEC] = logits.load(start + c);
            for i in unroll(0..VEC) {
                let key = key_of(v[i]);
                found[0] = max(found[0], !key);
                found[1] = max(found[1], key);
            }
        }
        let found = reduce::<u32, 2>(found, extremes, |a, b| max(a, b), |x| subgroup_max(x));
        (!found[0], found[1])
    }

    /// The last and the first place, at least `floor`, of tokens with this key.
    fn places_of<const VEC: u32>(
        row: Row,
        key: u32,
        floor: u32,
        logits: &[f32],
        extremes: &mut [u32],
    ) -> (u32, u32) {
        let mut found = [0u32; 2];
        for c in (thread_id() * VEC..row.cols).step_by(thread_count() * VEC) {
            let v: [f32; VEC] = logits.load(row.start + c);
            for i in unroll(0..VEC) {
                let place = row.cols - 1 - (c + i);
                if key_of(v[i]) == key && place >= floor {
                    found[0] = max(found[0], !place);
                    found[1] = max(found[1], place);
                }
            }
        }
        let found = reduce::<u32, 2>(found, extremes, |a, b| max(a, b), |x| subgroup_max(x));
        (!found[0], found[1])
    }

    /// Combines `N` values of every thread; all threads get the results. `scratch` has `N` values
    /// per thread, and may be used again at once.
    fn reduce<T, const N: u32>(
        values: [T; N],
        scratch: &mut [T],
        combine: impl Fn(T, T) -> T,
        within_subgroup: impl Fn(T) -> T,
    ) -> [T; N] {
        let thread = thread_id();
        barrier();
        if subgroup_size() > 0 {
            const GROUPS: u32 = thread_count() / max(subgroup_size(), 1);
            for i in unroll(0..N) {
                let partial = within_subgroup(values[i]);
                if lane_id() == 0 {
                    scratch[i * GROUPS + subgroup_id()] = partial;
                }
            }
            barrier();
            map(N, |i| {
                let mut result = scratch[i * GROUPS];
                for g in unroll(1..GROUPS) {
                    result = combine(result, scratch[i * GROUPS + g]);
                }
                result
            })
        } else {
            for i in unroll(0..N) {
                scratch[i * thread_count() + thread] = values[i];
            }
            barrier();
            for step in unroll(0..10) {
                let width = thread_count() >> (step + 1);
                if width > 0 {
                    if thread < width {
                        for i in unroll(0..N) {
                            let at = i * thread_count() + thread;
                            scratch[at] = combine(scratch[at], scratch[at + width]);
                        }
                    }
                    barrier();
                }
            }
            map(N, |i| scratch[i * thread_count()])
        }
    }

    /// The first of the four words of Philox 4x32-10 for the counter `[counter, 0, 0, 0]`: Salmon et
    /// al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
    fn philox(counter: u32, seed: [u32; 2]) -> u32 {
        let mut words = [counter, 0u32, 0u32, 0u32];
        let mut key = seed;
        for round in unroll(0..10) {
            let low_a = words[0] * 0xD251_1F53;
            let high_a = mul_high(words[0], 0xD251_1F53);
            let low_c = words[2] * 0xCD9E_8D57;
            let high_c = mul_high(words[2], 0xCD9E_8D57);
            words = [high_c ^ words[1] ^ key[0], low_c, high_a ^ words[3] ^ key[1], low_a];
            // Weyl sequences of the golden ratio and of the square root of 3, less 1.
            key = [key[0] + 0x9E37_79B9, key[1] + 0xBB67_AE85];
        }
        words[0]
    }
}
