//! Tensor copies: a box beyond the tensor's edge is filled with zeros, a stored one is clipped.

#[kernel(
    grid = 1,
    threads = 32,
    tensor_map(x, tile = [8, 4], swizzle = none),
    tensor_map(y, tile = [8, 4], swizzle = none),
    tensor_map(z, tile = [8, 4], swizzle = none),
    targets = [sm_90a, sm_100a],
)]
fn tensor(x: &TensorMap<f32>, y: &TensorMap<f32>, z: &TensorMap<f32>) {
    let tile = shared_aligned::<f32, 32, 128>();
    let bars = shared::<u64, 1>();
    if thread_id() == 0 {
        mbarrier_init(bars, 0, 1);
        fence_mbarrier_init();
        mbarrier_expect(bars, 0, 128);
        x.load(tile, 0, bars, 0, (4, 3));
    }
    barrier();
    mbarrier_wait(bars, 0, 0);
    tile[thread_id()] += 1.0;
    fence_proxy_async();
    barrier();
    elect_one(|| {
        y.store(tile, 0, (4, 3));
        z.reduce_add(tile, 0, (0, 0));
        bulk_commit();
        bulk_wait::<0>();
    });
}
