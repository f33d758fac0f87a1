//! What lies in a buffer, and how near a result must be.

use half::{bf16, f16};
use tilewright_kernel_compiler::ir::Scalar;

/// The contents of a buffer.
#[derive(Debug, Clone)]
pub struct Data {
    /// Element type, for messages and tolerances.
    pub element: Scalar,
    /// Little-endian bytes.
    pub bytes: Vec<u8>,
    /// How far a float may be off, relative to 1 and to its size; 0 is exact.
    pub tolerance: f64,
}

/// Small integers that do not repeat soon, -8 to 8.
pub fn noise(i: usize) -> i32 {
    let mixed = (i as u32).wrapping_add(17).wrapping_mul(0x9E37_79B9);
    ((mixed ^ mixed >> 15).wrapping_mul(0x85EB_CA6B) >> 13) as i32 % 9 - 4 + (i as i32 * 7 % 5)
}

impl Data {
    /// Numbers in any element type; what it cannot hold is rounded to nearest.
    pub fn new(element: Scalar, values: impl IntoIterator<Item = f64>) -> Data {
        let bytes = values.into_iter().flat_map(|v| encode(element, v)).collect();
        Data { element, bytes, tolerance: 0.0 }
    }

    /// 32-bit floats.
    pub fn f32(values: impl IntoIterator<Item = f32>) -> Data {
        Data::new(Scalar::F32, values.into_iter().map(f64::from))
    }

    /// 32-bit words.
    pub fn u32(values: impl IntoIterator<Item = u32>) -> Data {
        let bytes = values.into_iter().flat_map(u32::to_le_bytes).collect();
        Data { element: Scalar::U32, bytes, tolerance: 0.0 }
    }

    /// 32-bit signed integers.
    pub fn i32(values: impl IntoIterator<Item = i32>) -> Data {
        let bytes = values.into_iter().flat_map(i32::to_le_bytes).collect();
        Data { element: Scalar::I32, bytes, tolerance: 0.0 }
    }

    /// 16-bit words, or the bits of 16-bit floats.
    pub fn u16(values: impl IntoIterator<Item = u16>) -> Data {
        let bytes = values.into_iter().flat_map(u16::to_le_bytes).collect();
        Data { element: Scalar::U16, bytes, tolerance: 0.0 }
    }

    /// Bytes.
    pub fn u8(values: impl IntoIterator<Item = u8>) -> Data {
        Data { element: Scalar::U8, bytes: values.into_iter().collect(), tolerance: 0.0 }
    }

    /// Allows an error of `tolerance * max(1, |expected|)`.
    #[must_use]
    pub fn within(mut self, tolerance: f64) -> Data {
        self.tolerance = tolerance;
        self
    }

    /// The first place where `found` is not this, as text.
    pub(crate) fn difference(&self, found: &[u8]) -> Option<String> {
        if found.len() != self.bytes.len() {
            return Some(format!("{} bytes, expected {}", found.len(), self.bytes.len()));
        }
        let size = self.element.size() as usize;
        let pairs = self.bytes.chunks(size).zip(found.chunks(size)).enumerate();
        for (i, (expected, found)) in pairs {
            let (a, b) = (decode(self.element, expected), decode(self.element, found));
            let near = (a - b).abs() <= self.tolerance * a.abs().max(1.0);
            if expected != found && !(self.tolerance > 0.0 && near) {
                return Some(format!("element {i} is {b} ({found:02x?}), expected {a}"));
            }
        }
        None
    }
}

fn encode(element: Scalar, value: f64) -> Vec<u8> {
    match element {
        Scalar::F32 => (value as f32).to_le_bytes().to_vec(),
        Scalar::F16 => f16::from_f64(value).to_le_bytes().to_vec(),
        Scalar::Bf16 => bf16::from_f64(value).to_le_bytes().to_vec(),
        Scalar::F8E4M3 => vec![small_float(value, 3, 7)],
        Scalar::F8E5M2 => vec![small_float(value, 2, 15)],
        _ => (value as i64).to_le_bytes()[..element.size() as usize].to_vec(),
    }
}

/// A number of few bits in an 8-bit float; more bits are cut off.
fn small_float(value: f64, mantissa: u32, bias: i32) -> u8 {
    if value == 0.0 {
        return 0;
    }
    let exponent = value.abs().log2().floor() as i32;
    let fraction = (value.abs() / f64::from(exponent).exp2() - 1.0) * f64::from(1 << mantissa);
    let code = ((exponent + bias) as u32) << mantissa | fraction as u32;
    code as u8 | if value < 0.0 { 0x80 } else { 0 }
}

fn decode(element: Scalar, bytes: &[u8]) -> f64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    let bits = u64::from_le_bytes(word);
    let shift = 64 - 8 * bytes.len();
    match element {
        Scalar::F32 => f64::from(f32::from_bits(bits as u32)),
        Scalar::F16 => f16::from_bits(bits as u16).to_f64(),
        Scalar::Bf16 => bf16::from_bits(bits as u16).to_f64(),
        Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 => {
            ((bits << shift) as i64 >> shift) as f64
        }
        _ => bits as f64,
    }
}
