//! Functions of arithmetic, exact and approximate.

#[kernel(shapes(x: [n], y: [n * 12]), grid = n.div_ceil(32), threads = 32, targets = [sm_80, wgsl])]
fn math(x: &[f32], y: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let v = x[i];
        let o = i * 12;
        y[o] = sqrt(v) + rsqrt(v);
        y[o + 1] = rcp(v) + v.rcp_approx();
        y[o + 2] = exp(-v) + exp2(v * 0.5);
        y[o + 3] = log(v) + log2(v);
        y[o + 4] = sin(v) + cos(v);
        y[o + 5] = tanh(v) + tanh_approx(v * 0.25);
        y[o + 6] = floor(v) + ceil(v) * 10.0 + trunc(-v) * 100.0 + round(v) * 1000.0;
        y[o + 7] = exp2_approx(v) + log2_approx(v) + rsqrt_approx(v);
        y[o + 8] = fma(v, v, 1.0) + abs(-v) + min(v, 2.0) + v.max(3.0);
        y[o + 9] = v.clamp(1.0, 2.5) - (v - 0.75 * trunc(v / 0.75));
        y[o + 10] = fma_ftz(v, 2.0, add_ftz(v, sub_ftz(mul_ftz(v, v), 1.0)));
        y[o + 11] = select(v > 2.0, v, -v);
    }
}
