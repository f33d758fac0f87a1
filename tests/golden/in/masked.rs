//! Masked loads, loads as another type, and vectors of words over bytes.

#[kernel(
    shapes(x: [n], y: [n], bytes: [n * 4]),
    grid = n.div_ceil(64),
    threads = 64,
    targets = [sm_80, wgsl],
)]
fn masked(x: &[f32], y: &mut [f32], bytes: &[u8], n: u32) {
    let i = block_id() * 64 + thread_id();
    let v = x.load_or(i, i < n && i % 2 == 0, -1.0);
    if i < n {
        let word = bytes.load_as::<u32>(i * 4);
        let pair = bytes.load_as::<f16, 2>(i * 4);
        y[i] = v + (word & 0xff) as f32 + pair[0].to_f32() + pair[1].to_f32();
    }
}
