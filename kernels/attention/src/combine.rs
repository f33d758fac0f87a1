//! Whole sequences from their parts.

/// The kernel.
pub(crate) mod kernels {
    use tilewright_kernel_macros::kernel;

    /// `out[t, h] = sum_p values[t, p, h] * weight_p / sum_p weight_p`, where a part's weight is the sum of
    /// its keys' ones, scaled to the highest score of all parts: the last step of a decode whose long
    /// sequences are computed in parts. Dao et al. 2023, "Flash-Decoding".
    ///
    /// `values: [tokens, parts, heads, head_dim]`, `statistics: [tokens, parts, heads, 2]` and
    /// `part_pages` as `attention_decode` has them, `positions: [total]`, `out: [total, heads, head_dim]`, of
    /// which the `tokens` rows from `first_token` on are written. One thread an element.
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
        part_pages: u32,
    ) {
        let e = block_id() * THREADS + thread_id();
        let head = block_id_y();
        let token = first_token + block_id_z();
        if e < head_dim && parts > 0 && part_pages > 0 {
            let used = min(positions[token] / 64 / part_pages + 1, parts);
            let row = |part| (index(block_id_z()) * parts + part) * heads + head;
            let mut highest = -3.0e38f32;
            for part in 0..used {
                highest = max(highest, statistics[row(part) * 2]);
            }
            let mut total_weight = 0.0f32;
            let mut sum = 0.0f32;
            for part in 0..used {
                let weight = statistics[row(part) * 2 + 1]
                    * exp2_approx(statistics[row(part) * 2] - highest);
                total_weight += weight;
                sum += weight * values[row(part) * head_dim + e];
            }
            let mut x = select(total_weight > 0.0, sum / max(total_weight, 1.0e-37), 0.0);
            // One part alone is what it is, to the bit.
            if used == 1 {
                x = values[row(0) * head_dim + e];
            }
            out[(index(token) * heads + head) * head_dim + e] = x;
        }
    }
}
