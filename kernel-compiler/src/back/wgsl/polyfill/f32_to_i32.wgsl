// Toward zero, clamped to the range; NaN is 0. 2147483520 is the largest f32 below 2^31.
fn f32_to_i32(x: f32) -> i32 {
    let nan = (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    let inside = i32(clamp(select(x, 0f, nan), -2147483648f, 2147483520f));
    return select(inside, 0x7fffffffi, !nan && x >= 2147483648f);
}
