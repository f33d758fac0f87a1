//! Activations and the residual.

use rayon::prelude::*;

/// `y[r, c] = silu(gate_up[r, c]) * gate_up[r, cols + c]`, `silu(g) = g / (1 + exp(-g))`.
///
/// `gate_up: [rows, 2 * cols]`, `y: [rows, cols]`. Shazeer 2020, "GLU variants improve
/// transformer".
pub fn swiglu(gate_up: &[f32], y: &mut [f32], rows: u32, cols: u32) {
    let (rows, cols) = (rows as usize, cols as usize);
    if cols == 0 {
        return;
    }
    let pairs = gate_up.par_chunks_exact(2 * cols).zip(y.par_chunks_exact_mut(cols)).take(rows);
    pairs.for_each(|(gate_up, y)| {
        let (gate, up) = gate_up.split_at(cols);
        for ((y, gate), up) in y.iter_mut().zip(gate).zip(up) {
            *y = gate / (1.0 + (-gate).exp()) * up;
        }
    });
}

/// `y[i] += x[i]` for `n` elements.
pub fn add(x: &[f32], y: &mut [f32], n: u32) {
    for (y, x) in y.iter_mut().zip(x).take(n as usize) {
        *y += x;
    }
}
