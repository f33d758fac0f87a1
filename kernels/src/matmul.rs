//! Matrix products with packed weights, for one token and for many.

use crate::weights::{Chunk, WeightMatrix};
use tilewright_kernels_matmul as kernel;
use tilewright_kernels_matmul::tensor_core;
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

/// What products keep between their launches: rounded activations, on devices with matrix units, and
/// the order of their sums.
#[derive(Debug, Clone)]
pub struct Scratch {
    rounded: Option<Rounded>,
    order: SumOrder,
}

#[derive(Debug, Clone)]
struct Rounded {
    /// Pairs of 16-bit floats: `[T * width / 2]`
    halves: Tensor<u32>,
    /// What each token is a multiple of: `[T]`
    units: Tensor<f32>,
}

impl Scratch {
    /// Memory for products of up to `tokens` tokens and `width` columns.
    ///
    /// # Errors
    /// The device's.
    pub fn new(device: &Device, tokens: u32, width: u32) -> Result<Self, Error> {
        if multiprocessors(device).is_none() {
            return Ok(Scratch { rounded: None, order: SumOrder::Fastest });
        }
        let words = Scratch::bytes(tokens, width) / 4 - u64::from(tokens);
        let (halves, units) = (device.zeros(words)?, device.zeros(tokens)?);
        Ok(Scratch { rounded: Some(Rounded { halves, units }), order: SumOrder::Fastest })
    }

    /// The same memory for products in an order.
    #[must_use]
    pub fn ordered(&self, order: SumOrder) -> Self {
        Scratch { order, ..self.clone() }
    }

    /// What it takes at most.
    pub fn bytes(tokens: u32, width: u32) -> u64 {
        4 * u64::from(tokens) * (u64::from(width).div_ceil(2) + 1)
    }
}

/// Tokens from which on a product is bound by the matrix units and not by reading weights.
const MANY: u32 = 33;

/// Workgroups of a product of few tokens that a multiprocessor runs at a time.
const RESIDENT: u32 = 4;

/// Widest token that a workgroup rounds by itself.
const WIDEST: u32 = 16_384;

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
    let mut units = match (multiprocessors(device), &scratch.rounded) {
        (Some(multiprocessors), Some(rounded)) => {
            let order = scratch.order;
            let is_rounded = false;
            Some(MatrixUnits { device, x, accumulate, multiprocessors, rounded, is_rounded, order })
        }
        _ => None,
    };
    for (w, column) in parts {
        match &mut units {
            Some(units) if w.fits_f16() => units.multiply(w, y, *column)?,
            _ => multiply(device, w, x, y, *column, accumulate)?,
        }
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

/// Multiprocessors, where they have matrix units for these products.
fn multiprocessors(device: &Device) -> Option<u32> {
    let cuda = device.capabilities().cuda.as_ref()?;
    (cuda.sm >= 80).then_some(cuda.multiprocessors)
}

/// Products of the same activations on matrix units.
struct MatrixUnits<'a> {
    device: &'a Device,
    x: &'a Tensor<f32>,
    accumulate: u32,
    multiprocessors: u32,
    rounded: &'a Rounded,
    /// Whether `rounded` holds the activations already.
    is_rounded: bool,
    order: SumOrder,
}

impl MatrixUnits<'_> {
    fn multiply(
        &mut self,
        w: &WeightMatrix,
        y: &mut Tensor<f32>,
        column: u32,
    ) -> Result<(), Error> {
        let tokens = self.x.shape().dims().first().map_or(1, |tokens| *tokens as u32);
        let few = match self.order {
            SumOrder::Fastest => tokens < MANY,
            SumOrder::Few => true,
            SumOrder::Many => false,
        };
        // One token's order is that of few.
        if few && tokens == 1 && w.k <= WIDEST {
            return self.multiply_one(w, y, column);
        }
        let (x, units) = self.round(w, tokens)?;
        let (device, accumulate, format) = (self.device, self.accumulate, w.format.name());
        for chunk in w.chunks() {
            let (n, data) = (chunk.rows, &chunk.data);
            let column = column + chunk.first_row;
            if few {
                let blocks = self.blocks(chunk);
                tensor_core::multiply_few(
                    device, &x, &units, data, y, n, column, accumulate, blocks, format,
                )?;
            } else {
                tensor_core::multiply_many(
                    device, &x, &units, data, y, n, column, accumulate, format,
                )?;
            }
        }
        Ok(())
    }

    fn multiply_one(
        &self,
        w: &WeightMatrix,
        y: &mut Tensor<f32>,
        column: u32,
    ) -> Result<(), Error> {
        let MatrixUnits { device, x, accumulate, .. } = *self;
        for chunk in w.chunks() {
            let (n, data, blocks) = (chunk.rows, &chunk.data, self.blocks(chunk));
            let (column, format) = (column + chunk.first_row, w.format.name());
            tensor_core::multiply_one(device, x, data, y, n, column, accumulate, blocks, format)?;
        }
        Ok(())
    }

    /// The activations in 16 bits and their units.
    fn round(
        &mut self,
        w: &WeightMatrix,
        tokens: u32,
    ) -> Result<(Tensor<u32>, Tensor<f32>), Error> {
        let mut halves = self.rounded.halves.view(0, [tokens, w.k / 2])?;
        let mut units = self.rounded.units.view(0, tokens)?;
        if !self.is_rounded {
            tensor_core::round_activations(self.device, self.x, &mut halves, &mut units)?;
            self.is_rounded = true;
        }
        Ok((halves, units))
    }

    /// Workgroups that share the rows of a chunk.
    fn blocks(&self, chunk: &Chunk) -> u32 {
        (self.multiprocessors * RESIDENT).min(chunk.rows.div_ceil(16))
    }
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
