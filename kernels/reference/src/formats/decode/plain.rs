//! Floats: blocks of one weight.

use super::{Decode, Fields};
use crate::formats::{Format, Layout};
use half::slice::HalfFloatSliceExt;

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
    const LAYOUT: Layout = Format::F32.layout();

    fn decode([elements, ..]: Fields<'_>, out: &mut [f32]) {
        for (bytes, out) in elements.as_chunks::<4>().0.iter().zip(out) {
            *out = f32::from_le_bytes(*bytes);
        }
    }
}

impl Decode for F16 {
    const LAYOUT: Layout = Format::F16.layout();

    fn decode([elements, ..]: Fields<'_>, out: &mut [f32]) {
        // Whole slices are widened by the processor's own instructions where it has them.
        let halves = bytemuck::try_cast_slice::<u8, half::f16>(elements).unwrap_or_default();
        let len = halves.len().min(out.len());
        halves[..len].convert_to_f32_slice(&mut out[..len]);
    }
}

impl Decode for Bf16 {
    const LAYOUT: Layout = Format::Bf16.layout();

    fn decode([elements, ..]: Fields<'_>, out: &mut [f32]) {
        for (bytes, out) in elements.as_chunks::<2>().0.iter().zip(out) {
            *out = f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
        }
    }
}
