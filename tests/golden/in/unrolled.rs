//! Unrolled loops: constant indices into registers, `break` and `continue` decided now, nesting.

#[kernel(
    shapes(x: [n * N], y: [n]),
    grid = n.div_ceil(32),
    threads = 32,
    values(N = [4, 8]),
    targets = [sm_80, wgsl],
)]
fn unrolled<const N: u32>(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let mut values = [0u32; N];
        for k in unroll(0..N) {
            values[k] = x[i * N + k];
        }
        let mut total = 0u32;
        for a in unroll((0..N).step_by(2)) {
            for b in unroll((a..N).rev()) {
                if b == a + 3 {
                    continue;
                }
                if a == 6 {
                    break;
                }
                total += values[a] * values[b];
            }
        }
        static_assert(N % 4 == 0, "whole groups of four");
        y[i] = total;
    }
}
