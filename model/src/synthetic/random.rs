//! Random tensor data in any type.

use half::{bf16, f16};

use crate::gguf::GgmlType;
use crate::sampling::philox::philox4x32_10;

/// Random numbers in order.
pub(super) struct Random {
    seed: u64,
    next: u64,
}

impl Random {
    /// The beginning of the numbers of a seed.
    pub(super) fn new(seed: u64) -> Self {
        Random { seed, next: 0 }
    }

    fn words(&mut self) -> [u32; 4] {
        let counter = [self.next as u32, (self.next >> 32) as u32, 1, 0];
        self.next += 1;
        philox4x32_10(counter, [self.seed as u32, (self.seed >> 32) as u32])
    }

    /// Uniform in `[-1, 1)`.
    fn signed(&mut self) -> f32 {
        (self.words()[0] >> 8) as f32 / 8_388_608.0 - 1.0
    }

    /// Data of a tensor: vectors (norms) round 1, matrices round 0 with a deviation that keeps
    /// activations of order one, `1 / sqrt(row)`.
    pub(super) fn tensor(&mut self, ty: GgmlType, dims: &[u64]) -> Vec<u8> {
        let elements: u64 = dims.iter().product();
        let row = dims.first().copied().unwrap_or(1);
        let (centre, spread) = match dims.len() {
            0 | 1 => (1.0, 0.2),
            _ => (0.0, (3.0 / row as f32).sqrt()),
        };
        match ty {
            GgmlType::F32 => self.floats(elements, |x| (centre + spread * x).to_le_bytes()),
            GgmlType::F16 => {
                self.floats(elements, |x| f16::from_f32(centre + spread * x).to_le_bytes())
            }
            GgmlType::BF16 => {
                self.floats(elements, |x| bf16::from_f32(centre + spread * x).to_le_bytes())
            }
            _ => {
                let blocks = elements.div_ceil(ty.block_len());
                (0..blocks).flat_map(|_| self.block(ty, spread)).collect()
            }
        }
    }

    fn floats<const N: usize>(&mut self, count: u64, make: impl Fn(f32) -> [u8; N]) -> Vec<u8> {
        (0..count).flat_map(|_| make(self.signed())).collect()
    }

    /// A block with random codes and scales such that its values lie within about `spread`.
    fn block(&mut self, ty: GgmlType, spread: f32) -> Vec<u8> {
        let length = ty.block_bytes() as usize;
        let mut bytes: Vec<u8> = Vec::with_capacity(length + 16);
        while bytes.len() < length {
            bytes.extend(self.words().iter().flat_map(|word| word.to_le_bytes()));
        }
        bytes.truncate(length);
        let scale = spread * (0.75 + 0.25 * self.signed());
        // (offset, value) of the f16 fields; a format with minima is centred by them.
        let fields: &[(usize, f32)] = match ty {
            GgmlType::Q4_0 => &[(0, scale / 8.0)],
            GgmlType::Q4_1 => &[(0, scale / 8.0), (2, -scale)],
            GgmlType::Q5_0 => &[(0, scale / 16.0)],
            GgmlType::Q5_1 => &[(0, scale / 16.0), (2, -scale)],
            GgmlType::Q8_0 => &[(0, scale / 128.0)],
            // Sub-blocks have scales and minima of up to 63.
            GgmlType::Q4_K => &[(0, scale / (63.0 * 8.0)), (2, scale / 63.0)],
            GgmlType::Q5_K => &[(0, scale / (63.0 * 16.0)), (2, scale / 63.0)],
            // Sub-blocks have scales of -128 to 127, codes of -32 to 31.
            GgmlType::Q6_K => &[(208, scale / (128.0 * 32.0))],
            GgmlType::F32 | GgmlType::F16 | GgmlType::BF16 => &[],
        };
        for &(offset, value) in fields {
            if let Some(field) = bytes.get_mut(offset..offset + 2) {
                field.copy_from_slice(&f16::from_f32(value).to_le_bytes());
            }
        }
        bytes
    }
}
