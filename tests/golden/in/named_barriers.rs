//! Named barriers of parts of a workgroup: a hand-over by arrival, and a meeting of two warps.

#[kernel(shapes(y: [128]), grid = 1, threads = 128, targets = [sm_80, sm_90a])]
fn named_barriers(y: &mut [u32]) {
    let tile = shared::<u32, 64>();
    let t = thread_id();
    if subgroup_id() < 2 {
        tile[t] = t * t;
        named_barrier_arrive(1, 128);
        named_barrier(2 + subgroup_id(), 32);
        y[t] = t;
    } else {
        named_barrier(1, 128);
        y[t] = tile[127 - t];
    }
}
