//! `wgmma` with A in registers; the first product overwrites the accumulator.

#[kernel(
    shapes(a: [64, 8], b: [16, 8], y: [64, 16]),
    grid = 1,
    threads = 128,
    element(T = [f16, bf16, f8e4m3]),
    targets = [sm_90a],
)]
fn wgmma_registers<T: Element>(a: &[u32], b: &[u32], y: &mut [f32]) {
    let right = shared_aligned::<u32, 128, 128>();
    let t = thread_id();
    right[t % 8 / 4 * 64 + t / 8 * 4 + t % 4] = b[t];
    fence_proxy_async();
    barrier();
    let row = subgroup_id() * 16 + lane_id() / 4;
    let left = map(4, |i| a[(row + i % 2 * 8) * 8 + lane_id() % 4 + i / 2 * 4]);
    let b = right.descriptor(0, 256, 128, "swizzle_none");
    let mut sum = uninitialised::<[f32; 8]>();
    wgmma_fence();
    wgmma::<16, T, T>(&mut sum, left, b, false);
    wgmma::<16, T, T>(&mut sum, left, b, true);
    wgmma_commit();
    wgmma_wait::<0>();
    for i in unroll(0..8) {
        y[(row + i / 2 % 2 * 8) * 16 + i / 4 * 8 + lane_id() % 4 * 2 + i % 2] = sum[i];
    }
}
