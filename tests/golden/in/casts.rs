//! Conversions between every two kinds of numbers, bit casts and packed pairs.

#[kernel(shapes(x: [n], y: [n * 8], z: [n * 4]), grid = n.div_ceil(32), threads = 32, targets = [sm_80, wgsl])]
fn casts(x: &[f32], y: &mut [u32], z: &mut [f32], n: u32) {
    let i = block_id() * 32 + thread_id();
    if i < n {
        let v = x[i];
        let o = i * 8;
        y[o] = v as u32;
        y[o + 1] = v as i32 as u32;
        y[o + 2] = v as u8 as u32;
        y[o + 3] = v as i16 as u32;
        y[o + 4] = v.to_bits();
        y[o + 5] = bitcast::<u32>(pack_f16x2(v, -v));
        y[o + 6] = bitcast::<u32>(pack_bf16x2(v, 1.0));
        y[o + 7] = (f16::from_f32(v).to_bits() as u32) << 16 | bf16::from_f32(v).to_bits() as u32;
        let (a, b) = unpack(pack_f16x2(v, 0.5));
        z[i * 4] = a + b;
        z[i * 4 + 1] = f32::from_bits(v.to_bits() ^ 0x8000_0000);
        z[i * 4 + 2] = (v as i32) as f32 + (v as u32 & 0xff) as u8 as f32;
        z[i * 4 + 3] = bf16::from_f32(v).to_f32();
    }
}
