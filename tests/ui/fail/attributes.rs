//! The attribute: keys, instances, launch shapes, parameters.

use tilewright::kernel;

#[kernel(shape(y: [n]), grid = n, threads = 1)]
fn unknown_key(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n)]
fn no_threads(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(z: [n]), grid = n, threads = 1)]
fn unknown_parameter(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = THREADS)]
fn no_instances<const THREADS: u32>(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn no_elements<T: Float>(y: &mut [T], n: u32) {
    y[block_id()] = T::from_f32(1.0);
}

#[kernel(shapes(y: [n]), grid = n, threads = A, tiles(A, B) = first_of[(32, 4), (64)])]
fn tile_arity<const A: u32, const B: u32>(y: &mut [u32], n: u32) {
    y[block_id()] = B;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, values(N = [1, 2]), when(N > 2))]
fn no_case<const N: u32>(y: &mut [u32], n: u32) {
    y[block_id()] = N;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [sm_90, wgsl])]
fn unknown_target(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = y, threads = 1)]
fn grid_of_a_buffer(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = 2048)]
fn many_threads(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = THREADS, tiles(THREADS) = first_of[128, 512])]
fn many_threads_in_a_tile<const THREADS: u32>(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn bool_parameter(y: &mut [u32], n: u32, on: bool) {
    y[block_id()] = if on { 1 } else { 0 };
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [sm_90a])]
fn nameless_map(x: &TensorMap<f32>, y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn result(y: &mut [u32], n: u32) -> u32 {
    n
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, cost(bytes = 4 * n, flops = y))]
fn cost_of_a_buffer(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
}

fn main() {}
