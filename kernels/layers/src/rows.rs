//! Selecting rows: the last tokens of each sequence, before the output head.

use tilewright_kernel_macros::kernel;

/// `out[i, :] = x[rows[i], :]`; zeros where `rows[i]` is not below `count`. One thread per `VEC`
/// elements of a selected row.
///
/// `x: [count, cols]`, `rows: [selected]`, `out: [selected, cols]`.
///
/// # Errors
/// [`tilewright_runtime::Error::NoCase`] where shapes contradict each other, and the launch's.
#[kernel(
    shapes(x: [count, cols], rows: [selected], out: [selected, cols]),
    grid = (cols.div_ceil(THREADS * VEC), selected),
    threads = THREADS,
    tiles(THREADS, VEC) = first_of[(64, 4), (64, 1)],
    when(cols % VEC == 0),
    split(out: selected),
    cost(bytes = 8 * selected * cols, flops = 0),
    reference = tilewright_kernels_reference::select_rows,
    crate = ::tilewright_runtime,
)]
pub fn select_rows<const THREADS: u32, const VEC: u32>(
    x: &[f32],
    rows: &[u32],
    out: &mut [f32],
    count: u32,
    cols: u32,
    selected: u32,
) {
    let i = block_id_y();
    let c = (block_id() * THREADS + thread_id()) * VEC;
    if c < cols {
        let row = rows[i];
        let to = index(i) * cols + c;
        if row < count {
            let v: [f32; VEC] = x.load(index(row) * cols + c);
            out.store(to, v);
        } else {
            out.store(to, map(VEC, |_| 0.0f32));
        }
    }
}
