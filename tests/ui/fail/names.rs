//! Names: misspelt ones, and ones that only rustc can resolve.

use tilewright::{kernel, kernel_module};

const OUTSIDE: u32 = 4;

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(32), threads = 32)]
fn misspelt(x: &[f32], y: &mut [f32], n: u32) {
    let total = 1.0f32;
    let i = block_id() * 32 + thread_id();
    if i < n {
        y[i] = totl * x[i];
    }
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(32), threads = 32)]
fn unknown_intrinsic(x: &[f32], y: &mut [f32], n: u32) {
    let i = blok_id() * 32 + thread_id();
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(32), threads = 32)]
fn unknown_functions(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        y[i] = rsqt(x[i]);
        y[i] = subgroup_sum(x[i]);
        y[i] = blocksum(x[i]);
    }
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(32), threads = 32)]
fn outer_function(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        y[i] = twice(x[i]);
    }
}

fn twice(x: f32) -> f32 {
    x * 2.0
}

#[kernel(shapes(y: [n]), grid = n.div_ceil(32), threads = 32)]
fn outer_constant(y: &mut [u32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        y[i] = OUTSIDE;
    }
}

#[kernel(shapes(y: [n]), grid = n.div_ceil(32), threads = 32)]
fn outer_path(y: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        y[i] = std::f32::consts::PI;
    }
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(32), threads = 32)]
fn unknown_methods(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let v: [f32; 1] = x.lode(i);
        y.store(i, v);
    }
}

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(32), threads = 32)]
fn unknown_scalar_method(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        y[i] = x[i].sqroot();
    }
}

#[kernel(shapes(x: [n]), grid = n.div_ceil(32), threads = 32)]
fn length_of_a_buffer(x: &mut [f32], n: u32) {
    if thread_id() < x.len() {
        x[0] = 1.0;
    }
}

#[kernel(shapes(y: [n]), grid = n.div_ceil(32), threads = 32)]
fn unknown_type(y: &mut [u32], n: u32) {
    let i: u33 = block_id() * 32 + thread_id();
    if i < n {
        y[i] = 1;
    }
}

#[kernel_module]
mod items {
    enum Mask {
        Full,
        Causal,
    }

    struct Pair {
        left: u32,
        right: u32,
    }

    #[kernel(shapes(y: [n]), grid = n, threads = 1)]
    fn unknown_variant(y: &mut [u32], n: u32) {
        let mask = Mask::Casual;
        y[block_id()] = 1;
    }

    #[kernel(shapes(y: [n]), grid = n, threads = 1)]
    fn unknown_field(y: &mut [u32], n: u32) {
        let pair = Pair { left: 1, right: 2 };
        y[block_id()] = pair.lef;
    }

    #[kernel(shapes(y: [n]), grid = n, threads = 1)]
    fn missing_field(y: &mut [u32], n: u32) {
        let pair = Pair { left: 1 };
        y[block_id()] = pair.left;
    }

    #[kernel(shapes(y: [n]), grid = n, threads = 1)]
    fn missing_method(y: &mut [u32], n: u32) {
        let pair = Pair { left: 1, right: 2 };
        y[block_id()] = pair.sum();
    }
}

fn main() {}
