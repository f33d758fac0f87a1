//! Root-mean-square normalisation.

use crate::Float;
use rayon::prelude::*;

/// `y[r, c] = x[r, c] / sqrt(mean(x[r, :]^2) + eps) * w[c]`; the mean is summed in `f64`.
///
/// `x: [rows, cols]`, `w: [cols]`, `y: [rows, cols]`. Zhang & Sennrich 2019, equation 4.
pub fn rms_norm<X: Float, W: Float, Y: Float>(
    x: &[X],
    w: &[W],
    y: &mut [Y],
    rows: u32,
    cols: u32,
    eps: f32,
) {
    let (rows, cols) = (rows as usize, cols as usize);
    if cols == 0 {
        return;
    }
    let pairs = x.par_chunks_exact(cols).zip(y.par_chunks_exact_mut(cols)).take(rows);
    pairs.for_each(|(x, y)| {
        let sum: f64 = x.iter().map(|x| f64::from(x.to_f32()) * f64::from(x.to_f32())).sum();
        let scale = (1.0 / (sum / cols as f64 + f64::from(eps)).sqrt()) as f32;
        for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
            *y = Y::from_f32(x.to_f32() * scale * w.to_f32());
        }
    });
}
