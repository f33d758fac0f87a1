//! Activation of the feed-forward, and the residual.

use tilewright_runtime::{Device, Error, Tensor};

pub(crate) mod kernel {
    use tilewright_kernel_macros::kernel;

    /// One thread per `VEC` elements of a row.
    #[kernel(
        shapes(gate_up: [rows, 2 * cols], y: [rows, cols]),
        grid = (cols.div_ceil(THREADS * VEC), rows),
        threads = THREADS,
        tiles(THREADS, VEC) = first_of[(64, 4), (64, 1)],
        when(cols % VEC == 0),
        cost(bytes = 12 * rows * cols, flops = 5 * rows * cols),
        reference = tilewright_kernels_reference::swiglu,
        crate = ::tilewright_runtime,
    )]
    pub(crate) fn swiglu<const THREADS: u32, const VEC: u32>(
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

    /// One thread per `VEC` elements.
    #[kernel(
        shapes(x: [n], y: [n]),
        grid = n.div_ceil(THREADS * VEC),
        threads = THREADS,
        tiles(THREADS, VEC) = first_of[(64, 4), (64, 1)],
        when(n % VEC == 0),
        cost(bytes = 12 * n, flops = n),
        reference = tilewright_kernels_reference::add,
        crate = ::tilewright_runtime,
    )]
    pub(crate) fn add<const THREADS: u32, const VEC: u32>(x: &[f32], y: &mut [f32], n: u32) {
        let i = (block_id() * THREADS + thread_id()) * VEC;
        if i < n {
            let a: [f32; VEC] = x.load(i);
            let b: [f32; VEC] = y.load(i);
            y.store(i, map(VEC, |j| a[j] + b[j]));
        }
    }
}

/// `y[t, c] = silu(gate_up[t, c]) * gate_up[t, f + c]`, `silu(g) = g / (1 + exp(-g))`.
///
/// `gate_up: [T, 2 f]` (gate, then up), `y: [T, f]`. Shazeer 2020, "GLU variants improve
/// transformer".
///
/// # Errors
/// [`Error::NoCase`] where shapes contradict each other, and the launch's.
pub fn swiglu(device: &Device, gate_up: &Tensor<f32>, y: &mut Tensor<f32>) -> Result<(), Error> {
    kernel::swiglu(device, gate_up, y)
}

/// `y += x`, element by element; any shape, the same for both.
///
/// # Errors
/// [`Error::ShapeMismatch`], and the launch's.
pub fn add(device: &Device, x: &Tensor<f32>, y: &mut Tensor<f32>) -> Result<(), Error> {
    x.raw().expect_shape("x of add", y.shape())?;
    let mut flat = y.reshape(y.len())?;
    kernel::add(device, &x.reshape(x.len())?, &mut flat)
}
