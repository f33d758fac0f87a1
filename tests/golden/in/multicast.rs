//! A cluster of two: each workgroup loads half of a tile for both.

#[kernel(
    shapes(y: [2, 64]),
    grid = 2,
    threads = 64,
    cluster = 2,
    tensor_map(x, tile = [32, 1], swizzle = none),
    targets = [sm_90a],
)]
fn multicast(x: &TensorMap<u32>, y: &mut [u32]) {
    let tile = shared_aligned::<u32, 64, 128>();
    let bars = shared::<u64, 1>();
    if thread_id() == 0 {
        mbarrier_init(bars, 0, 1);
        fence_mbarrier_init();
        mbarrier_expect(bars, 0, 256);
    }
    cluster_arrive();
    cluster_wait();
    if thread_id() == 0 {
        x.load_multicast(tile, cluster_rank() * 32, bars, 0, (0, cluster_rank()), 3);
    }
    mbarrier_wait(bars, 0, 0);
    y[block_id() * 64 + thread_id()] = tile[63 - thread_id()];
    cluster_arrive();
    cluster_wait();
}
