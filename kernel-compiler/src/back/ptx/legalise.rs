//! 8-bit floats where the target has no conversions: integer and f16 arithmetic instead.
//!
//! Source of the formats: OCP 8-bit Floating Point Specification (OFP8), revision 1.0.

use crate::ir::Scalar;

use super::emitter::{Emitter, float};
use super::registers::{Class, Reg};
use super::tables;

/// An 8-bit float format as rounding needs it.
struct Format {
    /// `e4m3`, `e5m2` in mnemonics.
    name: &'static str,
    /// `f32` mantissa bits that are rounded away.
    dropped: u32,
    /// Difference of the exponent biases, shifted to the mantissa's end.
    rebias: u32,
    /// Smallest normal number.
    smallest_normal: f32,
    /// A power of two whose last place is the smallest subnormal number.
    subnormal_anchor: f32,
    /// Code of the largest finite number.
    largest: u32,
}

const E4M3: Format = Format {
    name: "e4m3",
    dropped: 20,
    rebias: (127 - 7) << 3,
    smallest_normal: 0.015_625,
    subnormal_anchor: 16384.0,
    largest: 0x7E,
};

const E5M2: Format = Format {
    name: "e5m2",
    dropped: 21,
    rebias: (127 - 15) << 2,
    smallest_normal: 6.103_515_6e-5,
    subnormal_anchor: 128.0,
    largest: 0x7B,
};

fn format(ty: Scalar) -> &'static Format {
    if ty == Scalar::F8E4M3 { &E4M3 } else { &E5M2 }
}

impl Emitter<'_> {
    /// Whether the target converts 8-bit floats itself; notes the need if so.
    fn native_f8(&mut self) -> bool {
        if tables::F8_CONVERT.on(self.ptx) {
            self.need(tables::F8_CONVERT);
            return true;
        }
        let ada = tables::F8_CONVERT_ADA.on(self.ptx);
        if ada {
            self.need(tables::F8_CONVERT_ADA);
        }
        ada
    }

    /// An 8-bit float (in a 32-bit register) as `f32`; exact.
    pub fn f8_to_f32(&mut self, ty: Scalar, a: Reg) -> Reg {
        if self.native_f8() {
            let half = self.op(Class::B16, "cvt.u16.u32", &[&a]);
            let mnemonic = format!("cvt.rn.f16x2.{}x2", format(ty).name);
            let word = self.op(Class::B32, &mnemonic, &[&half]);
            return self.unpack(Scalar::F16x2, word)[0];
        }
        if ty == Scalar::F8E5M2 {
            // E5M2 is the upper byte of an f16.
            let bits = self.op(Class::B32, "shl.b32", &[&a, &8]);
            let half = self.op(Class::B16, "cvt.u16.u32", &[&bits]);
            return self.op(Class::F32, "cvt.f32.f16", &[&half]);
        }
        // E4M3 moved to an f16's fields is 2^8 too small, subnormals included; 0x7F is NaN.
        let sign = self.op(Class::B32, "and.b32", &[&a, &"0x80"]);
        let high = self.op(Class::B32, "shl.b32", &[&sign, &8]);
        let magnitude = self.op(Class::B32, "and.b32", &[&a, &"0x7F"]);
        let low = self.op(Class::B32, "shl.b32", &[&magnitude, &7]);
        let bits = self.op(Class::B32, "or.b32", &[&high, &low]);
        let half = self.op(Class::B16, "cvt.u16.u32", &[&bits]);
        let small = self.op(Class::F32, "cvt.f32.f16", &[&half]);
        let value = self.op(Class::F32, "mul.rn.f32", &[&small, &float(256.0)]);
        let nan = self.op(Class::Pred, "setp.eq.u32", &[&magnitude, &"0x7F"]);
        self.op(Class::F32, "selp.f32", &[&"0f7FFFFFFF", &value, &nan])
    }

    /// An `f32` as an 8-bit float in a 32-bit register: nearest even, saturating.
    pub fn f32_to_f8(&mut self, ty: Scalar, a: Reg) -> Reg {
        if self.native_f8() {
            let mnemonic = format!("cvt.rn.satfinite.{}x2.f32", format(ty).name);
            let zero = self.op(Class::F32, "mov.f32", &[&float(0.0)]);
            let half = self.op(Class::B16, &mnemonic, &[&zero, &a]);
            return self.op(Class::B32, "cvt.u32.u16", &[&half]);
        }
        self.round_to_f8(format(ty), a)
    }

    /// Two `f32` as two 8-bit floats in a `U16`, the first in the low byte.
    pub fn pack_f8(&mut self, ty: Scalar, low: Reg, high: Reg) -> Reg {
        if self.native_f8() {
            let mnemonic = format!("cvt.rn.satfinite.{}x2.f32", format(ty).name);
            let half = self.op(Class::B16, &mnemonic, &[&high, &low]);
            return self.op(Class::B32, "cvt.u32.u16", &[&half]);
        }
        let low = self.round_to_f8(format(ty), low);
        let high = self.round_to_f8(format(ty), high);
        let high = self.op(Class::B32, "shl.b32", &[&high, &8]);
        self.op(Class::B32, "or.b32", &[&low, &high])
    }

    fn round_to_f8(&mut self, format: &Format, a: Reg) -> Reg {
        let magnitude = self.op(Class::F32, "abs.f32", &[&a]);
        let bits = self.op(Class::B32, "mov.b32", &[&magnitude]);
        // Normal: add half of the last kept place, less one unless that place is odd.
        let last = self.op(Class::B32, "bfe.u32", &[&bits, &format.dropped, &1]);
        let half = (1u32 << (format.dropped - 1)) - 1;
        let sum = self.op(Class::B32, "add.u32", &[&bits, &half]);
        let sum = self.op(Class::B32, "add.u32", &[&sum, &last]);
        let shifted = self.op(Class::B32, "shr.u32", &[&sum, &format.dropped]);
        let normal = self.op(Class::B32, "sub.u32", &[&shifted, &format.rebias]);
        let normal = self.op(Class::B32, "min.u32", &[&normal, &format.largest]);
        // Subnormal: the addition rounds to whole multiples of the smallest number.
        let anchor = float(format.subnormal_anchor);
        let sum = self.op(Class::F32, "add.rn.f32", &[&magnitude, &anchor]);
        let sum = self.op(Class::B32, "mov.b32", &[&sum]);
        let anchor = format.subnormal_anchor.to_bits();
        let subnormal = self.op(Class::B32, "sub.u32", &[&sum, &anchor]);
        let limit = float(format.smallest_normal);
        let small = self.op(Class::Pred, "setp.lt.f32", &[&magnitude, &limit]);
        let code = self.op(Class::B32, "selp.b32", &[&subnormal, &normal, &small]);
        let nan = self.op(Class::Pred, "setp.nan.f32", &[&a, &a]);
        let code = self.op(Class::B32, "selp.b32", &[&"0x7F", &code, &nan]);
        let all = self.op(Class::B32, "mov.b32", &[&a]);
        let sign = self.op(Class::B32, "shr.u32", &[&all, &24]);
        let sign = self.op(Class::B32, "and.b32", &[&sign, &"0x80"]);
        self.op(Class::B32, "or.b32", &[&code, &sign])
    }
}
