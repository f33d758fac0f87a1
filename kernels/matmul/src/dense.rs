//! Dense products: 16-bit floats, Hopper.

use tilewright_runtime::{Device, Error, Tensor};

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
