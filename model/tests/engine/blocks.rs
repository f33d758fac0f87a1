//! GGUF's blocks to f32, one weight at a time, as ggml's page of the formats has them.

use half::{bf16, f16};
use tilewright_model::{GgmlType, TensorView};

/// All weights of a tensor, row after row.
pub fn weights(tensor: &TensorView<'_>) -> Vec<f32> {
    let size = tensor.ggml_type.block_bytes() as usize;
    tensor.bytes.chunks_exact(size).flat_map(|block| decode(tensor.ggml_type, block)).collect()
}

fn decode(ty: GgmlType, b: &[u8]) -> Vec<f32> {
    match ty {
        GgmlType::F32 => vec![f32::from_le_bytes([b[0], b[1], b[2], b[3]])],
        GgmlType::F16 => vec![half_at(b, 0)],
        GgmlType::BF16 => vec![bf16::from_le_bytes([b[0], b[1]]).to_f32()],
        GgmlType::Q4_0 => small(&b[2..], None, |q| half_at(b, 0) * (q as f32 - 8.0)),
        GgmlType::Q4_1 => small(&b[4..], None, |q| half_at(b, 0) * q as f32 + half_at(b, 2)),
        GgmlType::Q5_0 => small(&b[6..], Some(&b[2..6]), |q| half_at(b, 0) * (q as f32 - 16.0)),
        GgmlType::Q5_1 => {
            small(&b[8..], Some(&b[4..8]), |q| half_at(b, 0) * q as f32 + half_at(b, 2))
        }
        GgmlType::Q8_0 => b[2..].iter().map(|q| half_at(b, 0) * f32::from(*q as i8)).collect(),
        GgmlType::Q4_K => k_min(b, &b[16..], None),
        GgmlType::Q5_K => k_min(b, &b[48..], Some(&b[16..48])),
        GgmlType::Q6_K => q6_k(b),
    }
}

fn half_at(b: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([b[at], b[at + 1]]).to_f32()
}

/// 32 weights: low nibbles first, then high ones, with a fifth bit from `high`.
fn small(low: &[u8], high: Option<&[u8]>, value: impl Fn(u32) -> f32) -> Vec<f32> {
    let bits = high.map_or(0, |h| u32::from_le_bytes([h[0], h[1], h[2], h[3]]));
    let code = |i: usize| {
        let byte = u32::from(low[i % 16]);
        let nibble = if i < 16 { byte & 15 } else { byte >> 4 };
        nibble | ((bits >> i) & 1) << 4
    };
    (0..32).map(|i| value(code(i))).collect()
}

/// 256 weights in 8 groups with 6-bit scales and minima.
fn k_min(b: &[u8], low: &[u8], high: Option<&[u8]>) -> Vec<f32> {
    let (d, d_min, s) = (half_at(b, 0), half_at(b, 2), &b[4..16]);
    let group = |g: usize| match g {
        0..4 => (s[g] & 63, s[g + 4] & 63),
        _ => (s[g + 4] & 15 | (s[g - 4] >> 6) << 4, s[g + 4] >> 4 | (s[g] >> 6) << 4),
    };
    let value = |i: usize| {
        let (g, l) = (i / 32, i % 32);
        let byte = low[g / 2 * 32 + l];
        let nibble = if g % 2 == 0 { byte & 15 } else { byte >> 4 };
        let fifth = high.map_or(0, |h| h[l] >> g & 1);
        let (scale, min) = group(g);
        d * f32::from(scale) * f32::from(nibble + 16 * fifth) - d_min * f32::from(min)
    };
    (0..256).map(value).collect()
}

/// 256 weights in 16 groups with 8-bit scales.
fn q6_k(b: &[u8]) -> Vec<f32> {
    let (low, high, scales, d) = (&b[..128], &b[128..192], &b[192..208], half_at(b, 208));
    let value = |i: usize| {
        let (n, quarter, l) = (i / 128, i % 128 / 32, i % 32);
        let byte = low[n * 64 + quarter % 2 * 32 + l];
        let nibble = if quarter < 2 { byte & 15 } else { byte >> 4 };
        let top = high[n * 32 + l] >> (2 * quarter) & 3;
        let code = f32::from(nibble | top << 4) - 32.0;
        d * f32::from(scales[i / 16] as i8) * code
    };
    (0..256).map(value).collect()
}
