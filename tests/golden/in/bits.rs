//! `lop3`, `prmt`, `dp4a` and the packed conversions.

#[kernel(shapes(x: [n], y: [n * 6]), grid = n.div_ceil(32), threads = 32, targets = [sm_89, sm_90a])]
fn bits(x: &[u32], y: &mut [u32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let v = x[i];
        let o = i * 6;
        y[o] = lop3::<0xea>(v, 0x000f000f, 0x64006400);
        y[o + 1] = prmt(v, 0x64646464, 0x4140 + (v & 3) * 16);
        y[o + 2] = dot4(v, 0x01ff02fe, -5i32) as u32;
        let (a, b) = unpack(bitcast::<f16x2>((v & 0x00010001) * 0x3c00));
        y[o + 3] = bitcast::<u32>(pack_bf16x2(a + 1.0, b));
        y[o + 4] = pack_f8e4m3(a * 1.5, -b) as u32;
        y[o + 5] = pack_f8e5m2(a + 2.0, b * 4.0) as u32;
    }
}
