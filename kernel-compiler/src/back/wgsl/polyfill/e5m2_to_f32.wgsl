// OCP E5M2 bits to f32: the high byte of a binary16.
fn e5m2_to_f32(bits: u32) -> f32 {
    return f16_to_f32((bits & 0xffu) << 8u);
}
