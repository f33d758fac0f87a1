//! Launches that cannot be: workgroups and rows that do not fit what the kernel does with them.

#[kernel(shapes(x: [n], y: [1]), grid = 1, threads = 96, targets = [wgsl])]
fn sum_of_96_threads(x: &[f32], y: &mut [f32], n: u32) {
    let mut sum = 0.0f32;
    for i in (thread_id()..n).step_by(96) {
        sum += x[i];
    }
    let all = block_sum(sum);
    if thread_id() == 0 {
        y[0] = all;
    }
}

#[kernel(shapes(x: [32], y: [32]), grid = 1, threads = 32, targets = [sm_80])]
fn sum_of_12_lanes(x: &[f32], y: &mut [f32]) {
    y[thread_id()] = lanes_sum::<12>(x[thread_id()]);
}

#[kernel(shapes(x: [rows, cols], y: [cols, rows]), grid = rows, threads = 32, split(x: rows), targets = [wgsl])]
fn split_rows_within(x: &[f32], y: &mut [f32], rows: u32, cols: u32) {
    for c in (thread_id()..cols).step_by(32) {
        y[c * rows + block_id()] = x[block_id() * cols + c];
    }
}

#[kernel(shapes(x: [rows, cols], y: [rows]), grid = rows, threads = 32, split(x: cols), targets = [wgsl])]
fn split_columns(x: &[f32], y: &mut [f32], rows: u32, cols: u32) {
    if cols > 0 && thread_id() == 0 {
        y[block_id()] = x[block_id() * cols];
    }
}
