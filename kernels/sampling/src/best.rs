//! The best token of a row.

use tilewright_kernel_macros::kernel;

/// `out[r]` is the column of the largest logit of row `r`, the lowest where several are equal.
///
/// `logits: [rows, cols]` without NaN, `cols > 0`, `out: [rows]`. One workgroup per row: each thread
/// keeps the best of its columns, then a tree in workgroup memory.
///
/// # Errors
/// [`tilewright_runtime::Error::NoCase`] where shapes contradict each other or rows are empty, and
/// the launch's.
#[kernel(
    shapes(logits: [rows, cols], out: [rows]),
    grid = rows,
    threads = if is_ptx() { 1024 } else { 256 },
    tiles(VEC) = first_of[4, 1],
    when(cols > 0 && cols % VEC == 0),
    split(logits: rows),
    cost(bytes = 4 * rows * cols, flops = rows * cols),
    reference = tilewright_kernels_reference::argmax,
    crate = ::tilewright_runtime,
)]
pub fn argmax<const VEC: u32>(logits: &[f32], out: &mut [u32], rows: u32, cols: u32) {
    let values = shared::<f32, { thread_count() }>();
    let ids = shared::<u32, { thread_count() }>();
    let thread = thread_id();
    let row = index(block_id()) * cols;
    // No column yet: any is better, whatever its logit.
    let mut best = 0.0f32;
    let mut id = 0xffff_ffffu32;
    for c in (thread * VEC..cols).step_by(thread_count() * VEC) {
        let v: [f32; VEC] = logits.load(row + c);
        for i in unroll(0..VEC) {
            if v[i] > best || id == 0xffff_ffff {
                best = v[i];
                id = c + i;
            }
        }
    }
    values[thread] = best;
    ids[thread] = id;
    barrier();
    for step in unroll(0..10) {
        let width = thread_count() >> (step + 1);
        if width > 0 {
            if thread < width {
                let other = values[thread + width];
                let other_id = ids[thread + width];
                let mine = values[thread];
                let my_id = ids[thread];
                // Equal logits: the lower id; no column has the highest.
                let better = my_id == 0xffff_ffff || other > mine;
                if other_id != 0xffff_ffff && (better || other == mine && other_id < my_id) {
                    values[thread] = other;
                    ids[thread] = other_id;
                }
            }
            barrier();
        }
    }
    if thread == 0 {
        out[block_id()] = ids[0];
    }
}
