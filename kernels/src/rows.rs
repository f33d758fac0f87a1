//! Selecting rows: the last tokens of each sequence, before the output head.

use tilewright_kernels_layers as layers;
use tilewright_runtime::{Device, Error, Tensor};

/// `out[i, :] = x[rows[i], :]`; zeros where `rows[i]` is not a row of `x`.
///
/// `x: [T, d]`, `rows: [R]`, `out: [R, d]`.
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn select_rows(
    device: &Device,
    x: &Tensor<f32>,
    rows: &Tensor<u32>,
    out: &mut Tensor<f32>,
) -> Result<(), Error> {
    layers::select_rows(device, x, rows, out)
}
