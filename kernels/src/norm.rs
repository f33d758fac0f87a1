//! Root-mean-square normalisation.

use tilewright_kernels_layers as layers;
use tilewright_runtime::{Device, Error, Tensor};

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
    layers::rms_norm(device, x, w, y, eps)
}
