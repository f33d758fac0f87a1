//! [`Random`]: data from a seed, the same on every machine.

use half::{bf16, f16};
use tilewright_kernels::Format;

/// Xorshift: Marsaglia 2003, "Xorshift RNGs".
pub(super) struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Random {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        (0..4).for_each(|_| {
            random.next();
        });
        random
    }

    /// 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// -1 to 1, uniformly.
    pub fn float(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// So many of them.
    pub fn floats(&mut self, count: u32) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }

    /// So many weights as a file holds them, each within -2 to 2.
    pub fn weights(&mut self, format: Format, count: u32) -> Vec<u8> {
        let blocks = count as usize / format.weights_per_block();
        let mut bytes = Vec::with_capacity(blocks * format.block_bytes());
        for _ in 0..blocks {
            for plane in format.planes() {
                let end = bytes.len() + plane.bytes_per_block;
                while bytes.len() < end {
                    match (plane.name, format) {
                        ("elements", Format::F32) => bytes.extend(self.float().to_le_bytes()),
                        ("elements", Format::Bf16) => {
                            bytes.extend(bf16::from_f32(self.float()).to_le_bytes());
                        }
                        ("elements" | "scale" | "scales", _) => {
                            let scale = self.float() / largest_quant(format);
                            bytes.extend(f16::from_f32(scale).to_le_bytes());
                        }
                        _ => bytes.push(self.next() as u8),
                    }
                }
                bytes.truncate(end);
            }
        }
        bytes
    }
}

/// What a scale of 1 is multiplied with at most.
fn largest_quant(format: Format) -> f32 {
    match format {
        Format::F32 | Format::F16 | Format::Bf16 => 1.0,
        Format::Q4_0 => 8.0,
        Format::Q4_1 | Format::Q5_0 => 16.0,
        Format::Q5_1 => 32.0,
        Format::Q8_0 => 128.0,
        // Groups have scales and minima of 6 bits of their own, or scales of 8.
        Format::Q4K => 64.0 * 16.0,
        Format::Q5K => 64.0 * 32.0,
        Format::Q6K => 128.0 * 32.0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Random;
    use tilewright_kernels::Format;
    use tilewright_kernels::formats::{dequantise_row, pack};

    #[test]
    fn weights_of_every_format_are_small_numbers() {
        for format in Format::ALL {
            let bytes = Random::new(1).weights(format, 2 * 256);
            let packed = pack(format, 2, 256, &bytes).unwrap();
            let mut row = vec![0.0f32; 256];
            for r in 0..2 {
                dequantise_row(format, 2, &packed, r, &mut row).unwrap();
                assert!(row.iter().all(|w| w.abs() <= 2.0), "{format}: {row:?}");
                assert!(row.iter().any(|w| w.abs() > 1e-3), "{format}: {row:?}");
            }
        }
    }
}
