//! Activation of the feed-forward, and the residual.

use tilewright_runtime::{Device, Error, Tensor};

mod kernel {
    use crate::declare::declare_kernel;

    declare_kernel! {
        /// `fn swiglu(gate_up: &[f32], y: &mut [f32], rows: u32, cols: u32)`
        fn swiglu(gate_up: f32 => write y: f32; sizes(rows, cols) scalars() last())
        shapes(gate_up: [rows, Size::Op(SizeOp::Mul, &Size::Const(2), &cols)], y: [rows, cols])
        reference = tilewright_kernels_reference::swiglu;
    }

    declare_kernel! {
        /// `fn add(x: &[f32], y: &mut [f32], n: u32)`
        fn add(x: f32 => read_write y: f32; sizes(n) scalars() last())
        shapes(x: [n], y: [n])
        reference = tilewright_kernels_reference::add;
    }
}

/// `y[t, c] = silu(gate_up[t, c]) * gate_up[t, f + c]`, `silu(g) = g / (1 + exp(-g))`.
///
/// `gate_up: [T, 2 f]` (gate, then up), `y: [T, f]`. Shazeer 2020, "GLU variants improve
/// transformer".
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn swiglu(device: &Device, gate_up: &Tensor<f32>, y: &mut Tensor<f32>) -> Result<(), Error> {
    kernel::swiglu(device, gate_up, y)
}

/// `y += x`, element by element; any shape, the same for both.
///
/// # Errors
/// [`Error::ShapeMismatch`], and the launch's.
pub fn add(device: &Device, x: &Tensor<f32>, y: &mut Tensor<f32>) -> Result<(), Error> {
    x.raw().expect_shape("x of add", y.shape())?;
    let mut flat = y.reshape(y.len())?;
    kernel::add(device, &x.reshape(x.len())?, &mut flat)
}
