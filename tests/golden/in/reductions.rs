//! The library's reductions over a workgroup, with and without subgroups.

#[kernel(
    shapes(x: [rows, cols], y: [rows, 2]),
    grid = rows,
    threads = THREADS,
    values(THREADS = [32, 128]),
    targets = [sm_80, wgsl, wgsl(native, subgroup = 32)],
)]
fn reductions<const THREADS: u32>(x: &[f32], y: &mut [f32], rows: u32, cols: u32) {
    let row = index(block_id()) * cols;
    let (mut sum, mut largest) = (0.0f32, -3.0e38f32);
    for c in (thread_id()..cols).step_by(THREADS) {
        sum += x[row + c];
        largest = max(largest, x[row + c]);
    }
    let sum = block_sum(sum);
    let largest = block_max(largest);
    if thread_id() == 0 {
        y.store(index(block_id()) * 2, [sum, largest]);
    }
}
