//! `y = x W^T` of plain floats.

use crate::Float;
use crate::dot::dot;
use rayon::prelude::*;

/// `y[t, column + r] (=|+=) units[t] * sum_c x[t, c] * w[r, c]`, summed in `f32`.
///
/// `x: [tokens, columns]`, `w: [rows, columns]`, `units: [tokens]`, `y: [tokens, y_stride]`.
#[allow(clippy::too_many_arguments)]
pub fn matmul_scaled<T: Float + Sync>(
    x: &[T],
    w: &[T],
    units: &[f32],
    y: &mut [f32],
    _tokens: u32,
    rows: u32,
    columns: u32,
    y_stride: u32,
    column: u32,
    accumulate: u32,
    _workers: u32,
) {
    let sums = sums(x, w, columns);
    let tokens = y.par_chunks_exact_mut(y_stride.max(1) as usize).zip(units).enumerate();
    tokens.for_each(|(token, (y, unit))| {
        let y = y.iter_mut().skip(column as usize).take(rows as usize);
        for (y, sums) in y.zip(&sums) {
            let product = unit * sums.get(token).copied().unwrap_or(0.0);
            *y = if accumulate == 0 { product } else { *y + product };
        }
    });
}

/// `y[t, r] = sum_c x[t, c] * w[r, c]`, summed in `f32` and rounded once.
///
/// `x: [tokens, columns]`, `w: [rows, columns]`, `y: [tokens, rows]`; `_workers` says how the devices'
/// kernels share the work.
pub fn matmul_dense<T: Float + Sync>(
    x: &[T],
    w: &[T],
    y: &mut [T],
    _tokens: u32,
    rows: u32,
    columns: u32,
    _workers: u32,
) {
    if rows == 0 || columns == 0 {
        y.fill(T::from_f32(0.0));
        return;
    }
    let sums = sums(x, w, columns);
    y.par_chunks_exact_mut(rows as usize).enumerate().for_each(|(token, y)| {
        for (y, sums) in y.iter_mut().zip(&sums) {
            *y = T::from_f32(sums.get(token).copied().unwrap_or(0.0));
        }
    });
}

/// The products of every row of the weights with every token.
fn sums<T: Float + Sync>(x: &[T], w: &[T], columns: u32) -> Vec<Vec<f32>> {
    let columns = columns.max(1) as usize;
    let x: Vec<f32> = x.iter().map(|v| v.to_f32()).collect();
    // A task takes one row of the weights, so that it is widened once.
    let rows = w.par_chunks_exact(columns).map(|row| {
        let row: Vec<f32> = row.iter().map(|v| v.to_f32()).collect();
        x.chunks_exact(columns).map(|x| dot(x, &row)).collect()
    });
    rows.collect()
}
