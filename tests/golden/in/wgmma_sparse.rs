//! `wgmma.sp`: two of every four elements of A, here the odd ones; B has 64 bytes of k.

#[kernel(
    shapes(a: [64, 8], b: [16, 16], y: [64, 16]),
    grid = 1,
    threads = 128,
    element(T = [f16, bf16]),
    values(REGISTERS = [false, true]),
    targets = [sm_90a],
)]
fn wgmma_sparse_words<T: Element, const REGISTERS: bool>(a: &[u32], b: &[u32], y: &mut [f32]) {
    let left = shared_aligned::<u32, 512, 128>();
    let right = shared_aligned::<u32, 256, 128>();
    let t = thread_id();
    for i in unroll(0..4) {
        let (row, word) = (t / 2, t % 2 * 4 + i);
        left[word / 4 * 256 + row * 4 + word % 4] = a[row * 8 + word];
    }
    for i in unroll(0..2) {
        let (row, word) = (t / 8, t % 8 * 2 + i);
        right[word / 4 * 64 + row * 4 + word % 4] = b[row * 16 + word];
    }
    fence_proxy_async();
    barrier();
    let row = subgroup_id() * 16 + lane_id() / 4;
    let mut sum = [1.0f32; 8];
    let b = right.descriptor(0, 256, 128, "swizzle_none");
    if REGISTERS {
        let words = map(4, |i| a[(row + i % 2 * 8) * 8 + lane_id() % 4 + i / 2 * 4]);
        wgmma_fence();
        wgmma_sparse::<16, T, T, 0>(&mut sum, words, b, true, 0xdddd_dddd);
        wgmma_commit();
        wgmma_wait::<0>();
    } else {
        let words = left.descriptor(0, 1024, 128, "swizzle_none");
        wgmma_fence();
        wgmma_sparse::<16, T, T, 0>(&mut sum, words, b, true, 0xdddd_dddd);
        wgmma_commit();
        wgmma_wait::<0>();
    }
    for i in unroll(0..8) {
        y[(row + i / 2 % 2 * 8) * 16 + i / 4 * 8 + lane_id() % 4 * 2 + i % 2] = sum[i];
    }
}
