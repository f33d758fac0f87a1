//! Logarithm, sine, cosine and hyperbolic tangent of `f32`.
//!
//! Coefficients: interpolation at Chebyshev nodes, computed for this file. The argument reductions are
//! those of Cody & Waite 1980, "Software Manual for the Elementary Functions".

use super::emitter::{Arg, Emitter, float};
use super::registers::{Class, Reg};

/// `(log(1 + f) - f + f^2 / 2) / f^3` for `abs(f) <= 1/3`.
const LOG: [f32; 9] = [
    0.333_333_34,
    -0.249_999_45,
    0.199_999_48,
    -0.166_733_16,
    0.142_918_68,
    -0.122_887_22,
    0.109_156_55,
    -0.124_222,
    0.113_306_17,
];

/// `(sin(sqrt z) / sqrt z - 1) / z` for `0 <= z <= (pi/4)^2`.
const SIN: [f32; 3] = [-0.166_666_64, 0.008_332_725, -1.958_285_6e-4];

/// `(cos(sqrt z) - 1 + z/2) / z^2` for `0 <= z <= (pi/4)^2`.
const COS: [f32; 3] = [0.041_666_664, -0.001_388_827_9, 2.454_285_5e-5];

/// `(tanh(sqrt z) / sqrt z - 1) / z` for `0 <= z <= 0.6^2`.
const TANH: [f32; 5] = [-0.333_333_3, 0.133_329_15, -0.053_873_95, 0.021_110_954, -0.006_269_113_6];

/// pi / 2 = the sum of these; the first two have 24 bits each.
const HALF_PI: [f32; 3] = [1.570_796_4, -4.371_139e-8, -1.715_124_5e-15];

