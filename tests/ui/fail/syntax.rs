//! Rust that kernels are not written in.

use tilewright::kernel;

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn macros(y: &mut [u32], n: u32) {
    println!("{n}");
    y[block_id()] = 1;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn unsafe_code(y: &mut [u32], n: u32) {
    unsafe {
        y[block_id()] = 1;
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn text(y: &mut [u32], n: u32) {
    let name = "text";
    y[block_id()] = name;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn labels(y: &mut [u32], n: u32) {
    'outer: for i in 0..n {
        break 'outer;
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn option(y: &mut [u32], n: u32) {
    if let Some(v) = n.checked_add(1) {
        y[block_id()] = v;
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn vectors(y: &mut [u32], n: u32) {
    let mut list = Vec::new();
    list.push(1);
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn iterators(y: &mut [u32], n: u32) {
    for v in y.iter_mut() {
        v = 1;
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn range_methods(y: &mut [u32], n: u32) {
    for i in (0..n).map(|i| i * 2) {
        y[i] = 1;
    }
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn string_parameter(y: &mut [u32], n: u32, name: &str) {
    y[block_id()] = 1;
}

fn main() {}
