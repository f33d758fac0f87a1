//! Arithmetic, one expression a test row.

use crate::kernel::*;
use half::{bf16, f16};
use tilewright_kernel_compiler::interp::{Argument, FaultKind};
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

/// The bits of one expression.
fn evaluate(op: ArithOp, ty: Scalar) -> Vec<u64> {
    let mut k = Kernel::new(1);
    let out = k.buffer("out", ty, Access::Write);
    let values = k.many(Op::Arith(op));
    let mut results = Vec::new();
    for (i, value) in values.into_iter().enumerate() {
        k.store(out, u(i as u32), value);
    }
    let module = k.done();
    let count = op_results(op);
    let size = ty.size() as usize;
    for seed in SEEDS {
        let mut memory = tilewright_kernel_compiler::interp::Memory::new();
        let id = memory.uninitialised("out", 16);
        let launch =
            tilewright_kernel_compiler::interp::Launch::new(&module, vec![Argument::Buffer(id)]);
        let options = tilewright_kernel_compiler::interp::Options::seed(seed);
        tilewright_kernel_compiler::interp::run(&mut memory, &[launch.unwrap()], options).unwrap();
        results = (0..count)
            .map(|i| {
                let mut word = [0u8; 8];
                word[..size].copy_from_slice(&memory.bytes(id)[i * size..(i + 1) * size]);
                u64::from_le_bytes(word)
            })
            .collect();
    }
    results
}

fn op_results(op: ArithOp) -> usize {
    if matches!(op, ArithOp::Unpack(_)) { 2 } else { 1 }
}

fn c(ty: Scalar, bits: u64) -> Operand {
    Const { ty, bits }.into()
}

fn binary(op: BinaryOp, ty: Scalar, a: u64, b: u64) -> u64 {
    let (a, b) = (c(ty, a), c(ty, b));
    evaluate(ArithOp::Binary { op, a, b, ftz: false }, ty)[0]
}

fn float(op: UnaryOp, x: f32) -> f32 {
    f32::from_bits(evaluate(ArithOp::Unary(op, f(x)), Scalar::F32)[0] as u32)
}

#[test]
fn integer_rules() {
    use BinaryOp::*;
    use Scalar::*;
    let rows = [
        (Add, U8, 250, 10, 4),
        (Sub, U32, 1, 2, 0xFFFF_FFFF),
        (Mul, I32, 0x8000_0000, 2, 0),
        (MulHigh, U32, 0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFE),
        (MulHigh, I32, 0xFFFF_FFFF, 5, 0xFFFF_FFFF),
        (MulHigh, U64, u64::MAX, u64::MAX, u64::MAX - 1),
        (Div, I32, 0x8000_0000, 0xFFFF_FFFF, 0x8000_0000),
        (Div, I32, 0xFFFF_FFF9, 2, 0xFFFF_FFFD),
        (Rem, I32, 0xFFFF_FFF9, 2, 0xFFFF_FFFF),
        (Div, U32, 7, 0, 0),
        (Rem, U32, 7, 0, 0),
        (Min, I16, 0xFFFF, 1, 0xFFFF),
        (Min, U16, 0xFFFF, 1, 1),
        (Xor, U32, 0b1100, 0b1010, 0b0110),
    ];
    for (op, ty, a, b, expected) in rows {
        assert_eq!(binary(op, ty, a, b), expected, "{op:?} {ty:?} {a:#x} {b:#x}");
    }
    let shift = |op, ty, a, by| {
        let (a, b) = (c(ty, a), u(by));
        evaluate(ArithOp::Binary { op, a, b, ftz: false }, ty)[0]
    };
    assert_eq!(shift(Shl, U32, 1, 31), 1 << 31);
    assert_eq!(shift(Shl, U32, 1, 32), 0);
    assert_eq!(shift(Shr, U32, 0x8000_0000, 40), 0);
    assert_eq!(shift(Shr, I32, 0x8000_0000, 40), 0xFFFF_FFFF);
    assert_eq!(shift(Shr, I8, 0x80, 3), 0xF0);
}

