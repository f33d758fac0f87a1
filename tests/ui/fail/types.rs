//! Types: mixed, missing, not to be converted.

use tilewright::kernel;

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn dtype_mix(x: &[f16], y: &mut [f32], n: u32) {
    let i = block_id();
    y[i] = x[i] * y[i];
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn integer_and_float(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id();
    y[i] = x[i] * n;
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn stored_type(x: &[f32], y: &mut [u32], n: u32) {
    let i = block_id();
    y[i] = x[i];
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn operators(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id();
    y[i] = x[i] % 2.0;
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn shifted_float(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id();
    y[i] = x[i] << 1;
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn functions_of_types(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id();
    y[i] = sqrt(x[i]);
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn argument_counts(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id();
    y[i] = max(x[i]);
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn too_many_arguments(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id(1);
    y[i] = x[i];
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn casts(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id();
    y[i] = bitcast::<u64>(x[i]) as u32;
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn cast_to_bool(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id();
    if x[i] as bool {
        y[i] = 1;
    }
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn branches(x: &[u32], y: &mut [f32], n: u32) {
    let i = block_id();
    y[i] = if x[i] > 1 { 1.0f32 } else { x[i] };
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn literal_ranges(y: &mut [u8], n: u32) {
    let v: u8 = 256;
    y[block_id()] = v;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn negative_literal(y: &mut [u32], n: u32) {
    y[block_id()] = -1;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn untyped_variable(y: &mut [u32], n: u32) {
    let mut sum = 0;
    sum += n;
    y[block_id()] = sum;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn untyped_and_empty(y: &mut [f32], n: u32) {
    let sum;
    sum = 1.0f32;
    y[block_id()] = sum;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn immutable(y: &mut [f32], n: u32) {
    let sum = 0.0f32;
    sum += 1.0;
    y[block_id()] = sum;
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn condition(x: &[u32], y: &mut [u32], n: u32) {
    if x[block_id()] {
        y[block_id()] = 1;
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn leaves_no_loop(y: &mut [u32], n: u32) {
    y[block_id()] = 1;
    break;
}

fn main() {}
