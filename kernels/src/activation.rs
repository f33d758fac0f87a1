//! Activation of the feed-forward, and the residual.

use tilewright_kernels_layers as layers;
use tilewright_runtime::{Device, Error, Tensor};

/// `y[t, c] = silu(gate_up[t, c]) * gate_up[t, f + c]`, `silu(g) = g / (1 + exp(-g))`.
///
/// `gate_up: [T, 2 f]` (gate, then up), `y: [T, f]`. Shazeer 2020, "GLU variants improve
/// transformer".
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn swiglu(device: &Device, gate_up: &Tensor<f32>, y: &mut Tensor<f32>) -> Result<(), Error> {
    layers::swiglu(device, gate_up, y)
}

/// `y += x`, element by element; any shape, the same for both.
///
/// # Errors
/// [`Error::ShapeMismatch`], and the launch's.
pub fn add(device: &Device, x: &Tensor<f32>, y: &mut Tensor<f32>) -> Result<(), Error> {
    x.raw().expect_shape("x of add", y.shape())?;
    let mut flat = y.reshape(y.len())?;
    layers::add(device, &x.reshape(x.len())?, &mut flat)
}
