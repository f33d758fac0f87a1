//! Distributed shared memory: reads, writes and sums in the other workgroup, a remote arrival.

#[kernel(shapes(y: [2, 96]), grid = 2, threads = 32, cluster = 2, targets = [sm_90a])]
fn clusters(y: &mut [u32]) {
    let tile = shared::<u32, 96>();
    let bars = shared::<u64, 1>();
    let (t, rank) = (thread_id(), cluster_rank());
    let other = 1 - rank;
    tile[t] = t + rank * 100;
    tile[64 + t] = 5;
    if t == 0 {
        mbarrier_init(bars, 0, 64);
        fence_mbarrier_init();
    }
    cluster_arrive();
    cluster_wait();
    cluster_store(tile, 32 + t, other, t * 2 + rank);
    cluster_reduce_add(tile, 64 + t / 2, other, t);
    let remote = cluster_load(tile, 31 - t, other);
    mbarrier_arrive_remote(bars, 0, other);
    mbarrier_arrive_remote(bars, 0, other, "workgroup");
    mbarrier_wait(bars, 0, 0);
    cluster_arrive();
    cluster_wait();
    let row = block_id() * 96;
    y[row + t] = remote;
    y[row + 32 + t] = tile[32 + t];
    y[row + 64 + t] = tile[64 + t];
}
