//! A closure that changes a captured variable, a loop over a stored range, nested mutable arrays.

#[kernel(shapes(x: [n], y: [n]), grid = n.div_ceil(32), threads = 32, targets = [sm_80, wgsl])]
fn captures(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let mut sum = 0u32;
        let mut grid = [[0u32; 2]; 2];
        let add = |v| {
            sum += v;
        };
        let range = 0..x[i];
        for k in range {
            add(k);
        }
        add(100);
        for (a, b) in [(0, 1), (1, 0)] {
            grid[a][b] = sum + a;
        }
        y[i] = grid[0][1] * 1000 + grid[1][0] + grid[0][0];
    }
}
