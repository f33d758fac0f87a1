//! Root-mean-square normalisation.

use tilewright_runtime::{Device, Error, Tensor};

mod kernel {
    use crate::declare::declare_kernel;

    declare_kernel! {
        /// `fn rms_norm(x: &[f32], w: &[f32], y: &mut [f32], rows: u32, cols: u32, eps: f32)`
        fn rms_norm(x: f32, w: f32 => write y: f32; sizes(rows, cols) scalars(eps: f32) last())
        shapes(x: [rows, cols], w: [cols], y: [rows, cols])
        reference = tilewright_kernels_reference::rms_norm;
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
