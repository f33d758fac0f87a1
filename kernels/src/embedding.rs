//! The embedding gather: rows of a packed table by token id.

use crate::weights::WeightMatrix;
use tilewright_kernels_matmul as kernel;
use tilewright_runtime::{Device, Error, Tensor};

/// `out[t, :] = w[tokens[t], :]`; zeros for a token that is no row of `w`.
///
/// `w`: `vocab` x `d`, `tokens: [T]`, `out: [T, d]`. One launch per chunk of `w`.
///
/// # Errors
/// [`Error::ShapeMismatch`] where `out` is not `[T, d]`, and the launch's.
pub fn gather(
    device: &Device,
    w: &WeightMatrix,
    tokens: &Tensor<u32>,
    out: &mut Tensor<f32>,
) -> Result<(), Error> {
    let name = format!("out of gather from a {} x {} matrix", w.n, w.k);
    out.raw().expect_shape(&name, [tokens.len(), u64::from(w.k)])?;
    let format = w.format.name();
    for chunk in w.chunks() {
        kernel::gather(device, tokens, &chunk.data, out, chunk.rows, chunk.first_row, format)?;
    }
    Ok(())
}