#[test]
fn bit_operations() {
    let unary = |op, ty, a| evaluate(ArithOp::Unary(op, c(ty, a)), Scalar::U32)[0];
    assert_eq!(unary(UnaryOp::CountOnes, Scalar::U32, 0xF0F0), 8);
    assert_eq!(unary(UnaryOp::LeadingZeros, Scalar::U32, 1), 31);
    assert_eq!(unary(UnaryOp::LeadingZeros, Scalar::U64, 1), 63);
    assert_eq!(unary(UnaryOp::TrailingZeros, Scalar::U32, 0), 32);
    assert_eq!(unary(UnaryOp::ReverseBits, Scalar::U32, 1), 0x8000_0000);
    let (a, b, x) = (0x0F0F_1234u32, 0x3355_5678u32, 0xAAAA_9ABCu32);
    for (table, expected) in
        [(0x80, a & b & x), (0xFE, a | b | x), (0x96, a ^ b ^ x), (0xEA, (a & b) | x)]
    {
        let op = ArithOp::Lop3 { operands: [u(a), u(b), u(x)], table };
        assert_eq!(evaluate(op, Scalar::U32)[0], u64::from(expected), "{table:#x}");
    }
    let prmt = |selector| {
        let op = ArithOp::Prmt { a: u(0x3322_1100), b: u(0x7766_5584), selector: u(selector) };
        evaluate(op, Scalar::U32)[0]
    };
    assert_eq!(prmt(0x7410), 0x7784_1100);
    assert_eq!(prmt(0x000C), 0x0000_00FF);
    let extract = |ty, value, offset, width| {
        let (offset, width) = (u(offset), u(width));
        let op = ArithOp::BitfieldExtract { value: c(ty, value), offset, width };
        evaluate(op, ty)[0]
    };
    assert_eq!(extract(Scalar::U32, 0xABCD, 4, 8), 0xBC);
    assert_eq!(extract(Scalar::I32, 0xABCD, 4, 8), 0xFFFF_FFBC);
    assert_eq!(extract(Scalar::U32, 0xABCD, 4, 0), 0);
    let op = ArithOp::Dot4 { a: u(0xFF02_03FC), b: u(0x0105_8001), c: c(Scalar::I32, 100) };
    let expected = 100 - 4 + 3 * -128 + 10 - 1;
    assert_eq!(evaluate(op, Scalar::I32)[0] as u32 as i32, expected);
}

#[test]
fn floats_round_to_nearest_even() {
    let half = |x: f32| u64::from(f16::from_f32(x).to_bits());
    let brain = |x: f32| u64::from(bf16::from_f32(x).to_bits());
    assert_eq!(binary(BinaryOp::Add, Scalar::F16, half(2048.0), half(1.0)), half(2048.0));
    assert_eq!(binary(BinaryOp::Add, Scalar::F16, half(2048.0), half(3.0)), half(2052.0));
    assert_eq!(binary(BinaryOp::Mul, Scalar::Bf16, brain(1.5), brain(1.0078125)), brain(1.515625));
    let sum = binary(BinaryOp::Add, Scalar::F32, 0.1f32.to_bits().into(), 0.2f32.to_bits().into());
    assert_eq!(sum, u64::from((0.1f32 + 0.2f32).to_bits()));
    let nan = u64::from(f32::NAN.to_bits());
    let one = u64::from(1f32.to_bits());
    assert_eq!(binary(BinaryOp::Min, Scalar::F32, nan, one), one);
    assert_eq!(binary(BinaryOp::Max, Scalar::F32, one, nan), one);
    let packed = |x, y| half(x) | half(y) << 16;
    let sum = binary(BinaryOp::Add, Scalar::F16x2, packed(1.0, 2.0), packed(0.5, -2.0));
    assert_eq!(sum, packed(1.5, 0.0));
    assert_eq!(float(UnaryOp::Round, 2.5), 2.0);
    assert_eq!(float(UnaryOp::Round, -3.5), -4.0);
    assert_eq!(float(UnaryOp::Trunc, -2.7), -2.0);
    assert_eq!(float(UnaryOp::Exp2Approx, -149.0), 0.0, "subnormal results are flushed");
    assert_eq!(float(UnaryOp::Exp2, -149.0), f32::from_bits(1));
    assert_eq!(float(UnaryOp::Sqrt, 2.0), 2f32.sqrt());
    // One rounding: 1 + 2^-24 exactly, minus 1.
    let tiny = 1.0 + f32::EPSILON;
    let op = ArithOp::Fma { a: f(tiny), b: f(tiny), c: f(-1.0 - 2.0 * f32::EPSILON), ftz: false };
    assert_eq!(f32::from_bits(evaluate(op, Scalar::F32)[0] as u32), f32::EPSILON.powi(2));
    let subnormal = f(f32::from_bits(3));
    let op = ArithOp::Binary { op: BinaryOp::Add, a: subnormal, b: f(0.0), ftz: true };
    assert_eq!(evaluate(op, Scalar::F32)[0], 0);
}

