//! Tuples and arrays as values, results, mutable variables and patterns.

const TABLE: [u32; 4] = [3, 1, 4, 1];

fn split(x: u32) -> (u32, u32) {
    (x / 10, x % 10)
}

fn rotate(a: [u32; 4]) -> [u32; 4] {
    [a[1], a[2], a[3], a[0]]
}

#[kernel(shapes(x: [n], y: [n, 4]), grid = n.div_ceil(32), threads = 32, targets = [sm_80, wgsl])]
fn tuples_arrays(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let (tens, ones) = split(x[i]);
        let mut state = (tens, [ones, ones + 1]);
        state.0 += 5;
        state.1[1] *= 2;
        let mut values = [state.0, state.1[0], state.1[1], TABLE[2]];
        for _ in 0..2 {
            values = rotate(values);
        }
        let (mut a, mut b) = (values[0], values[3]);
        swap(a, b);
        values[0] = a;
        values[3] = b;
        let grid = [[values[0], values[1]], [values[2], values[3]]];
        y.store(i * 4, [grid[1][1], grid[1][0], grid[0][1], grid[0][0] + values.len()]);
    }
}
