// Toward zero, clamped to the range; NaN is 0. 4294967040 is the largest f32 below 2^32.
fn f32_to_u32(x: f32) -> u32 {
    let nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    let inside = u32(clamp(select(x, 0f, nan), 0f, 4294967040f));
    return select(inside, 0xffffffffu, !nan && x >= 4294967296f);
}
