//! Root-mean-square normalisation on every target.
//!
//! Source: Zhang & Sennrich 2019, equation 4.

/// `y[r, c] = x[r, c] / sqrt(mean(x[r, :]^2) + eps) * w[c]`, one workgroup per row.
///
/// `x: [rows, cols]`, `w: [cols]`, `y: [rows, cols]`. Sums are f32.
#[kernel(
    shapes(x: [rows, cols], w: [cols], y: [rows, cols]),
    grid = rows,
    threads = THREADS,
    require(VEC * size_of::<X>() <= 16, "a thread moves at most 16 bytes of x at once"),
    require(VEC * size_of::<W>() <= 16, "a thread moves at most 16 bytes of w at once"),
    require(VEC * size_of::<Y>() <= 16, "a thread moves at most 16 bytes of y at once"),
    require(is_ptx() || VEC * size_of::<Y>() >= 4, "a thread must own whole 32-bit words of y"),
    when(cols % VEC == 0),
    split(x: rows),
    cost(
        bytes = rows * cols * (size_of::<X>() + size_of::<Y>()),
        flops = 4 * rows * cols,
    ),
)]
pub fn rms_norm<X: Float, W: Float, Y: Float, const THREADS: u32, const VEC: u32>(
    x: &[X],
    w: &Weights<W>,
    y: &mut [Y],
    rows: u32,
    cols: u32,
    eps: f32,
) {
    let row = index(block_id()) * cols;
    let mut sum = 0.0f32;
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [X; VEC] = x.load(row + c);
        for i in unroll(0..VEC) {
            sum = fma(v[i].to_f32(), v[i].to_f32(), sum);
        }
    }
    let scale = rsqrt(block_sum(sum) / cols as f32 + eps);
    for c in (thread_id() * VEC..cols).step_by(THREADS * VEC) {
        let v: [X; VEC] = x.load(row + c);
        let g: [W; VEC] = w.load(c);
        y.store(row + c, map(VEC, |i| Y::from_f32(v[i].to_f32() * scale * g[i].to_f32())));
    }
}
