//! `y = x W^T` of plain floats.

use crate::Float;
use crate::dot::dot;
use rayon::prelude::*;

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
    let (rows, columns) = (rows as usize, columns as usize);
    if rows == 0 || columns == 0 {
        y.fill(T::from_f32(0.0));
        return;
    }
    let x: Vec<f32> = x.iter().map(|v| v.to_f32()).collect();
    // A task takes one row of the weights, so that it is widened once.
    let sums: Vec<Vec<f32>> = w
        .par_chunks_exact(columns)
        .map(|row| {
            let row: Vec<f32> = row.iter().map(|v| v.to_f32()).collect();
            x.chunks_exact(columns).map(|x| dot(x, &row)).collect()
        })
        .collect();
    y.par_chunks_exact_mut(rows).enumerate().for_each(|(token, y)| {
        for (y, sums) in y.iter_mut().zip(&sums) {
            *y = T::from_f32(sums.get(token).copied().unwrap_or(0.0));
        }
    });
}
