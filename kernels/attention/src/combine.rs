//! Whole sequences from their parts.

/// The kernel.
pub(crate) mod kernels {
    use tilewright_kernel_macros::kernel;

    /// `out[t, h] = sum_p values[t, p, h] * weight_p / sum_p weight_p`, where a part's weight is the sum of
    /// its keys' ones, scaled to the highest score of all parts: the last step of a decode whose long
    /// sequences are computed in parts. Dao et al. 2023, "Flash-Decoding".
    ///
    /// `values: [tokens, parts, heads, head_dim]`, `statistics: [tokens, parts, heads, 2]` as
    /// `attention_decode` leaves them, `positions: [total]`, `out: [total, heads, head_dim]`, of which the
    /// `tokens` rows from `first_token` on are written. One thread an element. Sixteen parts are loaded
    /// at once, before it is known how many there are.
    ///
    /// # Errors
    /// [`tilewright_runtime::Error::NoCase`] where shapes contradict each other, and the launch's.
    #[kernel(
        shapes(
            values: [tokens, parts, heads, head_dim],
            statistics: [tokens, parts, heads, 2],
            positions: [total],
            out: [total, heads, head_dim],
        ),
        grid = (head_dim.div_ceil(THREADS), heads, tokens),
        threads = THREADS,
        tiles(THREADS) = first_of[(64)],
        when(first_token + tokens <= total),
        cost(bytes = 4 * tokens * heads * (parts * (head_dim + 2) + head_dim), flops = 0),
        reference = tilewright_kernels_reference::attention_combine,
        crate = ::tilewright_runtime,
    )]
    pub fn attention_combine<const THREADS: u32>(
        values: &[f32],
        statistics: &[f32],
        positions: &[u32],
        out: &mut [f32],
        total: u32,
        tokens: u32,
        parts: u32,
        heads: u32,
        head_dim: u32,
        first_token: u32,
    ) {
        let place = block_id() * THREADS + thread_id();
        let head = block_id_y();
        let token = first_token + block_id_z();
        if head_dim > 0 && parts > 0 {
            let e = min(place, head_dim - 1);
            let row = |part| (index(block_id_z()) * parts + min(part, parts - 1)) * heads + head;
            let pages = min(positions[token], 0x7ffffffe) / 64 + 1;
            // The reference's `part_pages`, as a power of two.
            let own = select(pages <= 4 || pages > 64, 2, select(pages <= 16, 0, 1));
            let used = min((pages + (1 << own) - 1) >> own, parts);
            let mut highest = -3.0e38f32;
            let mut total_weight = 0.0f32;
            let mut sum = 0.0f32;
            let mut alone = 0.0f32;
            for start in (0..parts).step_by(16) {
                if start == 0 || start < used {
                    let found = map(16, |i| values[row(start + i) * head_dim + e]);
                    let states = map(32, |i| statistics[row(start + i / 2) * 2 + i % 2]);
                    let before = highest;
                    for i in unroll(0..16) {
                        highest = max(highest, select(start + i < used, states[2 * i], -3.0e38));
                    }
                    let correction = exp2_approx(before - highest);
                    total_weight *= correction;
                    sum *= correction;
                    for i in unroll(0..16) {
                        // What lies beyond the sequence may be anything.
                        let weight = states[2 * i + 1] * exp2_approx(states[2 * i] - highest);
                        total_weight += select(start + i < used, weight, 0.0);
                        sum += select(start + i < used, weight * found[i], 0.0);
                    }
                    if start == 0 {
                        alone = found[0];
                    }
                }
            }
            let x = select(total_weight > 0.0, sum / max(total_weight, 1.0e-37), 0.0);
            // One part alone is what it is, to the bit.
            if place < head_dim {
                out[(index(token) * heads + head) * head_dim + e] = select(used == 1, alone, x);
            }
        }
    }
}
