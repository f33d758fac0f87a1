//! What the emitted sequences compute, against the semantics of the IR, on one simulated thread.

use tilewright_kernel_compiler::ir::op::{ArithOp, Base, BinaryOp, UnaryOp};
use tilewright_kernel_compiler::ir::{Op, Operand, Scalar};
use tilewright_kernel_compiler::target::Target;

use crate::golden::{SM_75, SM_80, emit};
use crate::kernel::{Kernel, at, int};
use crate::machine::Program;

/// A kernel from scalar parameters to one result, ready to run.
struct Function {
    program: Program,
    inputs: Vec<String>,
}

impl Function {
    fn new(
        target: Target,
        inputs: &[Scalar],
        result: Scalar,
        body: impl FnOnce(&mut Kernel, &[Operand]) -> Operand,
    ) -> Function {
        let mut k = Kernel::new("f", target, 32);
        let args: Vec<Operand> =
            inputs.iter().enumerate().map(|(i, ty)| k.scalar(&format!("x{i}"), *ty)).collect();
        let y = k.buffer("y", result);
        let value = body(&mut k, &args);
        k.store(Base::Buffer(y), at(0), &[value]);
        let inputs = (0..inputs.len()).map(|i| format!("p{i}_x{i}")).collect();
        Function { program: Program::parse(&emit(k.finish()).code), inputs }
    }

    fn call(&self, bits: &[u64]) -> u64 {
        let output = format!("p{}_y", self.inputs.len());
        let mut params: Vec<(&str, u64)> =
            self.inputs.iter().map(String::as_str).zip(bits.iter().copied()).collect();
        params.push((&output, 0));
        self.program.run(&params)[&0]
    }

    fn f32(&self, x: f32) -> f32 {
        f32::from_bits(self.call(&[u64::from(x.to_bits())]) as u32)
    }
}

const INTEGERS: [Scalar; 8] = [
    Scalar::U8,
    Scalar::I8,
    Scalar::U16,
    Scalar::I16,
    Scalar::U32,
    Scalar::I32,
    Scalar::U64,
    Scalar::I64,
];

fn bits_of(ty: Scalar, value: i128) -> u64 {
    let width = 8 * ty.size();
    if width == 64 { value as u64 } else { value as u64 & ((1 << width) - 1) }
}

fn value_of(ty: Scalar, bits: u64) -> i128 {
    let width = 8 * ty.size();
    let bits = i128::from(bits_of(ty, i128::from(bits)));
    if ty.is_signed() && bits >> (width - 1) == 1 { bits - (1 << width) } else { bits }
}

/// Values at the edges of a type and some within.
fn edges(ty: Scalar) -> Vec<i128> {
    let width = 8 * ty.size();
    let (low, high) = if ty.is_signed() {
        (-(1i128 << (width - 1)), (1i128 << (width - 1)) - 1)
    } else {
        (0, (1i128 << width) - 1)
    };
    let mut all =
        vec![low, low + 1, -3, -1, 0, 1, 2, 7, 9, 100, high / 3, high / 2, high - 1, high];
    all.retain(|value| (low..=high).contains(value));
    all
}

fn reference(op: BinaryOp, ty: Scalar, a: i128, b: i128) -> i128 {
    let width = 8 * ty.size();
    let shift = b.clamp(0, 127) as u32;
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::MulHigh if a >= 0 && b >= 0 => ((a as u128 * b as u128) >> width) as i128,
        BinaryOp::MulHigh => (a * b) >> width,
        BinaryOp::Div | BinaryOp::Rem if b == 0 => 0,
        BinaryOp::Div => a / b,
        BinaryOp::Rem => a % b,
        BinaryOp::And => a & b,
        BinaryOp::Or => a | b,
        BinaryOp::Xor => a ^ b,
        BinaryOp::Shl if shift >= width => 0,
        BinaryOp::Shl => a << shift,
        BinaryOp::Shr if shift >= width => {
            if a < 0 {
                -1
            } else {
                0
            }
        }
        BinaryOp::Shr => a >> shift,
        BinaryOp::Min => a.min(b),
        BinaryOp::Max => a.max(b),
    }
}