#[test]
fn conversions() {
    let convert = |to, operand| evaluate(ArithOp::Convert(to, operand), to)[0];
    assert_eq!(convert(Scalar::U8, f(300.0)), 255);
    assert_eq!(convert(Scalar::I8, f(-300.5)), 0x80);
    assert_eq!(convert(Scalar::U32, f(-1.5)), 0);
    assert_eq!(convert(Scalar::I32, f(-1.9)), 0xFFFF_FFFF);
    assert_eq!(convert(Scalar::I32, f(f32::NAN)), 0);
    assert_eq!(convert(Scalar::I64, c(Scalar::I8, 0x80)), -128i64 as u64);
    assert_eq!(convert(Scalar::U8, u(0x1FF)), 0xFF);
    assert_eq!(convert(Scalar::F32, u(0x0100_0001)), u64::from(16_777_216f32.to_bits()));
    assert_eq!(convert(Scalar::F8E4M3, f(1e6)), 0x7E);
    assert_eq!(convert(Scalar::F8E5M2, f(-1e9)), 0xFB);
    assert_eq!(convert(Scalar::F32, c(Scalar::F8E4M3, 0x38)), u64::from(1f32.to_bits()));
    assert_eq!(convert(Scalar::Bf16, f(1.0 + 1.0 / 256.0)), 0x3F80, "a tie goes to even");
    let pack = ArithOp::Pack(Scalar::Bf16x2, f(1.0), f(-2.0));
    assert_eq!(evaluate(pack, Scalar::Bf16x2)[0], 0xC000_3F80);
    let pack = ArithOp::Pack(Scalar::F8E4M3, f(1.0), f(-2.0));
    assert_eq!(evaluate(pack, Scalar::U16)[0], 0xC038);
    let unpack = ArithOp::Unpack(c(Scalar::Bf16x2, 0xC000_3F80));
    let bits = [1f32, -2.0].map(|x| u64::from(x.to_bits()));
    assert_eq!(evaluate(unpack, Scalar::F32), bits);
    assert_eq!(evaluate(ArithOp::Bitcast(Scalar::U32, f(1.0)), Scalar::U32)[0], 0x3F80_0000);
}

#[test]
fn index_overflow_is_a_fault() {
    for (op, a, b) in [
        (BinaryOp::Sub, 1, 2),
        (BinaryOp::Add, u64::from(u32::MAX), 1),
        (BinaryOp::Mul, 1 << 20, 1 << 20),
    ] {
        let mut k = Kernel::new(1);
        k.bin(op, Const::index(a).into(), Const::index(b).into());
        let module = k.done();
        must_fault(&module, |_| Vec::new(), |kind| matches!(kind, FaultKind::IndexOverflow(_)));
    }
}
