// f32 to E4M3 bits, to nearest even, saturating to 448; NaN is 0x7f.
fn f32_to_e4m3(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    let sign = (bits >> 24u) & 0x80u;
    let body = bits & 0x7fffffffu;
    // Below 2^-6 the code counts steps of 2^-9; adding 2^14 leaves the count in the low bits, rounded.
    let tiny = bitcast<u32>(bitcast<f32>(body) + 0x1p14f) & 0xffu;
    let normal = (body - 0x3c000000u + 0x7ffffu + ((body >> 20u) & 1u)) >> 20u;
    let finite = min(select(normal, tiny, body < 0x3c800000u), 0x7eu);
    let saturated = select(finite, 0x7eu, body >= 0x43e00000u);
    return select(saturated, 0x7fu, body > 0x7f800000u) | sign;
}
