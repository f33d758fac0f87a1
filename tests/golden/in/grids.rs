//! Three axes of threads and workgroups.

#[kernel(
    shapes(y: [d, h, w]),
    grid = (w.div_ceil(8), h.div_ceil(4), d.div_ceil(2)),
    threads = (8, 4, 2),
    targets = [sm_80, wgsl],
)]
fn grids(y: &mut [u32], w: u32, h: u32, d: u32) {
    let x = block_id() * 8 + thread_id();
    let r = block_id_y() * 4 + thread_id_y();
    let z = block_id_z() * 2 + thread_id_z();
    if x < w && r < h && z < d {
        let sizes = grid_dim() + grid_dim_y() * 16 + grid_dim_z() * 256 + thread_count() * 4096;
        y[index((z * h + r) * w + x)] = sizes + x + r * 1000000 + z * 10000000;
    }
}
