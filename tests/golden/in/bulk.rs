//! Bulk copies: to shared memory, back, added to what is there; a prefetch.

#[kernel(shapes(x: [n], y: [n], z: [n]), when(n % 64 == 0), grid = n / 64, threads = 32, targets = [sm_90a])]
fn bulk(x: &[u32], y: &mut [u32], z: &mut [u32], n: u32) {
    let tile = shared_aligned::<u32, 64, 128>();
    let bars = shared::<u64, 1>();
    let first = block_id() * 64;
    if thread_id() == 0 {
        bulk_prefetch(x, first, 256);
        mbarrier_init(bars, 0, 1);
        fence_mbarrier_init();
        mbarrier_expect(bars, 0, 256);
        bulk_load(tile, 0, x, first, 256, bars, 0);
    }
    barrier();
    while !mbarrier_try_wait(bars, 0, 0) {}
    tile[thread_id()] += 1;
    fence_proxy_async();
    barrier();
    elect_one(|| {
        bulk_store(y, first, tile, 0, 256);
        bulk_reduce_add(z, first, tile, 0, 256);
        bulk_commit();
        bulk_wait_read::<0>();
        bulk_wait::<0>();
    });
}
