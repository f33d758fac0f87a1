use tilewright::kernel;

/// `y[r, c] = x[r, c] / sqrt(mean(x[r, :]^2) + eps) * w[c]`
///
/// Source: Zhang & Sennrich 2019, eq. 4.
#[kernel(
    shapes(x: [rows, cols], w: [cols], y: [rows, cols]),
    grid = rows,
    threads = THREADS,
    element(T = [f32, f16, bf16]),
    require(VEC * size_of::<T>() <= 16, "a thread moves at most 16 bytes at once"),
    when(cols % VEC == 0 && aligned(x, VEC) && aligned(y, VEC)),
    tiles(THREADS, VEC) = first_of[(256, 8), (128, 4), (128, 1)],
    cost(bytes = 2 * rows * cols * size_of::<T>(), flops = 4 * rows * cols),
    reference = reference::rms_norm,
)]
pub fn rms_norm<T: Float, const THREADS: u32, const VEC: u32>(
    x: &[T],
    w: &[T],
    y: &mut [T],
    rows: u32,
    cols: u32,
    eps: f32,
) {
    let row = index(block_id()) * cols;
    let mut sum = 0.0f32;
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [T; VEC] = x.load(row + c);
        for i in unroll(0..VEC) {
            sum += square(v[i].to_f32());
        }
    }
    let scale = rsqrt(block_sum(sum) / cols as f32 + eps);
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [T; VEC] = x.load(row + c);
        let g: [T; VEC] = w.load(c);
        y.store(row + c, map(VEC, |i| T::from_f32(v[i].to_f32() * scale * g[i].to_f32())));
    }
}
