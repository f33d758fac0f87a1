//! Accesses: not in bounds, not aligned, not allowed.

use tilewright::kernel;

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(64), threads = 64)]
fn unguarded(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 64 + thread_id();
    y[i] = x[i];
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(64), threads = 64)]
fn neighbour(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 64 + thread_id();
    if i < n {
        y[i] = x[i + 1];
    }
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(64), threads = 64)]
fn difference(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 64 + thread_id();
    if i < n {
        y[i] = x[i - 1];
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 64)]
fn beyond_shared(y: &mut [f32], n: u32) {
    let tile = shared::<f32, 64>();
    tile[thread_id() + 1] = 1.0;
    barrier();
    y[block_id()] = tile[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn no_shape(x: &[f32], y: &mut [f32], n: u32) {
    y[block_id()] = x[block_id()];
}

#[kernel(shapes(x: [rows, cols], y: [rows]), grid = rows, threads = 1)]
fn misaligned(x: &[f32], y: &mut [f32], rows: u32, cols: u32) {
    let row = block_id() * cols;
    if cols >= 4 {
        let v: [f32; 4] = x.load(row);
        y[block_id()] = v[0] + v[3];
    }
}

#[kernel(shapes(x: [n * 3], y: [n]), grid = n, threads = 1)]
fn odd_width(x: &[f32], y: &mut [f32], n: u32) {
    let v: [f32; 3] = x.load(block_id() * 3);
    y[block_id()] = v[0] + v[1] + v[2];
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn narrow_store(x: &[f32], y: &mut [f16], n: u32) {
    y[block_id()] = f16::from_f32(x[block_id()]);
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn read_only(x: &[f32], y: &mut [f32], n: u32) {
    x[block_id()] = y[block_id()];
}

#[kernel(shapes(w: [n]), grid = n, threads = 1, targets = [sm_80])]
fn weights_written(w: &mut Weights<f32>, n: u32) {
    w[block_id()] = 1.0;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn shared_in_a_branch(y: &mut [f32], n: u32) {
    if thread_id() == n {
        let tile = shared::<f32, 64>();
        tile[0] = 1.0;
        y[0] = tile[0];
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [wgsl])]
fn float_atomic(y: &mut [f32], n: u32) {
    y.reduce_add(block_id(), 1.0);
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [sm_80])]
fn float_maximum(y: &mut [f32], n: u32) {
    y.reduce_max(block_id(), 1.0);
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [wgsl])]
fn ordered_atomic(y: &mut [u32], n: u32) {
    y.reduce_add(block_id(), 1, "device", "release");
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [wgsl])]
fn infinite(y: &mut [f32], n: u32) {
    y[block_id()] = f32::from_bits(0x7f800000);
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [sm_80])]
fn unknown_hint(y: &mut [f32], n: u32) {
    y[block_id()] = y.load_cached(block_id(), "l3::keep");
}

fn main() {}