#[test]
fn integer_arithmetic_wraps_and_guards() {
    use BinaryOp::*;
    for ty in INTEGERS {
        for op in [Add, Sub, Mul, MulHigh, Div, Rem, And, Or, Xor, Shl, Shr, Min, Max] {
            let shift = matches!(op, Shl | Shr);
            let right = if shift { Scalar::U32 } else { ty };
            let f = Function::new(SM_80, &[ty, right], ty, |k, x| k.binary(op, x[0], x[1]));
            for a in edges(ty) {
                for b in edges(right) {
                    let got = value_of(ty, f.call(&[bits_of(ty, a), bits_of(right, b)]));
                    let want = value_of(ty, bits_of(ty, reference(op, ty, a, b)));
                    assert_eq!(got, want, "{a} {op:?} {b} of {}", ty.name());
                }
            }
        }
    }
}

#[test]
fn constant_divisors_divide() {
    for ty in INTEGERS {
        for b in [0, 1, 2, 3, 5, 7, 10, 32, 100, 127, -1, -3, -8] {
            if b < 0 && !ty.is_signed() {
                continue;
            }
            for op in [BinaryOp::Div, BinaryOp::Rem] {
                let f = Function::new(SM_80, &[ty], ty, |k, x| k.binary(op, x[0], int(ty, b)));
                for a in edges(ty) {
                    let got = value_of(ty, f.call(&[bits_of(ty, a)]));
                    let want = value_of(ty, bits_of(ty, reference(op, ty, a, b)));
                    assert_eq!(got, want, "{a} {op:?} {b} of {}", ty.name());
                }
            }
        }
    }
}

#[test]
fn bit_counts_of_every_width() {
    use UnaryOp::*;
    for ty in INTEGERS {
        let width = 8 * ty.size();
        for op in [Neg, Not, ReverseBits, CountOnes, LeadingZeros, TrailingZeros] {
            let counts = matches!(op, CountOnes | LeadingZeros | TrailingZeros);
            let result = if counts { Scalar::U32 } else { ty };
            let f = Function::new(SM_80, &[ty], result, |k, x| k.unary(op, x[0]));
            for a in edges(ty) {
                let bits = bits_of(ty, a);
                let want = match op {
                    Neg => bits_of(ty, -a),
                    Not => bits_of(ty, !a),
                    ReverseBits => bits.reverse_bits() >> (64 - width),
                    CountOnes => u64::from(bits.count_ones()),
                    LeadingZeros => u64::from(bits.leading_zeros() - (64 - width)),
                    _ => u64::from(bits.trailing_zeros().min(width)),
                };
                assert_eq!(bits_of(result, f.call(&[bits]).into()), want, "{op:?} {a} {ty:?}");
            }
        }
    }
}

#[test]
fn integers_convert_as_rust_does() {
    for from in INTEGERS {
        for to in INTEGERS {
            let f = Function::new(SM_80, &[from], to, |k, x| k.convert(to, x[0]));
            for a in edges(from) {
                let got = value_of(to, f.call(&[bits_of(from, a)]));
                assert_eq!(got, value_of(to, bits_of(to, a)), "{a}: {from:?} to {to:?}");
            }
        }
    }
}

#[test]
fn floats_clamp_to_the_integers_range() {
    let values =
        [0.0, -0.0, 0.9, -0.9, 1.5, -7.5, 126.9, 300.0, -300.0, 7e4, -7e4, 3e9, -3e9, 2e19];
    let all = values.into_iter().chain([-2e19, f32::INFINITY, f32::NEG_INFINITY, f32::NAN]);
    for to in INTEGERS {
        let f = Function::new(SM_80, &[Scalar::F32], to, |k, x| k.convert(to, x[0]));
        for x in all.clone() {
            let got = value_of(to, f.call(&[u64::from(x.to_bits())]));
            let want = match to {
                Scalar::U8 => i128::from(x as u8),
                Scalar::I8 => i128::from(x as i8),
                Scalar::U16 => i128::from(x as u16),
                Scalar::I16 => i128::from(x as i16),
                Scalar::U32 => i128::from(x as u32),
                Scalar::I32 => i128::from(x as i32),
                Scalar::U64 => i128::from(x as u64),
                _ => i128::from(x as i64),
            };
            assert_eq!(got, want, "{x} to {to:?}");
        }
    }
}

