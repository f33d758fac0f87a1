//! Atomics that WGSL lacks: f32 sums, 64-bit counters, orders and scopes.

#[kernel(shapes(x: [n], sum: [2], count: [1]), grid = n.div_ceil(64), threads = 64, targets = [sm_80, sm_90a])]
fn float_atomics(x: &[f32], sum: &mut [f32], count: &mut [u64], n: u32) {
    let part = shared::<f32, 1>();
    let i = block_id() * 64 + thread_id();
    if thread_id() == 0 {
        part[0] = 0.0;
    }
    barrier();
    if i < n {
        part.reduce_add(0, x[i]);
        sum.reduce_add(0, x[i], "system");
        count.atomic_add(0, 3, "device", "acquire_release");
    }
    barrier();
    if thread_id() == 0 {
        sum.atomic_add(1, part[0] * 2.0, "device", "release");
    }
}
