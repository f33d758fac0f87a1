// f32 to E5M2 bits, to nearest even, saturating to 57344; NaN is 0x7f.
fn f32_to_e5m2(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    let sign = (bits >> 24u) & 0x80u;
    let body = bits & 0x7fffffffu;
    // Below 2^-14 the code counts steps of 2^-16; adding 2^7 leaves the count in the low bits, rounded.
    let tiny = bitcast<u32>(bitcast<f32>(body) + 0x1p7f) & 0xffu;
    let normal = (body - 0x38000000u + 0xfffffu + ((body >> 21u) & 1u)) >> 21u;
    let finite = min(select(normal, tiny, body < 0x38800000u), 0x7bu);
    let saturated = select(finite, 0x7bu, body >= 0x47600000u);
    return select(saturated, 0x7fu, body > 0x7f800000u) | sign;
}
