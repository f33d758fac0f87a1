//! Numbers in the bytes of a field, little-endian. Bytes beyond the end are zeros.

/// `width` bits (1 to 16) from bit `at` on; bit 0 is the lowest of the first byte.
pub fn bits(field: &[u8], at: usize, width: u32) -> u32 {
    let byte = |at: usize| field.get(at).copied().map_or(0, u32::from);
    let word = byte(at / 8) | byte(at / 8 + 1) << 8 | byte(at / 8 + 2) << 16;
    word >> (at % 8) & ((1 << width) - 1)
}

/// `count` bytes (1 to 4) from byte `at` on.
pub fn bytes(field: &[u8], at: usize, count: usize) -> u32 {
    let byte = |i: usize| field.get(at + i).copied().map_or(0, u32::from) << (8 * i);
    (0..count).map(byte).sum()
}

/// The lowest `width` bits (1 to 32) as a number with a sign.
pub fn signed(bits: u32, width: u32) -> i32 {
    let unused = 32 - width;
    ((bits << unused) as i32) >> unused
}

/// The binary16 of 16 bits.
pub fn half(bits: u32) -> f32 {
    half::f16::from_bits(bits as u16).to_f32()
}

/// An E8M0 scale: `2^(bits - 127)`, and NaN for 255 (OCP Microscaling Formats 1.0, section 5.4.1).
pub fn power_of_two(bits: u32) -> f32 {
    match bits {
        0 => f32::from_bits(0x0040_0000),
        255 => f32::NAN,
        _ => f32::from_bits(bits << 23),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian_and_end_with_their_field() {
        assert_eq!(bits(&[0b1010_0110, 0b0000_0001], 5, 4), 0b1101);
        assert_eq!(bits(&[0xff], 6, 4), 0b11);
        assert_eq!(bytes(&[1, 2, 3, 4], 1, 2), 0x0302);
        assert_eq!(bytes(&[1], 0, 4), 1);
        assert_eq!([signed(7, 4), signed(8, 4), signed(0xff, 8)], [7, -8, -1]);
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(
            [power_of_two(127), power_of_two(128), power_of_two(0)],
            [1.0, 2.0, 2f32.powi(-127)]
        );
        assert!(power_of_two(255).is_nan());
    }
}
