//! Choosing tokens: the best one, or a draw after temperature, top-k, top-p and min-p.

mod draw;
mod philox;

pub use philox::philox4x32_10;

use rayon::prelude::*;

/// Values per row of the parameters of [`sample`].
pub const PARAMETERS: usize = 8;

/// `out[r]` is the column of the largest logit of row `r`, the lowest where several are equal.
///
/// `logits: [rows, cols]` without NaN, `out: [rows]`.
pub fn argmax(logits: &[f32], out: &mut [u32], rows: u32, cols: u32) {
    let cols = cols as usize;
    if cols == 0 {
        return;
    }
    for (row, out) in logits.chunks_exact(cols).zip(out).take(rows as usize) {
        *out = best(row);
    }
}

fn best(logits: &[f32]) -> u32 {
    let mut best = (0u32, logits.first().copied().unwrap_or_default());
    for (id, &logit) in (0u32..).zip(logits) {
        if logit > best.1 {
            best = (id, logit);
        }
    }
    best.0
}

/// Draws `out[r]` from row `r` of `logits`.
///
/// `logits: [rows, cols]` without NaN, `params: [rows, 8]`: temperature, top-k (as a number, 0
/// keeps all), top-p, min-p, then as bits the low and the high word of the seed and the low word
/// of the position, then unused; `out: [rows]`. In this order: temperature 0 takes [`argmax`] and
/// ignores the rest; the `top_k` best tokens stay (equal logits: lower ids first); of those the
/// shortest beginning with a probability of at least `top_p`; of those the tokens with at least
/// `min_p` of the best one's; one is drawn with the first word of Philox 4x32-10.
pub fn sample(logits: &[f32], params: &[f32], out: &mut [u32], rows: u32, cols: u32) {
    let cols = cols as usize;
    if cols == 0 {
        return;
    }
    let (params, _) = params.as_chunks::<PARAMETERS>();
    let rows = logits.par_chunks_exact(cols).zip(params).zip(out).take(rows as usize);
    rows.for_each(|((logits, params), out)| {
        *out = if params[0] == 0.0 { best(logits) } else { draw::draw(logits, params) };
    });
}
