//! Values that must be known at compile time, and what is found out then.

use tilewright::{kernel, kernel_module};

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn unroll_bound(x: &[f32], y: &mut [f32], n: u32) {
    let mut sum = 0.0f32;
    for i in unroll(0..n) {
        sum += x[i];
    }
    y[block_id()] = sum;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn unrolls_too_far(y: &mut [u32], n: u32) {
    let mut sum = 0u32;
    for i in unroll(0..300000) {
        sum += i;
    }
    y[block_id()] = sum;
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn leaves_an_unrolled_loop(x: &[u32], y: &mut [u32], n: u32) {
    let mut sum = 0u32;
    for i in unroll(0..4) {
        if x[block_id()] == i {
            break;
        }
        sum += i;
    }
    y[block_id()] = sum;
}

#[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
fn register_index(x: &[u32], y: &mut [u32], n: u32) {
    let values = [1u32, 2, 3, 4];
    y[block_id()] = values[x[block_id()] % 4];
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn beyond_an_array(y: &mut [u32], n: u32) {
    let values = [1u32, 2, 3, 4];
    y[block_id()] = values[4];
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, values(N = [3, 4]))]
fn asserts<const N: u32>(y: &mut [u32], n: u32) {
    static_assert(N % 2 == 0, "a row is read in pairs");
    y[block_id()] = N;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, values(N = [3, 4]), require(N < 4, "N is at most 3"))]
fn requires<const N: u32>(y: &mut [u32], n: u32) {
    y[block_id()] = N;
}

#[kernel(shapes(y: [n]), grid = n, threads = 1, values(N = [2]))]
fn overflows<const N: u32>(y: &mut [u32], n: u32) {
    y[block_id()] = 1 / (N - 2);
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn length_at_run_time(y: &mut [f32], n: u32) {
    let values = [0.0f32; n];
    y[block_id()] = values[0];
}

#[kernel(shapes(y: [n]), grid = n, threads = 1)]
fn shared_at_run_time(y: &mut [f32], n: u32) {
    let tile = shared::<f32, { n }>();
    y[block_id()] = tile[0];
}

#[kernel_module]
mod items {
    enum Mask {
        Full,
        Causal,
    }

    fn zeros<const N: u32>() -> [u32; N] {
        [0; N]
    }

    #[kernel(shapes(y: [n]), grid = n, threads = 1)]
    fn undetermined(y: &mut [u32], n: u32) {
        y[block_id()] = zeros()[0];
    }

    fn forever(x: u32) -> u32 {
        again(x)
    }

    fn again(x: u32) -> u32 {
        forever(x + 1)
    }

    #[kernel(shapes(y: [n]), grid = n, threads = 1)]
    fn recursion(y: &mut [u32], n: u32) {
        y[block_id()] = forever(n);
    }

    fn early(x: u32) -> u32 {
        if x > 3 {
            return 1;
        }
        x
    }

    #[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
    fn returns_early(x: &[u32], y: &mut [u32], n: u32) {
        y[block_id()] = early(x[block_id()]);
    }

    #[kernel(shapes(y: [n]), grid = n, threads = 1, values(MASK = [Mask::Full, Mask::Causal]))]
    fn uncovered<const MASK: Mask>(y: &mut [u32], n: u32) {
        y[block_id()] = match MASK {
            Mask::Full => 1,
        };
    }

    #[kernel(shapes(x: [n], y: [n]), grid = n, threads = 1)]
    fn uncovered_number(x: &[u32], y: &mut [u32], n: u32) {
        y[block_id()] = match x[block_id()] {
            0 => 1,
            1 | 2 => 5,
        };
    }
}

fn main() {}
