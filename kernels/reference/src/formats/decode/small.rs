//! Blocks of 32 weights: byte `i` of `low` holds the low four bits of weights `i` and `i + 16`,
//! bit `i` of `high` the fifth bit of weight `i`.

use super::{Decode, Fields, f16_at};
use crate::formats::{Format, Layout};

/// See [`Format::Q4_0`].
#[derive(Debug)]
pub struct Q4_0;

/// See [`Format::Q4_1`].
#[derive(Debug)]
pub struct Q4_1;

/// See [`Format::Q5_0`].
#[derive(Debug)]
pub struct Q5_0;

/// See [`Format::Q5_1`].
#[derive(Debug)]
pub struct Q5_1;

/// See [`Format::Q8_0`].
#[derive(Debug)]
pub struct Q8_0;

impl Decode for Q4_0 {
    const LAYOUT: Layout = Format::Q4_0.layout();

    fn decode([scale, low, ..]: Fields<'_>, out: &mut [f32]) {
        let fields = scale.as_chunks::<2>().0.iter().zip(low.as_chunks::<16>().0);
        for ((scale, low), out) in fields.zip(out.as_chunks_mut::<32>().0) {
            let scale = f16_at(scale, 0);
            for (i, byte) in low.iter().enumerate() {
                out[i] = scale * (f32::from(byte & 15) - 8.0);
                out[i + 16] = scale * (f32::from(byte >> 4) - 8.0);
            }
        }
    }
}

impl Decode for Q4_1 {
    const LAYOUT: Layout = Format::Q4_1.layout();

    fn decode([scales, low, ..]: Fields<'_>, out: &mut [f32]) {
        let fields = scales.as_chunks::<4>().0.iter().zip(low.as_chunks::<16>().0);
        for ((scales, low), out) in fields.zip(out.as_chunks_mut::<32>().0) {
            let (scale, min) = (f16_at(scales, 0), f16_at(scales, 2));
            for (i, byte) in low.iter().enumerate() {
                out[i] = scale * f32::from(byte & 15) + min;
                out[i + 16] = scale * f32::from(byte >> 4) + min;
            }
        }
    }
}

/// The five bits of the weights `i` and `i + 16`.
fn five_bits(high: u32, low: u8, i: usize) -> (f32, f32) {
    let first = u32::from(low & 15) | (high >> i & 1) << 4;
    let second = u32::from(low >> 4) | (high >> (i + 16) & 1) << 4;
    (first as f32, second as f32)
}

impl Decode for Q5_0 {
    const LAYOUT: Layout = Format::Q5_0.layout();

    fn decode([scale, high, low, ..]: Fields<'_>, out: &mut [f32]) {
        let fields = scale.as_chunks::<2>().0.iter().zip(high.as_chunks::<4>().0);
        let fields = fields.zip(low.as_chunks::<16>().0);
        for (((scale, high), low), out) in fields.zip(out.as_chunks_mut::<32>().0) {
            let (scale, high) = (f16_at(scale, 0), u32::from_le_bytes(*high));
            for (i, byte) in low.iter().enumerate() {
                let (first, second) = five_bits(high, *byte, i);
                out[i] = scale * (first - 16.0);
                out[i + 16] = scale * (second - 16.0);
            }
        }
    }
}

impl Decode for Q5_1 {
    const LAYOUT: Layout = Format::Q5_1.layout();

    fn decode([scales, high, low, ..]: Fields<'_>, out: &mut [f32]) {
        let fields = scales.as_chunks::<4>().0.iter().zip(high.as_chunks::<4>().0);
        let fields = fields.zip(low.as_chunks::<16>().0);
        for (((scales, high), low), out) in fields.zip(out.as_chunks_mut::<32>().0) {
            let (scale, min) = (f16_at(scales, 0), f16_at(scales, 2));
            let high = u32::from_le_bytes(*high);
            for (i, byte) in low.iter().enumerate() {
                let (first, second) = five_bits(high, *byte, i);
                out[i] = scale * first + min;
                out[i + 16] = scale * second + min;
            }
        }
    }
}

impl Decode for Q8_0 {
    const LAYOUT: Layout = Format::Q8_0.layout();

    fn decode([scale, quants, ..]: Fields<'_>, out: &mut [f32]) {
        let fields = scale.as_chunks::<2>().0.iter().zip(quants.as_chunks::<32>().0);
        for ((scale, quants), out) in fields.zip(out.as_chunks_mut::<32>().0) {
            let scale = f16_at(scale, 0);
            for (out, quant) in out.iter_mut().zip(quants) {
                *out = scale * f32::from(*quant as i8);
            }
        }
    }
}
