// High half of a signed 64-bit product, from the unsigned one.
fn mul_high_i32(a: i32, b: i32) -> i32 {
    let high = mul_high_u32(bitcast<u32>(a), bitcast<u32>(b));
    return bitcast<i32>(high) - select(0i, b, a < 0i) - select(0i, a, b < 0i);
}
