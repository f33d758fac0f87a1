//! Elementary functions of `f32`: what PTX has, and exponentials.
//!
//! | operation | how | error |
//! |---|---|---|
//! | `Sqrt Rcp` | `.rn` | 1/2 ulp |
//! | `Rsqrt` | `sqrt.rn`, `rcp.rn` | 1.5 ulp |
//! | `Exp2` | `ex2.approx` without flushing | 2^-22 relative (PTX ISA, "ex2") |
//! | `Exp` | reduction to half an octave, `ex2.approx` | 2^-21.7 relative |
//! | `Log Log2` | polynomial on [2/3, 4/3] | 3 ulp |
//! | `Sin Cos` | three-part reduction, polynomials | 2e-7 absolute for `abs(x) <= 1e5` |
//! | `Tanh` | polynomial below 0.6, `exp` above | 5 ulp |

use crate::ir::op::UnaryOp;

use super::emitter::{Arg, Emitter, float};
use super::registers::{Class, Reg};
use super::tables;

impl Emitter<'_> {
    /// An `f32` instruction.
    pub fn f32_op(&mut self, mnemonic: &str, args: &[&dyn std::fmt::Display]) -> Reg {
        self.op(Class::F32, mnemonic, args)
    }

    /// One operand, `f32`.
    pub fn f32_unary(&mut self, op: UnaryOp, a: &Arg) -> Reg {
        let mnemonic = match op {
            UnaryOp::Neg => "neg.f32",
            UnaryOp::Abs => "abs.f32",
            UnaryOp::Sqrt => "sqrt.rn.f32",
            UnaryOp::Rcp => "rcp.rn.f32",
            UnaryOp::Floor => "cvt.rmi.f32.f32",
            UnaryOp::Ceil => "cvt.rpi.f32.f32",
            UnaryOp::Trunc => "cvt.rzi.f32.f32",
            UnaryOp::Round => "cvt.rni.f32.f32",
            UnaryOp::Exp2 => "ex2.approx.f32",
            UnaryOp::Exp2Approx => "ex2.approx.ftz.f32",
            UnaryOp::Log2Approx => "lg2.approx.ftz.f32",
            UnaryOp::RcpApprox => "rcp.approx.ftz.f32",
            UnaryOp::RsqrtApprox => "rsqrt.approx.ftz.f32",
            UnaryOp::TanhApprox => {
                self.need(tables::TANH_APPROX);
                "tanh.approx.f32"
            }
            UnaryOp::Rsqrt => {
                let root = self.f32_op("sqrt.rn.f32", &[a]);
                return self.f32_op("rcp.rn.f32", &[&root]);
            }
            UnaryOp::Exp => return self.exp(a),
            UnaryOp::Log => return self.logarithm(a, Some(std::f32::consts::LN_2)),
            UnaryOp::Log2 => return self.logarithm(a, None),
            UnaryOp::Sin => return self.sine(a, 0),
            UnaryOp::Cos => return self.sine(a, 1),
            UnaryOp::Tanh => return self.tanh(a),
            UnaryOp::Not
            | UnaryOp::CountOnes
            | UnaryOp::LeadingZeros
            | UnaryOp::TrailingZeros
            | UnaryOp::ReverseBits => {
                self.no_form(
                    format!("{op:?} has no form for floats"),
                    "cast the bits to an integer first",
                );
                return self.fresh(Class::F32);
            }
        };
        self.f32_op(mnemonic, &[a])
    }

    /// `e^x = 2^n * 2^(r log2 e)` with `n = round(x log2 e)` and `abs(r) <= ln 2 / 2`.
    pub fn exp(&mut self, x: &Arg) -> Reg {
        // Beyond +-150 the result is 0 or infinity anyway; the limits keep `n` small. NaN stays.
        let (max, min) = if tables::MINMAX_NAN.on(self.ptx) {
            self.need(tables::MINMAX_NAN);
            ("max.NaN.f32", "min.NaN.f32")
        } else {
            ("max.f32", "min.f32")
        };
        let x = self.f32_op(max, &[x, &float(-150.0)]);
        let x = self.f32_op(min, &[&x, &float(150.0)]);
        let octaves = self.f32_op("mul.rn.f32", &[&x, &float(std::f32::consts::LOG2_E)]);
        let n = self.op(Class::B32, "cvt.rni.s32.f32", &[&octaves]);
        let nf = self.f32_op("cvt.rn.f32.s32", &[&n]);
        // -ln 2 in two parts.
        let r = self.f32_op("fma.rn.f32", &[&nf, &float(-std::f32::consts::LN_2), &x]);
        let r = self.f32_op("fma.rn.f32", &[&nf, &float(1.904_654_2e-9), &r]);
        let scaled = self.f32_op("mul.rn.f32", &[&r, &float(std::f32::consts::LOG2_E)]);
        let mantissa = self.f32_op("ex2.approx.f32", &[&scaled]);
        // 2^n as two factors, so that both are normal numbers and only the last product rounds.
        let first = self.op(Class::B32, "shr.s32", &[&n, &1]);
        let second = self.op(Class::B32, "sub.s32", &[&n, &first]);
        let product = self.times_power_of_two(mantissa, first);
        self.times_power_of_two(product, second)
    }

    /// `a * 2^n` for `-126 <= n <= 127`.
    pub fn times_power_of_two(&mut self, a: Reg, n: Reg) -> Reg {
        let exponent = self.op(Class::B32, "shl.b32", &[&n, &23]);
        let bits = self.op(Class::B32, "add.s32", &[&exponent, &"0x3F800000"]);
        let power = self.f32_op("mov.b32", &[&bits]);
        self.f32_op("mul.rn.f32", &[&a, &power])
    }

    /// `c[0] + x * (c[1] + x * (...))`, Horner's scheme.
    pub fn polynomial(&mut self, x: Reg, coefficients: &[f32]) -> Reg {
        let mut rest = coefficients.iter().rev();
        let Some(highest) = rest.next() else { return x };
        let mut sum = Arg::Immediate(float(*highest));
        for c in rest {
            sum = Arg::Reg(self.f32_op("fma.rn.f32", &[&x, &sum, &float(*c)]));
        }
        match sum {
            Arg::Reg(reg) => reg,
            Arg::Immediate(text) => self.f32_op("mov.f32", &[&text]),
        }
    }
}
