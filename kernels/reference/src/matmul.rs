//! `y = x W^T` with a packed `W`: rows are dequantised four at a time and multiplied.

use crate::Float;
use crate::dot::{dot, dot4};
use crate::formats::{self, Decode, Format, Fragments, Planes};
use rayon::prelude::*;

/// Rows that one task multiplies with one token.
const ROWS: usize = 16;

/// The size of a product: `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`.
struct Product<'a> {
    x: &'a [f32],
    packed: &'a [u8],
    planes: Planes,
    n: usize,
    k: usize,
}

impl Product<'_> {
    /// Multiplies up to four rows from row `first` with every token of `x`; `store(t, r, sum)`.
    fn rows<D: Decode>(
        &self,
        first: usize,
        scratch: &mut [f32],
        mut store: impl FnMut(usize, usize, f32),
    ) {
        let count = self.n.saturating_sub(first).min(4);
        let mut rows = scratch.chunks_exact_mut(self.k);
        for (row, out) in (first..first + count).zip(&mut rows) {
            formats::row::<D>(&self.planes, self.packed, row, out);
        }
        let (a, rest) = scratch.split_at(self.k);
        let (b, rest) = rest.split_at(self.k);
        let (c, d) = rest.split_at(self.k);
        for (token, x) in self.x.chunks_exact(self.k).enumerate() {
            if count == 4 {
                for (row, sum) in dot4(x, [a, b, c, d]).into_iter().enumerate() {
                    store(token, row, sum);
                }
                continue;
            }
            for (row, w) in [a, b, c].into_iter().take(count).enumerate() {
                store(token, row, dot(x, w));
            }
        }
    }
}

/// One launch: `y` is `[tokens, y_stride]`, and its columns `column..column + n` are written.
struct Target {
    tokens: usize,
    stride: usize,
    column: usize,
    accumulate: bool,
}

impl Target {
    fn put(&self, y: &mut f32, sum: f32) {
        *y = if self.accumulate { *y + sum } else { sum };
    }
}

fn multiply<D: Decode>(product: &Product<'_>, target: &Target, y: &mut [f32]) {
    let (n, k) = (product.n, product.k);
    if target.tokens == 1 {
        let end = target.column + n;
        let Some(y) = y.get_mut(target.column..end) else { return };
        y.par_chunks_mut(ROWS).enumerate().for_each_init(
            || vec![0.0f32; 4 * k],
            |scratch, (block, y)| {
                for (four, y) in y.chunks_mut(4).enumerate() {
                    product.rows::<D>(block * ROWS + four * 4, scratch, |_, row, sum| {
                        target.put(&mut y[row], sum);
                    });
                }
            },
        );
        return;
    }
    // Rows of W outermost, since that is what is dequantised; then transposed into `y`.
    let tokens = target.tokens;
    let mut sums = vec![0.0f32; n * tokens];
    sums.par_chunks_mut(4 * tokens).enumerate().for_each_init(
        || vec![0.0f32; 4 * k],
        |scratch, (four, sums)| {
            product.rows::<D>(four * 4, scratch, |token, row, sum| {
                sums[row * tokens + token] = sum;
            });
        },
    );
    y.par_chunks_mut(target.stride).take(tokens).enumerate().for_each(|(token, y)| {
        let y = y.iter_mut().skip(target.column);
        for (y, row) in y.zip(sums.chunks_exact(tokens)) {
            target.put(y, row[token]);
        }
    });
}

/// `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`
///
/// `x: [tokens, k]`, `w`: the packed planes of an `n` x `k` matrix of the format `D`, of which a launch
/// knows the number of `words`, `y: [tokens, y_stride]`. `accumulate` 0 stores, anything else adds.
/// Nothing happens where a size is 0 or `k` is no whole number of blocks.
#[allow(clippy::too_many_arguments)]
pub fn quantized_matmul<D: Decode, X: Float>(
    x: &[X],
    w: &[u32],
    y: &mut [f32],
    tokens: u32,
    k: u32,
    y_stride: u32,
    _words: u32,
    n: u32,
    column: u32,
    accumulate: u32,
) {
    let [tokens, k, n] = [tokens, k, n].map(|size| size as usize);
    let Ok(planes) = Planes::of(&D::LAYOUT, n, k) else { return };
    if [tokens, k, n].contains(&0) {
        return;
    }
    let packed = bytemuck::cast_slice(w);
    let x = X::widened(x.get(..tokens * k).unwrap_or(x));
    let product = Product { x: &x, packed, planes, n, k };
    let (stride, column) = (y_stride.max(1) as usize, column as usize);
    let target = Target { tokens, stride, column, accumulate: accumulate != 0 };
    multiply::<D>(&product, &target, y);
}

/// [`quantized_matmul`] with the fragments of a matrix ([`Fragments`]) in place of its planes.
///
/// Nothing happens where the format or the matrix has no such layout, or `w` is not as long as it.
#[allow(clippy::too_many_arguments)]
pub fn matvec_fragments<D: Decode, X: Float>(
    x: &[X],
    w: &[u32],
    y: &mut [f32],
    tokens: u32,
    k: u32,
    y_stride: u32,
    _words: u32,
    n: u32,
    column: u32,
    accumulate: u32,
) {
    let Some(format) = Format::ALL.into_iter().find(|format| format.name() == D::LAYOUT.name)
    else {
        return;
    };
    let (rows, columns) = (n as usize, k as usize);
    let blocks = Fragments::new(format, rows, columns).and_then(|to| to.unpack(w).ok());
    let planes = blocks.and_then(|blocks| formats::pack(format, rows, columns, &blocks).ok());
    let Some(planes) = planes else { return };
    let words = planes.len() as u32;
    quantized_matmul::<D, X>(x, &planes, y, tokens, k, y_stride, words, n, column, accumulate);
}
