//! `wgmma` with A and B in shared memory, K-major without swizzle: 64 x 16 x 32 bytes.

#[kernel(
    shapes(a: [64, 8], b: [16, 8], y: [64, 16]),
    grid = 1,
    threads = 128,
    element(T = [f16, bf16, f8e4m3, f8e5m2]),
    targets = [sm_90a],
)]
fn wgmma_shared<T: Element>(a: &[u32], b: &[u32], y: &mut [f32]) {
    let left = shared_aligned::<u32, 512, 128>();
    let right = shared_aligned::<u32, 128, 128>();
    let t = thread_id();
    // Eight rows of 16 bytes are contiguous; then the next eight; then the next 16 bytes of k.
    for i in unroll(0..4) {
        let (row, word) = (t / 2, t % 2 * 4 + i);
        left[word / 4 * 256 + row * 4 + word % 4] = a[row * 8 + word];
    }
    right[t % 8 / 4 * 64 + t / 8 * 4 + t % 4] = b[t];
    fence_proxy_async();
    barrier();
    let mut sum = [1.0f32; 8];
    let (a, b) = (
        left.descriptor(0, 1024, 128, "swizzle_none"),
        right.descriptor(0, 256, 128, "swizzle_none"),
    );
    wgmma_fence();
    wgmma::<16, T, T>(&mut sum, a, b, true);
    wgmma::<16, T, T>(&mut sum, a, b, true);
    wgmma_commit();
    wgmma_wait::<0>();
    let row = subgroup_id() * 16 + lane_id() / 4;
    for i in unroll(0..8) {
        y[(row + i / 2 % 2 * 8) * 16 + i / 4 * 8 + lane_id() % 4 * 2 + i % 2] = sum[i];
    }
}
