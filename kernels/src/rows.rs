//! Selecting rows: the last tokens of each sequence, before the output head.

use tilewright_runtime::{Device, Error, Tensor};

mod kernel {
    use crate::declare::declare_kernel;

    declare_kernel! {
        /// `fn select_rows(x: &[f32], rows: &[u32], out: &mut [f32], count: u32, cols: u32,
        /// selected: u32)`
        fn select_rows(
            x: f32, rows: u32 => write out: f32; sizes(count, cols, selected) scalars() last()
        )
        shapes(x: [count, cols], rows: [selected], out: [selected, cols])
        reference = tilewright_kernels_reference::select_rows;
    }
}

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
    kernel::select_rows(device, x, rows, out)
}
