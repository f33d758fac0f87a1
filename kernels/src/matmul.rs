//! Matrix products with packed weights, for one token and for many.

use crate::matrix_units::{MatrixUnits, Memory, multiply_normed, takes_one};
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

/// The order in which a product's terms are summed. A token's product does not depend on the tokens
/// beside it as long as the order is the same; devices without matrix units know one order only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SumOrder {
    /// The fastest one for the number of tokens.
    #[default]
    Fastest,
    /// The one that is fastest for few tokens.
    Few,
    /// The one that is fastest for many tokens.
    Many,
}

/// What products keep between their launches: rounded activations and weights, on devices with matrix
/// units, and the order of their sums.
#[derive(Debug, Clone)]
pub struct Scratch {
    memory: Option<Memory>,
    order: SumOrder,
}

impl Scratch {
    /// Memory for products of up to `tokens` tokens and `width` columns.
    ///
    /// # Errors
    /// The device's.
    pub fn new(device: &Device, tokens: u32, width: u32) -> Result<Self, Error> {
        Ok(Scratch { memory: Memory::new(device, tokens, width)?, order: SumOrder::Fastest })
    }

    /// The same memory for products in an order.
    #[must_use]
    pub fn ordered(&self, order: SumOrder) -> Self {
        Scratch { order, ..self.clone() }
    }

    /// What it takes on a device.
    pub fn bytes(device: &Device, tokens: u32, width: u32) -> u64 {
        Memory::bytes(device, tokens, width)
    }
}

/// `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`.
///
/// `x: [T, k]`, `w`: `n` x `k`, `y: [T, stride]` with `column + n <= stride`; the other columns
/// of `y` keep their values. One launch per chunk of `w`, and one before them for the rounding of
/// several tokens to f16 where the device has matrix units and f16 holds the weights.
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
    scratch: &Scratch,
) -> Result<(), Error> {
    matmul_each(device, &[(w, column)], x, y, mode, scratch)
}

/// [`matmul`] of several matrices with the same activations, each with its first column of `y`; the
/// activations are rounded once for all.
///
/// # Errors
/// As [`matmul`]'s; nothing is launched where a shape is wrong.
pub fn matmul_each(
    device: &Device,
    parts: &[(&WeightMatrix, u32)],
    x: &Tensor<f32>,
    y: &mut Tensor<f32>,
    mode: Output,
    scratch: &Scratch,
) -> Result<(), Error> {
    for (w, column) in parts {
        check(w, x, y, *column)?;
    }
    let accumulate = u32::from(mode == Output::Add);
    let memory = scratch.memory.as_ref();
    let mut units =
        memory.map(|memory| MatrixUnits::new(device, x, accumulate, memory, scratch.order));
    for (w, column) in parts {
        match &mut units {
            Some(units) if w.fits_f16() => units.multiply(w, y, *column)?,
            _ => multiply(device, w, x, y, *column, accumulate)?,
        }
    }
    Ok(())
}

/// A root-mean-square normalisation with gains `[k]`.
#[derive(Debug, Clone, Copy)]
pub struct Norm<'a> {
    /// What each normalised column is multiplied with.
    pub gains: &'a Tensor<f32>,
    /// What is added to the mean of the squares.
    pub eps: f32,
}

/// `y[t, column + r] = sum_c norm(x)[t, c] * w[r, c]` of several matrices, each with its first column of
/// `y`: [`crate::rms_norm`] and [`matmul_each`] in fewer launches where the device has matrix units and
/// there is one token. `normed: [T, k]` is memory for the other case.
///
/// # Errors
/// As for those two.
pub fn matmul_normed(
    device: &Device,
    parts: &[(&WeightMatrix, u32)],
    x: &Tensor<f32>,
    norm: &Norm<'_>,
    normed: &mut Tensor<f32>,
    y: &mut Tensor<f32>,
    scratch: &Scratch,
) -> Result<(), Error> {
    for (w, column) in parts {
        check(w, x, y, *column)?;
    }
    let memory = scratch.memory.as_ref().filter(|_| scratch.order == SumOrder::Fastest);
    let fused = memory.filter(|_| parts.iter().all(|(w, _)| w.fits_f16() && takes_one(x, w)));
    let Some(memory) = fused else {
        crate::rms_norm(device, x, norm.gains, normed, norm.eps)?;
        return matmul_each(device, parts, normed, y, Output::Store, scratch);
    };
    for (w, column) in parts {
        multiply_normed(device, w, x, norm, memory, y, *column)?;
    }
    Ok(())
}

fn multiply(
    device: &Device,
    w: &WeightMatrix,
    x: &Tensor<f32>,
    y: &mut Tensor<f32>,
    column: u32,
    accumulate: u32,
) -> Result<(), Error> {
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
