//! Root-mean-square normalisation.

use rayon::prelude::*;

/// `y[r, c] = x[r, c] / sqrt(mean(x[r, :]^2) + eps) * w[c]`; the mean is summed in `f64`.
///
/// `x: [rows, cols]`, `w: [cols]`, `y: [rows, cols]`. Zhang & Sennrich 2019, equation 4.
pub fn rms_norm(x: &[f32], w: &[f32], y: &mut [f32], rows: u32, cols: u32, eps: f32) {
    let (rows, cols) = (rows as usize, cols as usize);
    if cols == 0 {
        return;
    }
    let pairs = x.par_chunks_exact(cols).zip(y.par_chunks_exact_mut(cols)).take(rows);
    pairs.for_each(|(x, y)| {
        let sum: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        let scale = (1.0 / (sum / cols as f64 + f64::from(eps)).sqrt()) as f32;
        for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
            *y = x * scale * w;
        }
    });
}
