//! `mma.sp`: two of every four elements of A; here the odd ones.

#[kernel(
    shapes(a: [16, 8], b: [8, 16], y: [16, 8]),
    grid = 1,
    threads = 32,
    element(T = [f16, bf16]),
    targets = [sm_80, sm_90a],
)]
fn mma_sparse_words<T: Element>(a: &[u32], b: &[u32], y: &mut [f32]) {
    let (g, t) = (lane_id() / 4, lane_id() % 4);
    let left = map(4, |i| a[(g + i % 2 * 8) * 8 + t + i / 2 * 4]);
    let right = map(4, |i| b[g * 16 + t + i * 4]);
    let sum = mma_sparse::<16, 8, 32, T, T, 0>(left, right, [1.0f32; 4], 0xdddd_dddd);
    for i in unroll(0..4) {
        y[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = sum[i];
    }
}
