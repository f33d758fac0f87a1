//! Matrix products with packed weights, for one token and for many.

use crate::weights::WeightMatrix;
use tilewright_kernels_matmul as kernel;
use tilewright_runtime::{Device, Error, Shape, Tensor};

/// What [`matmul`] does with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// `y = product`
    Store,
    /// `y += product`
    Add,
}

/// `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`.
///
/// `x: [T, k]`, `w`: `n` x `k`, `y: [T, stride]` with `column + n <= stride`; the other columns
/// of `y` keep their values. One launch per chunk of `w`.
///
/// # Errors
/// [`Error::ShapeMismatch`] where `x` is not `k` wide, `y` has not as many rows or is too narrow,
/// and the launch's.
pub fn matmul(
    device: &Device,
    w: &WeightMatrix,
    x: &Tensor<f32>,
    y: &mut Tensor<f32>,
    column: u32,
    mode: Output,
) -> Result<(), Error> {
    check(w, x, y, column)?;
    let accumulate = u32::from(mode == Output::Add);
    for chunk in w.chunks() {
        let column = column + chunk.first_row;
        let format = w.format.name();
        kernel::matmul(device, x, &chunk.data, y, chunk.rows, column, accumulate, format)?;
    }
    Ok(())
}

/// A check of every shape.
fn check(w: &WeightMatrix, x: &Tensor<f32>, y: &Tensor<f32>, column: u32) -> Result<(), Error> {
    let tokens = x.shape().dims().first().copied().unwrap_or(1);
    let name = |tensor: &str| format!("{tensor} of matmul with a {} x {} matrix", w.n, w.k);
    x.raw().expect_shape(&name("x"), [tokens, u64::from(w.k)])?;
    let needed = u64::from(column) + u64::from(w.n);
    match *y.shape().dims() {
        [rows, stride] if rows == tokens && stride >= needed => Ok(()),
        _ => Err(Error::ShapeMismatch {
            what: format!("{} from column {column} (or wider)", name("y")),
            expected: Shape::from([tokens, needed]),
            found: y.shape(),
        }),
    }
}
