//! Blocks of 256 weights ("K-quants").

use super::{Decode, Fields, f16_at};
use crate::formats::{Format, Layout};

/// See [`Format::Q4K`].
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct Q4_K;

/// See [`Format::Q5K`].
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct Q5_K;

/// See [`Format::Q6K`].
#[derive(Debug)]
#[allow(non_camel_case_types)]
pub struct Q6_K;

/// Scale and minimum, six bits each, of group `g` (0 to 7) of 32 weights.
///
/// Bytes 0 to 3 hold the scales of groups 0 to 3, bytes 4 to 7 their minima, in the low six bits.
/// Bytes 8 to 11 hold the low nibbles of scale and minimum of groups 4 to 7; their upper two bits
/// are the upper bits of bytes 0 to 3 and 4 to 7.
fn subscale(packed: &[u8; 12], g: usize) -> (f32, f32) {
    let (scale, min) = if g < 4 {
        (packed[g] & 63, packed[g + 4] & 63)
    } else {
        let low = packed[g + 4];
        ((low & 15) | packed[g - 4] >> 6 << 4, (low >> 4) | packed[g] >> 6 << 4)
    };
    (f32::from(scale), f32::from(min))
}

impl Decode for Q4_K {
    const LAYOUT: Layout = Format::Q4K.layout();

    /// Bytes `32 j` to `32 j + 31` of `low` hold group `2 j` in the low nibbles, `2 j + 1` in the
    /// high ones.
    fn decode([scales, subscales, low, ..]: Fields<'_>, out: &mut [f32]) {
        let fields = scales.as_chunks::<4>().0.iter().zip(subscales.as_chunks::<12>().0);
        let fields = fields.zip(low.as_chunks::<128>().0);
        for (((scales, subscales), low), out) in fields.zip(out.as_chunks_mut::<256>().0) {
            let (scale, min) = (f16_at(scales, 0), f16_at(scales, 2));
            let groups = out.as_chunks_mut::<32>().0;
            for (g, group) in groups.iter_mut().enumerate() {
                let (s, m) = subscale(subscales, g);
                let (scale, min) = (scale * s, min * m);
                let (bytes, shift) = (&low.as_chunks::<32>().0[g / 2], 4 * (g % 2));
                for (weight, byte) in group.iter_mut().zip(bytes) {
                    *weight = scale * f32::from(byte >> shift & 15) - min;
                }
            }
        }
    }
}

impl Decode for Q5_K {
    const LAYOUT: Layout = Format::Q5K.layout();

    /// As [`Q4_K`]; bit `g` of byte `i` of `high` is the fifth bit of weight `i` of group `g`.
    fn decode([scales, subscales, high, low, ..]: Fields<'_>, out: &mut [f32]) {
        let fields = scales.as_chunks::<4>().0.iter().zip(subscales.as_chunks::<12>().0);
        let fields = fields.zip(high.as_chunks::<32>().0).zip(low.as_chunks::<128>().0);
        for ((((scales, subscales), high), low), out) in fields.zip(out.as_chunks_mut::<256>().0) {
            let (scale, min) = (f16_at(scales, 0), f16_at(scales, 2));
            let groups = out.as_chunks_mut::<32>().0;
            for (g, group) in groups.iter_mut().enumerate() {
                let (s, m) = subscale(subscales, g);
                let (scale, min) = (scale * s, min * m);
                let (bytes, shift) = (&low.as_chunks::<32>().0[g / 2], 4 * (g % 2));
                for ((weight, byte), high) in group.iter_mut().zip(bytes).zip(high) {
                    let quant = (byte >> shift & 15) | (high >> g & 1) << 4;
                    *weight = scale * f32::from(quant) - min;
                }
            }
        }
    }
}

impl Decode for Q6_K {
    const LAYOUT: Layout = Format::Q6K.layout();

    /// Each half of 128 weights has 64 bytes of `low`, 32 of `high` and 8 scales. Quarter `q` (32
    /// weights) of a half takes the nibbles of its 32 bytes of `low` (the low ones for `q < 2`, of
    /// bytes `32 (q % 2)` on) and bits `2 q` and `2 q + 1` of the bytes of `high`.
    fn decode([low, high, subscales, scale, ..]: Fields<'_>, out: &mut [f32]) {
        let fields = low.as_chunks::<128>().0.iter().zip(high.as_chunks::<64>().0);
        let fields = fields.zip(subscales.as_chunks::<16>().0).zip(scale.as_chunks::<2>().0);
        for ((((low, high), subscales), scale), out) in fields.zip(out.as_chunks_mut::<256>().0) {
            let scale = f16_at(scale, 0);
            for (eighth, weights) in out.as_chunks_mut::<32>().0.iter_mut().enumerate() {
                let (half, quarter) = (eighth / 4, eighth % 4);
                let low = &low.as_chunks::<32>().0[2 * half + quarter % 2];
                let high = &high.as_chunks::<32>().0[half];
                let shift = 4 * (quarter / 2);
                for (i, weight) in weights.iter_mut().enumerate() {
                    let quant = (low[i] >> shift & 15) | (high[i] >> (2 * quarter) & 3) << 4;
                    let subscale = subscales[2 * eighth + i / 16] as i8;
                    *weight = scale * f32::from(subscale) * (f32::from(quant) - 32.0);
                }
            }
        }
    }
}
