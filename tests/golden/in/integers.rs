//! Integer arithmetic at its edges: wrapping, shifts by the width, division by zero, bit counts.

#[kernel(shapes(x: [n], w: [n], y: [n * 12]), grid = n.div_ceil(32), threads = 32, targets = [sm_80, wgsl])]
fn integers(x: &[u32], w: &[u32], y: &mut [u32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let (a, b) = (x[i], w[i]);
        let (s, t) = (a as i32, b as i32);
        let o = i * 12;
        y[o] = a * b + (a - b);
        y[o + 1] = a / b;
        y[o + 2] = a % b;
        y[o + 3] = (s / t) as u32;
        y[o + 4] = (s % t) as u32;
        y[o + 5] = (a << b) ^ (a >> b);
        y[o + 6] = (s >> b) as u32;
        y[o + 7] = mul_high(a, b) + min(a, b) + a.max(b);
        y[o + 8] = a.count_ones() + b.leading_zeros() * 64 + a.trailing_zeros() * 4096;
        y[o + 9] = reverse_bits(a) ^ bitfield_extract(b, 3, 5);
        y[o + 10] = a.div_ceil(b | 1) + select(s < t, 7, 9);
        y[o + 11] = bitfield_extract(s, 4, 8) as u32;
    }
}
