//! Random blocks of every format, and what stands beside tensors.

use tilewright_kernels_reference::formats::Format;
use tilewright_testing::Random;

/// Blocks of random bytes whose scales are small numbers, zero and subnormal ones among them.
pub fn blocks(format: Format, n: usize, k: usize, random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for block in 0..n * k / format.weights_per_block() {
        for plane in format.planes() {
            let is_scale = plane.name == "scale" || plane.name == "scales";
            let whole = format.weights_per_block() == 1;
            let mut field = Vec::new();
            while field.len() < plane.bytes_per_block {
                let value = match block % 7 {
                    3 => 0.0,
                    5 => random.float() * 3e-5,
                    _ => random.float() * 0.05,
                };
                match (is_scale || whole, format) {
                    (true, Format::F32) => field.extend(random.float().to_le_bytes()),
                    (true, Format::Bf16) => {
                        field.extend(tilewright_runtime::bf16::from_f32(value).to_le_bytes());
                    }
                    (true, _) => {
                        field.extend(tilewright_runtime::f16::from_f32(value).to_le_bytes())
                    }
                    (false, _) => field.push(random.bits() as u8),
                }
            }
            field.truncate(plane.bytes_per_block);
            bytes.extend(field);
        }
    }
    bytes
}

/// Two f16 that are no numbers: a kernel that lets them in shows it.
pub const NO_WEIGHTS: u32 = 0x7fff_7fff;
/// What stands beside numbers: larger than any result.
pub const BESIDE: f32 = 1e30;
