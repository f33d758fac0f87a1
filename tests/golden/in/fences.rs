//! Fences of every scope, the subgroup's barrier, a workgroup address.

#[kernel(shapes(y: [64]), grid = 1, threads = 64, targets = [sm_80, sm_90a])]
fn fences(y: &mut [u32]) {
    let tile = shared::<u32, 64>();
    let t = thread_id();
    tile[t] = t;
    fence();
    subgroup_barrier();
    let near = tile[t ^ 1];
    fence_device();
    fence_system();
    barrier();
    y[t] = near * 100 + tile[63 - t] + (tile.address(4) - tile.address(2));
}