/// The value of an 8-bit float, from the format's definition.
fn f8_value(ty: Scalar, code: u32) -> f32 {
    let (mantissa_bits, bias) = if ty == Scalar::F8E4M3 { (3, 7) } else { (2, 15) };
    let sign = if code & 0x80 == 0 { 1.0 } else { -1.0 };
    let exponent = ((code & 0x7F) >> mantissa_bits) as i32;
    let mantissa = (code & ((1 << mantissa_bits) - 1)) as f32 / (1 << mantissa_bits) as f32;
    if ty == Scalar::F8E4M3 && code & 0x7F == 0x7F {
        return f32::NAN;
    }
    if ty == Scalar::F8E5M2 && exponent == 31 {
        return if mantissa == 0.0 { sign * f32::INFINITY } else { f32::NAN };
    }
    let (exponent, mantissa) =
        if exponent == 0 { (1 - bias, mantissa) } else { (exponent - bias, 1.0 + mantissa) };
    sign * mantissa * (exponent as f32).exp2()
}

#[test]
fn emulated_8_bit_floats_are_exact() {
    for ty in [Scalar::F8E4M3, Scalar::F8E5M2] {
        for target in [SM_75, SM_80] {
            let widen =
                Function::new(target, &[ty], Scalar::F32, |k, x| k.convert(Scalar::F32, x[0]));
            let narrow = Function::new(target, &[Scalar::F32], ty, |k, x| k.convert(ty, x[0]));
            for code in 0..256u32 {
                let want = f8_value(ty, code);
                let got = f32::from_bits(widen.call(&[u64::from(code)]) as u32);
                assert!(got == want || (got.is_nan() && want.is_nan()), "{ty:?} {code:02X}: {got}");
                if want.is_finite() {
                    let back = narrow.call(&[u64::from(want.to_bits())]);
                    assert_eq!(back, u64::from(code), "{ty:?} {want}");
                }
            }
            // Midpoints go to the even code, everything else to the nearer one.
            for code in 0..if ty == Scalar::F8E4M3 { 0x7E } else { 0x7B } {
                let (low, high) = (f8_value(ty, code), f8_value(ty, code + 1));
                let middle = (low + high) / 2.0;
                let even = code + (code & 1);
                for (x, want) in [
                    (middle, even),
                    (middle.next_down(), code),
                    (middle.next_up(), code + 1),
                    (-middle.next_up(), 0x80 | (code + 1)),
                ] {
                    let got = narrow.call(&[u64::from(x.to_bits())]);
                    assert_eq!(got, u64::from(want), "{ty:?} {x}");
                }
            }
            let largest = if ty == Scalar::F8E4M3 { 0x7E } else { 0x7B };
            for x in [1e9, f32::INFINITY, f32::MAX] {
                assert_eq!(narrow.call(&[u64::from(x.to_bits())]), largest, "{x}");
            }
            assert_eq!(narrow.call(&[u64::from(f32::NAN.to_bits())]) & 0x7F, 0x7F);
        }
    }
}

/// Largest error of a function over a range, relative to `scale(want)`.
fn worst(
    op: UnaryOp,
    xs: impl Iterator<Item = f32>,
    exact: impl Fn(f64) -> f64,
    relative: bool,
) -> f64 {
    let f = Function::new(SM_80, &[Scalar::F32], Scalar::F32, |k, x| k.unary(op, x[0]));
    xs.map(|x| {
        let want = exact(f64::from(x));
        let error = (f64::from(f.f32(x)) - want).abs();
        if relative { error / want.abs().max(f64::from(f32::MIN_POSITIVE)) } else { error }
    })
    .fold(0.0, f64::max)
}

fn steps(low: f32, high: f32, count: u32) -> impl Iterator<Item = f32> {
    (0..=count).map(move |i| low + (high - low) * (i as f32 / count as f32))
}

#[test]
fn elementary_functions_keep_their_stated_errors() {
    let ulp = f64::from(f32::EPSILON);
    // Left for the machine's ex2.approx, which is exact here: 2^-22, two units.
    let error = worst(UnaryOp::Exp, steps(-87.0, 88.7, 20_000), f64::exp, true);
    assert!(error < 0.6 * ulp, "exp {error:e}");
    let positive = || steps(1e-3, 4.0, 20_000).chain(steps(1.0, 1e6, 5_000)).chain([1e-40, 3e38]);
    let error = worst(UnaryOp::Log, positive().filter(|x| *x != 1.0), f64::ln, true);
    assert!(error < 1.5 * ulp, "log {error:e}");
    let error = worst(UnaryOp::Log2, positive().filter(|x| *x != 1.0), f64::log2, true);
    assert!(error < 1.5 * ulp, "log2 {error:e}");
    let angles = || steps(-8.0, 8.0, 20_000).chain(steps(-1e5, 1e5, 20_000));
    let error = worst(UnaryOp::Sin, angles(), f64::sin, false);
    assert!(error < 2e-7, "sin {error:e}");
    let error = worst(UnaryOp::Cos, angles(), f64::cos, false);
    assert!(error < 2e-7, "cos {error:e}");
    let both = steps(-10.0, 10.0, 20_000).chain(steps(-0.61, 0.61, 5_000)).chain([1e-30]);
    let error = worst(UnaryOp::Tanh, both, f64::tanh, true);
    assert!(error < 2.0 * ulp, "tanh {error:e}");
    let error = worst(UnaryOp::Rsqrt, steps(1e-3, 1e3, 5_000), |x| 1.0 / x.sqrt(), true);
    assert!(error < 1.0 * ulp, "rsqrt {error:e}");
}