impl Emitter<'_> {
    /// The binary logarithm, or with `ln2` the natural one: `x = m * 2^e` with `m` in [2/3, 4/3).
    pub fn logarithm(&mut self, x: &Arg, ln2: Option<f32>) -> Reg {
        // Subnormals are lifted by 2^23.
        let tiny = self.op(Class::Pred, "setp.lt.f32", &[x, &"0f00800000"]);
        let lifted = self.f32_op("mul.rn.f32", &[x, &float(8_388_608.0)]);
        let y = self.f32_op("selp.f32", &[&lifted, x, &tiny]);
        let lift = self.f32_op("selp.f32", &[&float(-23.0), &float(0.0), &tiny]);
        let bits = self.op(Class::B32, "mov.b32", &[&y]);
        // 0x3F2AAAAB is 2/3.
        let above = self.op(Class::B32, "sub.s32", &[&bits, &"0x3F2AAAAB"]);
        let exponent = self.op(Class::B32, "and.b32", &[&above, &"0xFF800000"]);
        let m = self.op(Class::B32, "sub.s32", &[&bits, &exponent]);
        let m = self.f32_op("mov.b32", &[&m]);
        let e = self.op(Class::B32, "shr.s32", &[&exponent, &23]);
        let e = self.f32_op("cvt.rn.f32.s32", &[&e]);
        let e = self.f32_op("add.rn.f32", &[&e, &lift]);
        let f = self.f32_op("add.rn.f32", &[&m, &float(-1.0)]);
        let p = self.polynomial(f, &LOG);
        let p = self.f32_op("fma.rn.f32", &[&p, &f, &float(-0.5)]);
        let square = self.f32_op("mul.rn.f32", &[&f, &f]);
        // log(1 + f) = f + f^2 (f P(f) - 1/2)
        let result = match ln2 {
            Some(ln2) => {
                let log = self.f32_op("fma.rn.f32", &[&p, &square, &f]);
                self.f32_op("fma.rn.f32", &[&e, &float(ln2), &log])
            }
            None => {
                // The leading term times log2(e) in two parts.
                let tail = self.f32_op("mul.rn.f32", &[&p, &square]);
                let low = self.f32_op("mul.rn.f32", &[&f, &float(1.925_963e-8)]);
                let log2e = float(std::f32::consts::LOG2_E);
                let low = self.f32_op("fma.rn.f32", &[&tail, &log2e, &low]);
                let log = self.f32_op("fma.rn.f32", &[&f, &log2e, &low]);
                self.f32_op("add.rn.f32", &[&e, &log])
            }
        };
        // Zero, negative numbers, infinity and NaN: the machine's own answers.
        let special = self.f32_op("lg2.approx.f32", &[x]);
        let positive = self.op(Class::Pred, "setp.gt.f32", &[x, &float(0.0)]);
        let finite = self.op(Class::Pred, "setp.lt.f32", &[x, &"0f7F800000"]);
        let ordinary = self.op(Class::Pred, "and.pred", &[&positive, &finite]);
        self.f32_op("selp.f32", &[&result, &special, &ordinary])
    }

    /// `sin(x + quarters * pi / 2)`.
    pub fn sine(&mut self, x: &Arg, quarters: u32) -> Reg {
        let turns = self.f32_op("mul.rn.f32", &[x, &float(std::f32::consts::FRAC_2_PI)]);
        let k = self.op(Class::B32, "cvt.rni.s32.f32", &[&turns]);
        let kf = self.f32_op("cvt.rn.f32.s32", &[&k]);
        let mut r = self.f32_op("fma.rn.f32", &[&kf, &float(-HALF_PI[0]), x]);
        for part in &HALF_PI[1..] {
            r = self.f32_op("fma.rn.f32", &[&kf, &float(-part), &r]);
        }
        let z = self.f32_op("mul.rn.f32", &[&r, &r]);
        let s = self.polynomial(z, &SIN);
        let rz = self.f32_op("mul.rn.f32", &[&r, &z]);
        let sin = self.f32_op("fma.rn.f32", &[&rz, &s, &r]);
        let c = self.polynomial(z, &COS);
        let c = self.f32_op("fma.rn.f32", &[&z, &c, &float(-0.5)]);
        let cos = self.f32_op("fma.rn.f32", &[&z, &c, &float(1.0)]);
        let quadrant = match quarters {
            0 => k,
            _ => self.op(Class::B32, "add.s32", &[&k, &quarters]),
        };
        let odd = self.op(Class::B32, "and.b32", &[&quadrant, &1]);
        let odd = self.op(Class::Pred, "setp.ne.u32", &[&odd, &0]);
        let value = self.f32_op("selp.f32", &[&cos, &sin, &odd]);
        // The second half turn is negative: bit 1 of the quadrant becomes the sign.
        let half = self.op(Class::B32, "shl.b32", &[&quadrant, &30]);
        let sign = self.op(Class::B32, "and.b32", &[&half, &"0x80000000"]);
        self.f32_op("xor.b32", &[&value, &sign])
    }

    /// `x + x^3 P(x^2)` near zero, `1 - 2 / (e^(2x) + 1)` with the sign of `x` elsewhere.
    pub fn tanh(&mut self, x: &Arg) -> Reg {
        let magnitude = self.f32_op("abs.f32", &[x]);
        let doubled = self.f32_op("add.rn.f32", &[&magnitude, &magnitude]);
        let power = self.exp(&Arg::Reg(doubled));
        let below = self.f32_op("add.rn.f32", &[&power, &float(1.0)]);
        let inverse = self.f32_op("rcp.rn.f32", &[&below]);
        let large = self.f32_op("fma.rn.f32", &[&inverse, &float(-2.0), &float(1.0)]);
        let large = self.f32_op("copysign.f32", &[x, &large]);
        let z = self.f32_op("mul.rn.f32", &[x, x]);
        let p = self.polynomial(z, &TANH);
        let xz = self.f32_op("mul.rn.f32", &[x, &z]);
        let small = self.f32_op("fma.rn.f32", &[&xz, &p, x]);
        let near = self.op(Class::Pred, "setp.lt.f32", &[&magnitude, &float(0.6)]);
        self.f32_op("selp.f32", &[&small, &large, &near])
    }
}
