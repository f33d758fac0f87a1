//! A hash of an index: numbers that any part of a tensor can be made of, on any machine.

/// Wellons' "lowbias32".
pub(crate) fn hash(index: u32) -> u32 {
    let mut x = index;
    x ^= x >> 16;
    x = x.wrapping_mul(0x7FEB_352D);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846C_A68B);
    x ^ (x >> 16)
}
