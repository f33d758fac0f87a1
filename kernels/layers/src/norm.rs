//! Root-mean-square normalisation.

use tilewright_kernel_macros::kernel;

/// `y[r, c] = x[r, c] / sqrt(mean(x[r, :]^2) + eps) * w[c]`, one workgroup per row.
///
/// `x: [rows, cols]`, `w: [cols]`, `y: [rows, cols]`. Zhang & Sennrich 2019, equation 4.
///
/// # Errors
/// [`tilewright_runtime::Error::NoCase`] where shapes contradict each other, and the launch's.
#[kernel(
    shapes(x: [rows, cols], w: [cols], y: [rows, cols]),
    grid = rows,
    threads = THREADS,
    tiles(THREADS, VEC) = first_of[(256, 4), (256, 1)],
    when(cols % VEC == 0),
    split(x: rows),
    cost(bytes = 8 * rows * cols, flops = 4 * rows * cols),
    reference = tilewright_kernels_reference::rms_norm,
    crate = ::tilewright_runtime,
)]
pub fn rms_norm<const THREADS: u32, const VEC: u32>(
    x: &[f32],
    w: &Weights<f32>,
    y: &mut [f32],
    rows: u32,
    cols: u32,
    eps: f32,
) {
    let row = index(block_id()) * cols;
    let mut sum = 0.0f32;
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [f32; VEC] = x.load(row + c);
        for i in unroll(0..VEC) {
            sum = fma(v[i], v[i], sum);
        }
    }
    let scale = rsqrt(block_sum(sum) / cols as f32 + eps);
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [f32; VEC] = x.load(row + c);
        let g: [f32; VEC] = w.load(c);
        y.store(row + c, map(VEC, |i| v[i] * scale * g[i]));
    }
}
