//! `mma.sync` of 8-bit floats.

#[kernel(
    shapes(a: [16, 8], b: [8, 8], y: [16, 8]),
    grid = 1,
    threads = 32,
    element(A = [f8e4m3, f8e5m2], B = [f8e4m3, f8e5m2]),
    targets = [sm_89, sm_90a, sm_120a],
)]
fn mma_f8<A: Element, B: Element>(a: &[u32], b: &[u32], y: &mut [f32]) {
    let (g, t) = (lane_id() / 4, lane_id() % 4);
    let left = map(4, |i| a[(g + i % 2 * 8) * 8 + t + i / 2 * 4]);
    let right = map(2, |i| b[g * 8 + t + i * 4]);
    let sum = mma::<16, 8, 32, A, B>(left, right, [1.0f32; 4]);
    for i in unroll(0..4) {
        y[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = sum[i];
    }
}
