//! `mma.sync` that accumulates in f16, and its short form of k = 8.

#[kernel(
    shapes(a: [16, 4], b: [8, 4], y: [16, 4]),
    grid = 1,
    threads = 32,
    targets = [sm_80, sm_90a],
)]
fn mma_half(a: &[u32], b: &[u32], y: &mut [u32]) {
    let (g, t) = (lane_id() / 4, lane_id() % 4);
    let left = map(2, |i| a[(g + i * 8) * 4 + t]);
    let right = [b[g * 4 + t]];
    let sum = mma::<16, 8, 8, f16, f16>(left, right, [pack_f16x2(1.0, 1.0); 2]);
    y[g * 4 + t] = bitcast::<u32>(sum[0]);
    y[(g + 8) * 4 + t] = bitcast::<u32>(sum[1]);
}
