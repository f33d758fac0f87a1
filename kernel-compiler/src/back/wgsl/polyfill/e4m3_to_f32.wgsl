// OCP E4M3 bits to f32: no infinity, 0x7f and 0xff are NaN.
fn e4m3_to_f32(bits: u32) -> f32 {
    let sign = (bits & 0x80u) << 24u;
    let body = bits & 0x7fu;
    let normal = select((body << 20u) + 0x3c000000u, 0x7fc00000u, body == 0x7fu);
    // A subnormal is body * 2^-9.
    let tiny = bitcast<u32>(f32(body) * 0x1p-9f);
    return bitcast<f32>(select(normal, tiny, body < 8u) | sign);
}
