//! Workgroup memory: arrays of two types, barriers, exchange among threads, aligned arrays.

#[kernel(shapes(x: [n], y: [n]), when(n % 128 == 0), grid = n / 128, threads = 128, targets = [sm_80, wgsl])]
fn shared_memory(x: &[f32], y: &mut [f32], n: u32) {
    let tile = shared::<f32, 128>();
    let counts = shared_aligned::<u32, { 32 * 2 }, 128>();
    let t = thread_id();
    let i = block_id() * 128 + t;
    tile[t] = x[i];
    if t < counts.len() {
        counts[t] = t * t;
    }
    barrier();
    for step in unroll(0..3) {
        let other = tile[127 - t];
        barrier();
        tile[t] = other + tile[t] * step as f32;
        barrier();
    }
    y[i] = tile[(t + 1) % 128] + counts[t / 2] as f32;
}
