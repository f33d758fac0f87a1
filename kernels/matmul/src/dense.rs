//! Dense products: 16-bit floats, Hopper.

use tilewright_runtime::{Device, Error, Tensor, f16};

/// The instances.
pub mod kernels {
    use tilewright_kernel_macros::matmul;

    matmul! {
        /// Both 16-bit floats.
        pub matmul_dense {
            element: [bf16, f16],
            tiles: { sm_90a => { rows: 256, stages: 4, cluster: 1, slots: 2, band: 8 } },
            crate: crate::runtime,
        }

        /// Narrower tiles where wide ones would leave multiprocessors without any.
        pub matmul_scaled {
            element: f16,
            output: scaled,
            tiles: {
                sm_90a => first_of[
                    { rows: 256, stages: 4, least: 100 },
                    { rows: 128, stages: 6, least: 100 },
                    { rows: 64, stages: 8 },
                ],
            },
            crate: crate::runtime,
        }
    }
}

/// Element types of dense products: `bf16` and `f16`.
pub use kernels::matmul_dense::ElementT as DenseElement;

/// `y[t, r] = sum_c x[t, c] * w[r, c]`, summed in `f32`.
///
/// `x: [tokens, columns]`, `w: [rows, columns]`, `y: [tokens, rows]`; `rows` and `columns` are multiples
/// of 8, and tensors start at multiples of 16 bytes.
///
/// # Errors
/// [`Error::MissingCase`] on devices other than Hopper GPUs (the `cpu` device runs the reference),
/// [`Error::NoCase`] for other sizes, and the launch's.
pub fn matmul_dense<T: DenseElement>(
    device: &Device,
    x: &Tensor<T>,
    w: &Tensor<T>,
    y: &mut Tensor<T>,
) -> Result<(), Error> {
    let cuda = device.capabilities().cuda.as_ref();
    let workers = cuda.map_or(1, |cuda| cuda.multiprocessors);
    kernels::matmul_dense(device, x, w, y, workers)
}

/// `y[t, column + r] (=|+=) units[t] * sum_c x[t, c] * w[r, c]`, summed in `f32`; `accumulate` 0 stores,
/// anything else adds.
///
/// `x: [tokens, columns]`, `w: [rows, columns]`, `units: [tokens]`, `y: [tokens, y_stride]`; `columns` is a
/// multiple of 8, `rows`, `column` and `y_stride` are even, and tensors start at multiples of 16 bytes.
///
/// # Errors
/// As for [`matmul_dense`].
pub fn matmul_scaled(
    device: &Device,
    x: &Tensor<f16>,
    w: &Tensor<f16>,
    units: &Tensor<f32>,
    y: &mut Tensor<f32>,
    column: u32,
    accumulate: u32,
) -> Result<(), Error> {
    let cuda = device.capabilities().cuda.as_ref();
    let workers = cuda.map_or(1, |cuda| cuda.multiprocessors);
    kernels::matmul_scaled(device, x, w, units, y, column, accumulate, workers)
}
