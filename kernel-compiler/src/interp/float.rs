//! Encodings of floating-point scalars: decoding to `f64` is exact, encoding rounds to nearest even.

use crate::ir::Scalar;
use half::{bf16, f16};

/// An 8-bit format: mantissa bits, exponent bias, code of the largest finite value, code of NaN.
struct Minifloat {
    mantissa: u32,
    bias: i32,
    largest: u8,
    nan: u8,
}

const E4M3: Minifloat = Minifloat { mantissa: 3, bias: 7, largest: 0x7E, nan: 0x7F };
const E5M2: Minifloat = Minifloat { mantissa: 2, bias: 15, largest: 0x7B, nan: 0x7F };

impl Minifloat {
    /// Rounds to nearest even and saturates to the largest finite value.
    fn encode(&self, value: f64) -> u8 {
        if value.is_nan() {
            return self.nan;
        }
        let sign = if value.is_sign_negative() { 0x80 } else { 0 };
        let magnitude = value.abs();
        if magnitude == 0.0 {
            return sign;
        }
        let lowest = 1 - self.bias;
        // The exponent of a finite f64 above 2^-1000 is exact in its encoding.
        let exponent = (((magnitude.to_bits() >> 52) as i32) - 1023).max(lowest);
        if exponent > 1 + self.bias {
            return sign | self.largest;
        }
        let steps = (magnitude / 2f64.powi(exponent - self.mantissa as i32)).round_ties_even();
        let code = (((exponent - lowest) as u32) << self.mantissa) + steps as u32;
        sign | code.min(u32::from(self.largest)) as u8
    }

    fn decode(&self, code: u8) -> f64 {
        let sign = if code & 0x80 == 0 { 1.0 } else { -1.0 };
        let magnitude = code & 0x7F;
        if magnitude > self.largest {
            let infinite = self.mantissa == 2 && magnitude == 0x7C;
            return if infinite { sign * f64::INFINITY } else { f64::NAN };
        }
        let fraction = f64::from(magnitude & ((1 << self.mantissa) - 1));
        let exponent = i32::from(magnitude >> self.mantissa);
        let unit = 2f64.powi(exponent.max(1) - self.bias - self.mantissa as i32);
        let implicit = if exponent > 0 { f64::from(1u32 << self.mantissa) } else { 0.0 };
        sign * (implicit + fraction) * unit
    }
}

/// The value of the bits of a float type (not a packed one).
pub(super) fn decode(ty: Scalar, bits: u64) -> f64 {
    match ty {
        Scalar::F32 => f64::from(f32::from_bits(bits as u32)),
        Scalar::F16 => f16::from_bits(bits as u16).to_f64(),
        Scalar::Bf16 => bf16::from_bits(bits as u16).to_f64(),
        Scalar::F8E4M3 => E4M3.decode(bits as u8),
        Scalar::F8E5M2 => E5M2.decode(bits as u8),
        _ => f64::NAN,
    }
}

/// The bits of a float type nearest to `value`. The 8-bit types saturate.
pub(super) fn encode(ty: Scalar, value: f64) -> u64 {
    match ty {
        Scalar::F32 => u64::from((value as f32).to_bits()),
        Scalar::F16 => u64::from(f16_bits(value)),
        Scalar::Bf16 => u64::from(bf16_bits(value)),
        Scalar::F8E4M3 => u64::from(E4M3.encode(value)),
        Scalar::F8E5M2 => u64::from(E5M2.encode(value)),
        _ => 0,
    }
}

/// binary16: rounding is done here once, from all 53 bits.
fn f16_bits(value: f64) -> u16 {
    narrow(value, 10, 15, 0x7C00)
}

/// bfloat16, likewise.
fn bf16_bits(value: f64) -> u16 {
    narrow(value, 7, 127, 0x7F80)
}

fn narrow(value: f64, mantissa: i32, bias: i32, infinity: u16) -> u16 {
    let sign = if value.is_sign_negative() { 0x8000 } else { 0 };
    if value.is_nan() {
        return 0x7FFF;
    }
    let magnitude = value.abs();
    let lowest = 1 - bias;
    let exponent = (((magnitude.to_bits() >> 52) as i32) - 1023).max(lowest);
    if exponent > bias {
        return sign | infinity;
    }
    let steps = (magnitude / 2f64.powi(exponent - mantissa)).round_ties_even();
    let code = (((exponent - lowest) as u32) << mantissa) + steps as u32;
    sign | code.min(u32::from(infinity)) as u16
}

/// The element type of a packed pair.
pub(super) fn half_of(ty: Scalar) -> Option<Scalar> {
    match ty {
        Scalar::F16x2 => Some(Scalar::F16),
        Scalar::Bf16x2 => Some(Scalar::Bf16),
        _ => None,
    }
}

/// Replaces a subnormal f32 by a zero of its sign.
pub(super) fn flush(value: f32) -> f32 {
    if value.is_subnormal() { 0f32.copysign(value) } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_eight_bit_code_survives() {
        for ty in [Scalar::F8E4M3, Scalar::F8E5M2] {
            for code in 0..=255u64 {
                let value = decode(ty, code);
                if value.is_finite() {
                    assert_eq!(encode(ty, value), code, "{ty:?} {code:#x}");
                }
            }
        }
    }

    #[test]
    fn sixteen_bit_encodings_agree_with_half() {
        let mut bits = 0x1234_5678u32;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = f32::from_bits(bits);
            if value.is_nan() {
                continue;
            }
            assert_eq!(f16_bits(f64::from(value)), f16::from_f32(value).to_bits(), "{value}");
            assert_eq!(bf16_bits(f64::from(value)), bf16::from_f32(value).to_bits(), "{value}");
        }
    }

    #[test]
    fn eight_bit_floats_round_to_even_and_saturate() {
        assert_eq!(encode(Scalar::F8E4M3, 1000.0), 0x7E);
        assert_eq!(encode(Scalar::F8E4M3, -f64::INFINITY), 0xFE);
        assert_eq!(encode(Scalar::F8E5M2, 1e9), 0x7B);
        assert_eq!(decode(Scalar::F8E4M3, 0x7E), 448.0);
        assert_eq!(decode(Scalar::F8E5M2, 0x7B), 57344.0);
        // 17 lies between 16 (mantissa 0) and 18 (mantissa 1): even is 16.
        assert_eq!(decode(Scalar::F8E4M3, encode(Scalar::F8E4M3, 17.0)), 16.0);
        assert_eq!(decode(Scalar::F8E4M3, encode(Scalar::F8E4M3, 19.0)), 20.0);
        assert_eq!(encode(Scalar::F8E4M3, 2f64.powi(-9)), 1);
        assert_eq!(encode(Scalar::F8E4M3, 2f64.powi(-10)), 0);
    }
}
