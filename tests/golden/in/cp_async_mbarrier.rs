//! `cp.async` of 4 and 8 bytes that arrives on an mbarrier.

#[kernel(shapes(x: [96], y: [96]), grid = 1, threads = 32, targets = [sm_80, sm_90a])]
fn cp_async_mbarrier(x: &[u32], y: &mut [u32]) {
    let tile = shared::<u32, 96>();
    let bars = shared::<u64, 1>();
    let t = thread_id();
    if t == 0 {
        mbarrier_init(bars, 0, 32);
    }
    barrier();
    cp_async(tile, t * 2, x, t * 2, 8);
    cp_async(tile, 64 + t, x, 64 + t, 4);
    cp_async_arrive(bars, 0);
    mbarrier_wait(bars, 0, 0);
    for i in unroll(0..3) {
        y[t + i * 32] = tile[95 - t - i * 32];
    }
}
