//! `mma.sync`: A row-major and B column-major in words; 32 bytes of k.

#[kernel(
    shapes(a: [16, 8], b: [8, 8], y: [16, 8]),
    grid = 1,
    threads = 32,
    element(T = [f16, bf16, i8, u8]),
    targets = [sm_80, sm_90a],
)]
fn mma_words<T: Element>(a: &[u32], b: &[u32], y: &mut [f32]) {
    let (g, t) = (lane_id() / 4, lane_id() % 4);
    let left = map(4, |i| a[(g + i % 2 * 8) * 8 + t + i / 2 * 4]);
    let right = map(2, |i| b[g * 8 + t + i * 4]);
    let sum = if type_is::<T, i8>() || type_is::<T, u8>() {
        let sum = mma::<16, 8, 32, T, T>(left, right, [1i32; 4]);
        map(4, |i| sum[i] as f32)
    } else {
        mma::<16, 8, 16, T, T>(left, right, [1.0f32; 4])
    };
    for i in unroll(0..4) {
        y[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = sum[i];
    }
}
