//! Blocks of every format, written from their definition: random fields are put where GGUF has
//! them, and the weights follow from the fields, in `f64`.

use crate::random::Random;
use half::f16;
use tilewright_kernels_reference::formats::Format;

/// The file's bytes of blocks and what the blocks mean.
pub struct Encoded {
    pub bytes: Vec<u8>,
    pub weights: Vec<f64>,
}

/// `blocks` random blocks; every fourth scale is zero or subnormal.
pub fn encode(format: Format, blocks: usize, random: &mut Random) -> Encoded {
    let mut out = Encoded { bytes: Vec::new(), weights: Vec::new() };
    for _ in 0..blocks {
        let start = out.bytes.len();
        match format {
            Format::F32 | Format::F16 | Format::Bf16 => plain(format, random, &mut out),
            Format::Q4_0 | Format::Q4_1 | Format::Q5_0 | Format::Q5_1 => {
                small(format, random, &mut out);
            }
            Format::Q8_0 => eight_bits(random, &mut out),
            Format::Q4K | Format::Q5K => super_block(format, random, &mut out),
            Format::Q6K => six_bits(random, &mut out),
        }
        assert_eq!(out.bytes.len() - start, format.block_bytes());
    }
    assert_eq!(out.weights.len(), blocks * format.weights_per_block());
    out
}

fn scale(random: &mut Random) -> f16 {
    match random.below(8) {
        0 => f16::ZERO,
        1 => f16::from_bits(random.below(0x400) as u16),
        _ => f16::from_f32(random.float() * 0.1),
    }
}

fn plain(format: Format, random: &mut Random, out: &mut Encoded) {
    let value = random.float();
    match format {
        Format::F32 => {
            out.bytes.extend(value.to_le_bytes());
            out.weights.push(f64::from(value));
        }
        Format::F16 => {
            let value = if random.below(4) == 0 { scale(random) } else { f16::from_f32(value) };
            out.bytes.extend(value.to_le_bytes());
            out.weights.push(value.to_f64());
        }
        _ => {
            let value = half::bf16::from_f32(value);
            out.bytes.extend(value.to_le_bytes());
            out.weights.push(value.to_f64());
        }
    }
}

/// Scale (and minimum), then the fifth bits, then nibbles: weight `i` in byte `i % 16`.
fn small(format: Format, random: &mut Random, out: &mut Encoded) {
    let five = matches!(format, Format::Q5_0 | Format::Q5_1);
    let has_min = matches!(format, Format::Q4_1 | Format::Q5_1);
    let (d, m) = (scale(random), scale(random));
    let (mut high, mut low) = (0u32, [0u8; 16]);
    for i in 0..32 {
        let q = random.below(if five { 32 } else { 16 }) as u32;
        high |= (q >> 4) << i;
        low[i % 16] |= ((q & 15) as u8) << (4 * (i / 16));
        let offset = if five { 16.0 } else { 8.0 };
        let d = d.to_f64();
        let q = f64::from(q);
        out.weights.push(if has_min { d * q + m.to_f64() } else { d * (q - offset) });
    }
    out.bytes.extend(d.to_le_bytes());
    if has_min {
        out.bytes.extend(m.to_le_bytes());
    }
    if five {
        out.bytes.extend(high.to_le_bytes());
    }
    out.bytes.extend(low);
}

fn eight_bits(random: &mut Random, out: &mut Encoded) {
    let d = scale(random);
    out.bytes.extend(d.to_le_bytes());
    for _ in 0..32 {
        let q = random.below(256) as u8 as i8;
        out.bytes.extend(q.to_le_bytes());
        out.weights.push(d.to_f64() * f64::from(q));
    }
}

/// Q4_K and Q5_K: six-bit scales and minima of eight groups of 32.
fn super_block(format: Format, random: &mut Random, out: &mut Encoded) {
    let (d, dmin) = (scale(random), scale(random));
    let (mut subscales, mut high, mut low) = ([0u8; 12], [0u8; 32], [0u8; 128]);
    for g in 0..8 {
        let (s, m) = (random.below(64) as u8, random.below(64) as u8);
        if g < 4 {
            subscales[g] |= s;
            subscales[g + 4] |= m;
        } else {
            subscales[g + 4] = (s & 15) | (m & 15) << 4;
            subscales[g - 4] |= (s >> 4) << 6;
            subscales[g] |= (m >> 4) << 6;
        }
        for i in 0..32 {
            let q = random.below(if format == Format::Q5K { 32 } else { 16 }) as u8;
            low[32 * (g / 2) + i] |= (q & 15) << (4 * (g % 2));
            high[i] |= (q >> 4) << g;
            let (s, m, q) = (f64::from(s), f64::from(m), f64::from(q));
            out.weights.push(d.to_f64() * s * q - dmin.to_f64() * m);
        }
    }
    out.bytes.extend(d.to_le_bytes());
    out.bytes.extend(dmin.to_le_bytes());
    out.bytes.extend(subscales);
    if format == Format::Q5K {
        out.bytes.extend(high);
    }
    out.bytes.extend(low);
}

/// Q6_K: weight `i` of each half of 128; 16 signed scales.
fn six_bits(random: &mut Random, out: &mut Encoded) {
    let d = scale(random);
    let subscales: [i8; 16] = std::array::from_fn(|_| random.below(256) as u8 as i8);
    let (mut low, mut high) = ([0u8; 128], [0u8; 64]);
    for i in 0..256usize {
        let q = random.below(64) as u8;
        let (half, quarter, at) = (i / 128, i % 128 / 32, i % 32);
        low[64 * half + 32 * (quarter & 1) + at] |= (q & 15) << (4 * (quarter >> 1));
        high[32 * half + at] |= (q >> 4) << (2 * quarter);
        let s = f64::from(subscales[i / 16]);
        out.weights.push(d.to_f64() * s * (f64::from(q) - 32.0));
    }
    out.bytes.extend(low);
    out.bytes.extend(high);
    out.bytes.extend(subscales.map(|s| s as u8));
    out.bytes.extend(d.to_le_bytes());
}
