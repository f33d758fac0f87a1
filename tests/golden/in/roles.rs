//! A producer and a consumer with registers of their own, over a ring of two stages.

#[kernel(
    shapes(x: [rounds * 128], y: [rounds * 128]),
    grid = 1,
    threads = 256,
    min_blocks = 1,
    targets = [sm_90a],
)]
fn roles_ring(x: &[u32], y: &mut [u32], rounds: u32) {
    let ring = shared_aligned::<u32, 256, 128>();
    let bars = shared::<u64, 4>();
    if thread_id() == 0 {
        for stage in unroll(0..2) {
            mbarrier_init(bars, stage, 1);
            mbarrier_init(bars, stage + 2, 128);
        }
        fence_mbarrier_init();
    }
    barrier();
    roles(
        role("producer", 4, 40, || {
            if subgroup_id() == 0 {
                elect_one(|| {
                    for round in 0..rounds {
                        let (stage, turn) = (round % 2, round / 2 % 2);
                        mbarrier_wait(bars, stage + 2, turn ^ 1);
                        mbarrier_expect(bars, stage, 512);
                        bulk_load(ring, stage * 128, x, round * 128, 512, bars, stage);
                    }
                });
            }
        }),
        role("consumer", 4, 232, || {
            let t = thread_id() % 128;
            for round in 0..rounds {
                let (stage, turn) = (round % 2, round / 2 % 2);
                mbarrier_wait(bars, stage, turn);
                let v = ring[stage * 128 + 127 - t];
                named_barrier(1, 128);
                mbarrier_arrive(bars, stage + 2);
                y[round * 128 + t] = v * 3;
            }
        }),
    );
}
