//! Products on CUDA's matrix units: which kernel, and what has to be rounded before it.

use crate::formats;
use crate::matmul::{Norm, SumOrder};
use crate::weights::{Chunk, WeightMatrix};
use tilewright_kernels_matmul::{matmul_scaled, tensor_core};
use tilewright_kernels_reference::formats::Format;
use tilewright_runtime::{DType, Device, Error, Tensor, f16};

/// Tokens from which on a product is bound by the matrix units and not by reading weights.
const MANY: u32 = 33;

/// Tokens from which on Hopper's own kernel is worth the rounding of the weights before it.
const HOPPER_MANY: u32 = 65;

/// Workgroups of a product of few tokens that a multiprocessor runs at a time: none waits for another to end.
const RESIDENT: u32 = 2;

/// Widest token that a workgroup rounds by itself.
const WIDEST: u32 = 16_384;

/// Weights that are rounded at a time: 32 MiB, which stay in Hopper's L2 cache until they are read.
const ROUNDED_WEIGHTS: u32 = 1 << 24;

/// Rows of rounded weights are a multiple of this where there are more: whole tiles.
const ROW_STEP: u32 = 256;

/// What products on matrix units keep between their launches.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    multiprocessors: u32,
    /// Activations as pairs of 16-bit floats: `[T * width / 2]`
    halves: Tensor<u32>,
    /// What each token is a multiple of: `[T]`
    units: Tensor<f32>,
    /// Weights as pairs of 16-bit floats, on Hopper: `[ROUNDED_WEIGHTS / 2]`
    weights: Option<Tensor<u32>>,
}

impl Memory {
    /// Memory for up to `tokens` tokens of `width` columns; `None` without matrix units.
    pub fn new(device: &Device, tokens: u32, width: u32) -> Result<Option<Self>, Error> {
        let Some(multiprocessors) = multiprocessors(device) else { return Ok(None) };
        Ok(Some(Memory {
            multiprocessors,
            halves: device.zeros(u64::from(tokens) * u64::from(width).div_ceil(2))?,
            units: device.zeros(tokens)?,
            weights: match is_hopper(device) {
                true => Some(device.zeros(ROUNDED_WEIGHTS / 2)?),
                false => None,
            },
        }))
    }

    /// What that takes.
    pub fn bytes(device: &Device, tokens: u32, width: u32) -> u64 {
        if multiprocessors(device).is_none() {
            return 0;
        }
        let weights = if is_hopper(device) { u64::from(ROUNDED_WEIGHTS) * 2 } else { 0 };
        4 * u64::from(tokens) * (u64::from(width).div_ceil(2) + 1) + weights
    }

    /// Workgroups that share the rows of a chunk.
    fn blocks(&self, chunk: &Chunk) -> u32 {
        (self.multiprocessors * RESIDENT).min(chunk.rows.div_ceil(16))
    }
}

/// Multiprocessors, where they have matrix units for these products.
fn multiprocessors(device: &Device) -> Option<u32> {
    let cuda = device.capabilities().cuda.as_ref()?;
    (cuda.sm >= 80).then_some(cuda.multiprocessors)
}

fn is_hopper(device: &Device) -> bool {
    device.capabilities().cuda.as_ref().is_some_and(|cuda| cuda.is_hopper())
}

/// Products of the same activations.
pub(crate) struct MatrixUnits<'a> {
    device: &'a Device,
    x: &'a Tensor<f32>,
    accumulate: u32,
    memory: &'a Memory,
    order: SumOrder,
    /// The order in which `memory` holds the activations, where it does.
    rounded: Option<Columns>,
}

/// The order of a token's columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Columns {
    /// As `group_halves` gives weights.
    Grouped,
    /// Their own.
    Natural,
}

/// Which kernel multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    One,
    Few,
    Many,
    Hopper,
}

impl<'a> MatrixUnits<'a> {
    /// Nothing is rounded yet.
    pub fn new(
        device: &'a Device,
        x: &'a Tensor<f32>,
        accumulate: u32,
        memory: &'a Memory,
        order: SumOrder,
    ) -> Self {
        MatrixUnits { device, x, accumulate, memory, order, rounded: None }
    }