#[test]
fn elementary_functions_at_their_ends() {
    let f = |op| Function::new(SM_80, &[Scalar::F32], Scalar::F32, |k, x| k.unary(op, x[0]));
    let exp = f(UnaryOp::Exp);
    assert_eq!([exp.f32(0.0), exp.f32(-3.0e38), exp.f32(3.0e38)], [1.0, 0.0, f32::INFINITY]);
    assert_eq!(exp.f32(f32::NEG_INFINITY), 0.0);
    assert!(exp.f32(f32::NAN).is_nan());
    assert_eq!(exp.f32(-100.0), (-100.0f64).exp() as f32, "subnormal");
    let log = f(UnaryOp::Log);
    assert_eq!([log.f32(1.0), log.f32(0.0)], [0.0, f32::NEG_INFINITY]);
    assert_eq!(log.f32(f32::INFINITY), f32::INFINITY);
    assert!(log.f32(-1.0).is_nan());
    let tanh = f(UnaryOp::Tanh);
    assert_eq!([tanh.f32(0.0), tanh.f32(50.0), tanh.f32(-50.0)], [0.0, 1.0, -1.0]);
    assert_eq!(f(UnaryOp::Round).f32(2.5), 2.0);
    assert_eq!(f(UnaryOp::Floor).f32(-0.5), -1.0);
}

#[test]
fn sixteen_bit_floats_round_once() {
    let pairs = [(1.0f32, 0.000_488), (3.3, -7.1), (0.1, 0.2), (60000.0, 60000.0), (1e-7, 2e-7)];
    for op in [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Div] {
        let in_f32 = |a: f32, b: f32| match op {
            BinaryOp::Add => a + b,
            BinaryOp::Sub => a - b,
            BinaryOp::Mul => a * b,
            _ => a / b,
        };
        for ty in [Scalar::F16, Scalar::Bf16] {
            let f = Function::new(SM_80, &[ty, ty], ty, |k, x| {
                k.op(Op::Arith(ArithOp::Binary { op, a: x[0], b: x[1], ftz: false }))
            });
            for (a, b) in pairs {
                let (got, want) = if ty == Scalar::F16 {
                    let (a, b) = (half::f16::from_f32(a), half::f16::from_f32(b));
                    let want = half::f16::from_f32(in_f32(a.to_f32(), b.to_f32())).to_bits();
                    (f.call(&[a.to_bits().into(), b.to_bits().into()]), want)
                } else {
                    let (a, b) = (half::bf16::from_f32(a), half::bf16::from_f32(b));
                    let want = half::bf16::from_f32(in_f32(a.to_f32(), b.to_f32())).to_bits();
                    (f.call(&[a.to_bits().into(), b.to_bits().into()]), want)
                };
                assert_eq!(got, u64::from(want), "{a} {op:?} {b} of {ty:?}");
            }
        }
    }
}

#[test]
fn float_remainders_are_exact_for_small_quotients() {
    let f = Function::new(SM_80, &[Scalar::F32, Scalar::F32], Scalar::F32, |k, x| {
        k.binary(BinaryOp::Rem, x[0], x[1])
    });
    for a in [0.0f32, 1.0, -1.0, 5.5, -5.5, 0.3, 6.0, 1e6 + 0.5, -123.456, 2.999_999_8] {
        for b in [1.0f32, 2.0, 0.1, -0.1, 3.0, 0.7, 1e-1] {
            let got = f.call(&[a.to_bits().into(), b.to_bits().into()]) as u32;
            assert_eq!(f32::from_bits(got), a % b, "{a} % {b}");
        }
    }
}
