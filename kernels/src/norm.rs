//! Root-mean-square normalisation.

use tilewright_runtime::{Device, Error, Tensor};

pub(crate) mod kernel {
    use tilewright_kernel_macros::kernel;

    /// One workgroup per row.
    #[kernel(
        shapes(x: [rows, cols], w: [cols], y: [rows, cols]),
        grid = rows,
        threads = THREADS,
        tiles(THREADS, VEC) = first_of[(128, 4), (128, 1)],
        when(cols % VEC == 0),
        cost(bytes = 8 * rows * cols, flops = 4 * rows * cols),
        reference = tilewright_kernels_reference::rms_norm,
        crate = ::tilewright_runtime,
    )]
    pub(crate) fn rms_norm<const THREADS: u32, const VEC: u32>(
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
}

/// `y[t, c] = x[t, c] / sqrt(mean(x[t, :]^2) + eps) * w[c]`.
///
/// `x: [T, d]`, `w: [d]`, `y: [T, d]`. Zhang & Sennrich 2019, equation 4.
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn rms_norm(
    device: &Device,
    x: &Tensor<f32>,
    w: &Tensor<f32>,
    y: &mut Tensor<f32>,
    eps: f32,
) -> Result<(), Error> {
    kernel::rms_norm(device, x, w, y, eps)
}