    /// Multiplies with weights that are finite in f16.
    pub fn multiply(
        &mut self,
        w: &WeightMatrix,
        y: &mut Tensor<f32>,
        column: u32,
    ) -> Result<(), Error> {
        let tokens = self.x.shape().dims().first().map_or(1, |tokens| *tokens as u32);
        let kernel = self.kernel(w, tokens, y, column);
        if kernel == Kernel::Hopper {
            return self.multiply_on_hopper(w, tokens, y, column);
        }
        for chunk in w.chunks() {
            let column = column + chunk.first_row;
            match kernel {
                Kernel::One => self.one(w, chunk, y, column)?,
                _ => self.several(kernel, w, chunk, tokens, y, column)?,
            }
        }
        Ok(())
    }

    /// The kernel for a number of tokens; by the order alone where that is fixed.
    fn kernel(&self, w: &WeightMatrix, tokens: u32, y: &Tensor<f32>, column: u32) -> Kernel {
        let stride = y.shape().dims().last().copied().unwrap_or(0);
        let pairs = w.chunks().iter().all(|chunk| chunk.rows.is_multiple_of(2));
        let pairs = pairs && column.is_multiple_of(2) && stride.is_multiple_of(2);
        let many = match &self.memory.weights {
            Some(rounded) if pairs && whole_rows(rounded, w.k) > 0 => Kernel::Hopper,
            _ => Kernel::Many,
        };
        let few = if takes_one(self.x, w) { Kernel::One } else { Kernel::Few };
        match self.order {
            // Nothing is rounded again for every token: one kernel for all numbers of tokens.
            SumOrder::Few if w.format == Format::F16 => match many {
                Kernel::Hopper => many,
                _ => few,
            },
            SumOrder::Few => few,
            SumOrder::Many => many,
            SumOrder::Fastest if tokens < MANY => few,
            SumOrder::Fastest if tokens < HOPPER_MANY => Kernel::Many,
            SumOrder::Fastest => many,
        }
    }

    fn one(
        &self,
        w: &WeightMatrix,
        chunk: &Chunk,
        y: &mut Tensor<f32>,
        column: u32,
    ) -> Result<(), Error> {
        let (data, format, blocks) = (&chunk.data, w.format.name(), self.memory.blocks(chunk));
        let MatrixUnits { device, x, accumulate, .. } = *self;
        tensor_core::multiply_one(
            device, x, data, y, chunk.rows, column, accumulate, blocks, format,
        )
    }

    fn several(
        &mut self,
        kernel: Kernel,
        w: &WeightMatrix,
        chunk: &Chunk,
        tokens: u32,
        y: &mut Tensor<f32>,
        column: u32,
    ) -> Result<(), Error> {
        let (x, units) = self.round(w, tokens, Columns::Grouped)?;
        let (device, accumulate, format) = (self.device, self.accumulate, w.format.name());
        let (n, data) = (chunk.rows, &chunk.data);
        if kernel == Kernel::Many {
            return tensor_core::multiply_many(
                device, &x, &units, data, y, n, column, accumulate, format,
            );
        }
        let blocks = self.memory.blocks(chunk);
        tensor_core::multiply_few(
            device, &x, &units, data, y, n, column, accumulate, blocks, format,
        )
    }

    /// Rounds the weights first, unless they are f16: as many rows at a time as there is memory for.
    fn multiply_on_hopper(
        &mut self,
        w: &WeightMatrix,
        tokens: u32,
        y: &mut Tensor<f32>,
        column: u32,
    ) -> Result<(), Error> {
        let (x, units) = self.round(w, tokens, Columns::Natural)?;
        let (device, accumulate, k) = (self.device, self.accumulate, w.k);
        let x = halves(&x, tokens, k)?;
        for chunk in w.chunks() {
            let column = column + chunk.first_row;
            let (true, Some(rounded)) = (w.format != Format::F16, &self.memory.weights) else {
                let weights = halves(&chunk.data, chunk.rows, k)?;
                matmul_scaled(device, &x, &weights, &units, y, column, accumulate)?;
                continue;
            };
            let pieces = chunk.rows.div_ceil(whole_rows(rounded, k));
            let step = chunk.rows.div_ceil(pieces).next_multiple_of(ROW_STEP);
            for first in (0..chunk.rows).step_by(step as usize) {
                let rows = step.min(chunk.rows - first);
                let (n, format) = (chunk.rows, w.format.name());
                let mut piece = rounded.view(0, [rows, k / 2])?;
                tensor_core::dequantise(device, &chunk.data, &mut piece, n, first, format)?;
                let weights = halves(&piece, rows, k)?;
                matmul_scaled(device, &x, &weights, &units, y, column + first, accumulate)?;
            }
        }
        Ok(())
    }

