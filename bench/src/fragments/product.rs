//! [`Product`]: what one launch is, and what its results are.

use half::f16;
use rayon::prelude::*;
use tilewright_kernels::Format;
use tilewright_kernels::formats::{Fragments, dequantise_row, pack};

use super::numbers;

/// Rows of a tile of fragments.
const TILE: u32 = 16;
/// Tiles of a result that are compared, from the first to the last.
const CHECKED: u32 = 4;

/// What a launch makes of weights `w: [n, k]` as fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `x w^T`, `x: [tokens, k]` in f32.
    Multiply { tokens: u32 },
    /// `w` in f16.
    Dequantise,
}

/// A launch's kind, format and sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Product {
    pub kind: Kind,
    pub format: Format,
    pub n: u32,
    pub k: u32,
    /// Words of the weights.
    pub words: u64,
}

/// What an element of the result should be.
pub(super) struct Element {
    /// Its index.
    pub at: u64,
    pub value: f64,
    pub tolerance: f64,
}

impl Product {
    /// `None` where the matrix has no fragments.
    pub fn new(kind: Kind, format: Format, n: u32, k: u32) -> Option<Product> {
        let words = Fragments::new(format, n as usize, k as usize)?.words() as u64;
        Some(Product { kind, format, n, k, words })
    }

    /// Tokens of the activations; none where there are none.
    pub fn tokens(&self) -> u32 {
        match self.kind {
            Kind::Multiply { tokens } => tokens,
            Kind::Dequantise => 0,
        }
    }

    /// Bytes of the weights, and of the result where that grows with them.
    pub fn bytes(&self) -> u64 {
        let written = match self.kind {
            Kind::Multiply { .. } => 0,
            Kind::Dequantise => 2 * u64::from(self.n) * u64::from(self.k),
        };
        4 * self.words + written
    }

    /// Elements of some tiles of rows, where the weights begin at the word `first` of all.
    pub fn elements(&self, first: u64, x: &[f32]) -> Vec<Element> {
        let (tiles, checked) = (self.n / TILE, CHECKED.min(self.n / TILE));
        let tile = |i: u32| i * (tiles - 1) / (checked - 1).max(1);
        (0..checked).into_par_iter().flat_map(|i| self.tile(first, tile(i), x)).collect()
    }

    fn tile(&self, first: u64, tile: u32, x: &[f32]) -> Vec<Element> {
        let (rows, k) = (TILE as usize, self.k as usize);
        let words = self.words / u64::from(self.n / TILE);
        let words = numbers::words(first + u64::from(tile) * words, words);
        // What cannot be unpacked leaves no elements, which is as wrong as wrong ones.
        let blocks = Fragments::new(self.format, rows, k).and_then(|f| f.unpack(&words).ok());
        let blocks = blocks.unwrap_or_default();
        let planes = pack(self.format, TILE, self.k, &blocks).unwrap_or_default();
        let row_bytes = (blocks.len() / rows).max(1);
        let mut elements = Vec::new();
        let mut row = vec![0.0f32; k];
        for (r, blocks) in blocks.chunks(row_bytes).enumerate() {
            if dequantise_row(self.format, rows, &planes, r, &mut row).is_err() {
                return Vec::new();
            }
            let number = u64::from(tile * TILE) + r as u64;
            if self.kind == Kind::Dequantise {
                let halves = row.iter().map(|w| f16::from_f32(*w).to_f64());
                let from = number * u64::from(self.k)..;
                let element = |(at, value)| Element { at, value, tolerance: 0.0 };
                elements.extend(from.zip(halves).map(element));
            }
            for (t, x) in (0..self.tokens()).zip(x.chunks(k)) {
                let at = u64::from(t) * u64::from(self.n) + number;
                let (value, size) = sum(&row, x);
                let tolerance = match self.format {
                    // Activations are off by half a unit of bf16.
                    Format::Bf16 => size * (-8.0f64).exp2(),
                    _ => size * (-10.0f64).exp2() + self.lost(blocks, x),
                };
                elements.push(Element { at, value, tolerance: tolerance + 1e-6 });
            }
        }
        elements
    }

    /// What f32 loses of the offsets with which quantised numbers enter, of up to 1024 + 240, and f16 of
    /// activations that are divided by 16: each times the scale of its group.
    fn lost(&self, blocks: &[u8], x: &[f32]) -> f64 {
        let groups = blocks.chunks(self.format.block_bytes());
        let groups = groups.zip(x.chunks(self.format.weights_per_block()));
        let lost = |(block, x): (&[u8], &[f32])| {
            let scale = f16::from_le_bytes([block[0], block[1]]).to_f64().abs();
            let activations: f64 = x.iter().map(|x| f64::from(x.abs())).sum();
            let small = x.iter().filter(|x| x.abs() < 1.0 / 1024.0).count() as f64;
            scale * 1264.0 * (activations * (-22.0f64).exp2() + small * (-25.0f64).exp2())
        };
        groups.map(lost).sum()
    }
}

/// The sum of products, and that of their sizes.
fn sum(w: &[f32], x: &[f32]) -> (f64, f64) {
    let products = w.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x));
    products.fold((0.0, 0.0), |(sum, size), product| (sum + product, size + product.abs()))
}
