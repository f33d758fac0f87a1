//! The activation of the feed-forward.

use tilewright_kernel_macros::kernel;

/// `y[r, c] = silu(gate_up[r, c]) * gate_up[r, cols + c]`, `silu(g) = g / (1 + exp(-g))`; one thread
/// per `VEC` elements.
///
/// `gate_up: [rows, 2 * cols]` (gate, then up), `y: [rows, cols]`. Shazeer 2020, "GLU variants
/// improve transformer".
///
/// # Errors
/// [`tilewright_runtime::Error::NoCase`] where shapes contradict each other, and the launch's.
#[kernel(
    shapes(gate_up: [rows, 2 * cols], y: [rows, cols]),
    grid = (cols.div_ceil(THREADS * VEC), rows),
    threads = THREADS,
    tiles(THREADS, VEC) = first_of[(64, 4), (64, 1)],
    when(cols % VEC == 0),
    split(y: rows),
    cost(bytes = 12 * rows * cols, flops = 5 * rows * cols),
    reference = tilewright_kernels_reference::swiglu,
    crate = ::tilewright_runtime,
)]
pub fn swiglu<const THREADS: u32, const VEC: u32>(
    gate_up: &[f32],
    y: &mut [f32],
    rows: u32,
    cols: u32,
) {
    let row = index(block_id_y());
    let c = (block_id() * THREADS + thread_id()) * VEC;
    if c < cols {
        let gate: [f32; VEC] = gate_up.load(row * (2 * cols) + c);
        let up: [f32; VEC] = gate_up.load(row * (2 * cols) + cols + c);
        y.store(row * cols + c, map(VEC, |i| gate[i] / (1.0 + exp(-gate[i])) * up[i]));
    }
}