    /// The activations in 16 bits and their units.
    fn round(
        &mut self,
        w: &WeightMatrix,
        tokens: u32,
        columns: Columns,
    ) -> Result<(Tensor<u32>, Tensor<f32>), Error> {
        let mut halves = self.memory.halves.view(0, [tokens, w.k / 2])?;
        let mut units = self.memory.units.view(0, tokens)?;
        if self.rounded != Some(columns) {
            let natural = columns == Columns::Natural;
            tensor_core::round_activations(self.device, self.x, &mut halves, &mut units, natural)?;
            self.rounded = Some(columns);
        }
        Ok((halves, units))
    }
}

/// Whether these are the products of one token that a workgroup can round by itself.
pub(crate) fn takes_one(x: &Tensor<f32>, w: &WeightMatrix) -> bool {
    x.shape().dims().first() == Some(&1) && w.k <= WIDEST
}

/// Products of one token, normalised by each workgroup.
pub(crate) fn multiply_normed(
    device: &Device,
    w: &WeightMatrix,
    x: &Tensor<f32>,
    norm: &Norm<'_>,
    memory: &Memory,
    y: &mut Tensor<f32>,
    column: u32,
) -> Result<(), Error> {
    for chunk in w.chunks() {
        let (data, format, blocks) = (&chunk.data, w.format.name(), memory.blocks(chunk));
        let (gains, eps, column) = (norm.gains, norm.eps, column + chunk.first_row);
        tensor_core::multiply_normed(
            device, x, gains, data, y, chunk.rows, column, eps, blocks, format,
        )?;
    }
    Ok(())
}

/// Whether products with rows of this width are those of f16 factors.
pub(crate) fn multiplies_f16(device: &Device, k: u32) -> bool {
    multiprocessors(device).is_some() && k.is_multiple_of(32)
}

/// The rows of a bfloat16 matrix in f16, so that no launch has to round them.
pub(crate) fn as_f16(
    device: &Device,
    data: &Tensor<u32>,
    rows: u32,
    k: u32,
) -> Result<Tensor<u32>, Error> {
    let words = formats::packed_words(Format::F16, rows, k)?;
    let rounded = device.zeros(words)?;
    let mut rows_of_pairs = rounded.view(0, [rows, k / 2])?;
    tensor_core::dequantise(device, data, &mut rows_of_pairs, rows, 0, Format::Bf16.name())?;
    Ok(rounded)
}

/// Rows of `k` columns in whole tiles that memory for rounded weights holds.
fn whole_rows(rounded: &Tensor<u32>, k: u32) -> u32 {
    let rows = 2 * rounded.len() / u64::from(k.max(1));
    u32::try_from(rows).unwrap_or(u32::MAX) / ROW_STEP * ROW_STEP
}

/// The first pairs of a tensor as a matrix.
fn halves(pairs: &Tensor<u32>, rows: u32, columns: u32) -> Result<Tensor<f16>, Error> {
    let halves = Tensor::<f16>::from_raw(pairs.raw().reinterpret(DType::F16)?)?;
    halves.view(0, [rows, columns])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tilewright_testing::{Random, hopper_interpreter};

    /// Three pieces of 256, 256 and 88 rows give what one piece gives, bit for bit.
    #[test]
    fn pieces_of_weights_make_a_whole() {
        let (device, mut random) = (hopper_interpreter(), Random::new(4));
        let (tokens, n, k) = (3, 600, 32);
        let len = (n * k) as usize / 32 * Format::Q8_0.block_bytes();
        let bytes: Vec<u8> = (0..len).map(|_| (random.bits() as u8 & 0x3b) | 1).collect();
        let w = WeightMatrix::upload(&device, Format::Q8_0, n, k, &bytes).unwrap();
        let x = random.floats((tokens * k) as usize);
        let x = device.upload([tokens, k], &x).unwrap();
        let product = |weights: u32| {
            let mut memory = Memory::new(&device, tokens, k).unwrap().unwrap();
            memory.weights = Some(device.zeros(weights / 2).unwrap());
            let mut y = device.zeros([tokens, n + 4]).unwrap();
            let mut units = MatrixUnits::new(&device, &x, 0, &memory, SumOrder::Many);
            units.multiply(&w, &mut y, 2).unwrap();
            let count = |name| device.recorded().iter().filter(|l| l.kernel == name).count();
            (y.download().unwrap(), count("dequantise"))
        };
        let (whole, one) = product(1024 * k);
        let (pieces, four) = product(256 * k);
        assert_eq!((one, four), (1, 4));
        assert!(whole[2..602].iter().all(|y| *y != 0.0));
        assert_eq!(whole, pieces);
    }
}
