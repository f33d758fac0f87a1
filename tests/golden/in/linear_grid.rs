//! A grid of more than 65 535 workgroups, and 64-bit indices on PTX.

#[kernel(shapes(y: [n]), grid = n, threads = 1, targets = [sm_80], index = 64)]
fn linear_grid(y: &mut [u32], n: u32) {
    let i = index(block_id());
    y[i] = block_id() * 3;
}
