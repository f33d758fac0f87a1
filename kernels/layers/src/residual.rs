//! The residual connection.

use tilewright_kernel_macros::kernel;

/// `y[i] += x[i]`, one thread per `VEC` elements.
///
/// `x: [n]`, `y: [n]`: reshape other tensors.
///
/// # Errors
/// [`tilewright_runtime::Error::NoCase`] where the lengths differ, and the launch's.
#[kernel(
    shapes(x: [n], y: [n]),
    grid = n.div_ceil(THREADS * VEC),
    threads = THREADS,
    tiles(THREADS, VEC) = first_of[(64, 4), (64, 1)],
    when(n % VEC == 0),
    split(x: n),
    cost(bytes = 12 * n, flops = n),
    reference = tilewright_kernels_reference::add,
    crate = ::tilewright_runtime,
)]
pub fn add<const THREADS: u32, const VEC: u32>(x: &[f32], y: &mut [f32], n: u32) {
    let i = (block_id() * THREADS + thread_id()) * VEC;
    if i < n {
        let a: [f32; VEC] = x.load(i);
        let b: [f32; VEC] = y.load(i);
        y.store(i, map(VEC, |j| a[j] + b[j]));
    }
}
