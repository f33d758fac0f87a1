//! `cp.async` in two groups of a ring, the ragged end filled with zeros.

#[kernel(shapes(x: [n], y: [rounds, 128]), when(n % 4 == 0), grid = 1, threads = 32, targets = [sm_80, sm_90a])]
fn cp_async_ring(x: &[u32], y: &mut [u32], n: u32, rounds: u32) {
    let ring = shared::<u32, 256>();
    let lane = thread_id() * 4;
    let start = |round| {
        let at = round * 128 + lane;
        let valid = select(at < n, 16, 0);
        cp_async_zfill(ring, round % 2 * 128 + lane, x, at, 16, valid);
        cp_async_commit();
    };
    assume(rounds < 1000000);
    start(0u32);
    for round in 0..rounds {
        start(round + 1);
        cp_async_wait::<1>();
        barrier();
        let mirrored = 127 - thread_id();
        y[round * 128 + thread_id()] = ring[round % 2 * 128 + mirrored];
        y.store(round * 128 + 32 + thread_id() * 3, ring[round % 2 * 128 + thread_id() * 3]);
        y[round * 128 + 33 + thread_id() * 3] = ring[round % 2 * 128 + thread_id() * 3 + 1];
        y[round * 128 + 34 + thread_id() * 3] = ring[round % 2 * 128 + thread_id() * 3 + 2];
        barrier();
    }
    cp_async_wait::<0>();
}
