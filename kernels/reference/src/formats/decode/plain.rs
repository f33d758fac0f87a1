//! Floats: blocks of one weight.

use super::Decode;
use crate::formats::Format;

/// See [`Format::F32`].
#[derive(Debug)]
pub struct F32;

/// See [`Format::F16`].
#[derive(Debug)]
pub struct F16;

/// See [`Format::Bf16`].
#[derive(Debug)]
pub struct Bf16;

impl Decode for F32 {
    const FORMAT: Format = Format::F32;

    fn decode([elements, ..]: [&[u8]; 4], out: &mut [f32]) {
        for (bytes, out) in elements.as_chunks::<4>().0.iter().zip(out) {
            *out = f32::from_le_bytes(*bytes);
        }
    }
}

impl Decode for F16 {
    const FORMAT: Format = Format::F16;

    fn decode([elements, ..]: [&[u8]; 4], out: &mut [f32]) {
        for (bytes, out) in elements.as_chunks::<2>().0.iter().zip(out) {
            *out = half::f16::from_le_bytes(*bytes).to_f32();
        }
    }
}

impl Decode for Bf16 {
    const FORMAT: Format = Format::Bf16;

    fn decode([elements, ..]: [&[u8]; 4], out: &mut [f32]) {
        for (bytes, out) in elements.as_chunks::<2>().0.iter().zip(out) {
            *out = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
        }
    }
}
