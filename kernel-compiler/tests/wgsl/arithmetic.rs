//! Arithmetic, conversions, constants.

use crate::golden::both;
use crate::golden::check;
use crate::kernel::*;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::{Comparison, Const, Operand, Scalar};
use tilewright_kernel_compiler::target::Target;

#[test]
fn float_arithmetic() {
    both("float_arithmetic", |target| {
        let mut k = Kernel::new("float_arithmetic", target);
        let x = k.input("x", Scalar::F32);
        let y = k.output("y", Scalar::F32);
        let eps = k.scalar("eps", Scalar::F32);
        let at = k.global_index();
        let v = k.load(x, at, Scalar::F32);
        let mut sum = k.binary(BinaryOp::Add, v, eps);
        for op in [
            UnaryOp::Neg,
            UnaryOp::Abs,
            UnaryOp::Sqrt,
            UnaryOp::Rsqrt,
            UnaryOp::Rcp,
            UnaryOp::Exp,
            UnaryOp::Exp2,
            UnaryOp::Log,
            UnaryOp::Log2,
            UnaryOp::Sin,
            UnaryOp::Cos,
            UnaryOp::Tanh,
            UnaryOp::Floor,
            UnaryOp::Ceil,
            UnaryOp::Trunc,
            UnaryOp::Round,
            UnaryOp::Exp2Approx,
            UnaryOp::Log2Approx,
            UnaryOp::RcpApprox,
            UnaryOp::RsqrtApprox,
            UnaryOp::TanhApprox,
        ] {
            let t = k.unary(op, v);
            sum = k.binary(BinaryOp::Add, sum, t);
        }
        for op in [
            BinaryOp::Sub,
            BinaryOp::Mul,
            BinaryOp::Div,
            BinaryOp::Rem,
            BinaryOp::Min,
            BinaryOp::Max,
        ] {
            sum = k.binary(op, sum, v);
        }
        let c = k.op(Op::Arith(ArithOp::Fma { a: sum, b: f(-2.5), c: v, ftz: false }));
        let low = k.compare(Comparison::Lt, c, f(0.0));
        let high = k.compare(Comparison::Gt, v, f(1e-7));
        let either = k.binary(BinaryOp::Xor, low, high);
        let chosen = k.op(Op::Arith(ArithOp::Select { condition: either, a: c, b: v }));
        k.store(y, at, &[chosen]);
        k.finish()
    });
}

#[test]
fn integer_arithmetic() {
    both("integer_arithmetic", |target| {
        let mut k = Kernel::new("integer_arithmetic", target);
        let x = k.input("x", Scalar::U32);
        let y = k.output("y", Scalar::U32);
        let z = k.output("z", Scalar::I32);
        let divisor = k.scalar("divisor", Scalar::U32);
        let at = k.global_index();
        let v = k.load(x, at, Scalar::U32);
        let s = k.bitcast(Scalar::I32, v);
        let sd = k.bitcast(Scalar::I32, divisor);
        let mut a = v;
        let mut b = s;
        for op in [
            BinaryOp::Add,
            BinaryOp::Sub,
            BinaryOp::Mul,
            BinaryOp::MulHigh,
            BinaryOp::Div,
            BinaryOp::Rem,
            BinaryOp::And,
            BinaryOp::Or,
            BinaryOp::Xor,
            BinaryOp::Min,
            BinaryOp::Max,
        ] {
            a = k.binary(op, a, divisor);
            b = k.binary(op, b, sd);
        }
        for op in [BinaryOp::Shl, BinaryOp::Shr] {
            a = k.binary(op, a, divisor);
            a = k.binary(op, a, u(3));
            b = k.binary(op, b, divisor);
            b = k.binary(op, b, u(40));
        }
        a = k.binary(BinaryOp::Div, a, u(7));
        b = k.binary(BinaryOp::Mul, b, i(i32::MIN));
        for op in [
            UnaryOp::CountOnes,
            UnaryOp::LeadingZeros,
            UnaryOp::TrailingZeros,
            UnaryOp::ReverseBits,
            UnaryOp::Not,
        ] {
            let t = k.unary(op, v);
            a = k.binary(BinaryOp::Add, a, t);
        }
        let t = k.unary(UnaryOp::Abs, s);
        b = k.binary(BinaryOp::Sub, b, t);
        let sum = k.op(Op::Arith(ArithOp::Dot4 { a: v, b: a, c: b }));
        k.store(y, at, &[a]);
        k.store(z, at, &[sum]);
        k.finish()
    });
}

#[test]
fn bit_operations() {
    both("bit_operations", |target| {
        let mut k = Kernel::new("bit_operations", target);
        let x = k.input("x", Scalar::U32);
        let y = k.output("y", Scalar::U32);
        let at = k.global_index();
        let v = k.load_vector(x, at, Scalar::U32, 1);
        let next = k.binary(BinaryOp::Add, at, u(1));
        let w = k.load(x, next, Scalar::U32);
        let lop =
            k.op(Op::Arith(ArithOp::Lop3 { operands: [v[0], w, u(0x64006400)], table: 0xea }));
        let fixed = k.op(Op::Arith(ArithOp::Prmt { a: lop, b: w, selector: u(0xc150) }));
        let free = k.op(Op::Arith(ArithOp::Prmt { a: fixed, b: w, selector: v[0] }));
        let field =
            |value, offset, width| Op::Arith(ArithOp::BitfieldExtract { value, offset, width });
        let a = k.op(field(free, u(4), u(4)));
        let signed = k.bitcast(Scalar::I32, free);
        let b = k.op(field(signed, u(8), u(8)));
        let amount = k.binary(BinaryOp::And, w, u(15));
        let c = k.op(field(signed, amount, u(3)));
        let bc = k.binary(BinaryOp::Add, b, c);
        let bc = k.bitcast(Scalar::U32, bc);
        let shifted = k.binary(BinaryOp::Shl, a, amount);
        let sum = k.binary(BinaryOp::Or, shifted, bc);
        k.store(y, at, &[sum]);
        k.finish()
    });
}

#[test]
fn conversions() {
    both("conversions", |target| {
        let mut k = Kernel::new("conversions", target);
        let x = k.input("x", Scalar::F32);
        let y = k.output("y", Scalar::F32);
        let flag = k.scalar("flag", Scalar::Bool);
        let at = k.global_index();
        let v = k.load(x, at, Scalar::F32);
        let flag = k.convert(Scalar::U32, flag);
        let mut sum = k.convert(Scalar::F32, flag);
        for ty in [
            Scalar::U8,
            Scalar::I8,
            Scalar::U16,
            Scalar::I16,
            Scalar::U32,
            Scalar::I32,
            Scalar::F16,
            Scalar::Bf16,
            Scalar::F8E4M3,
            Scalar::F8E5M2,
        ] {
            let narrow = k.convert(ty, v);
            let back = k.convert(Scalar::F32, narrow);
            sum = k.binary(BinaryOp::Add, sum, back);
        }
        let whole = k.convert(Scalar::I32, sum);
        let byte = k.convert(Scalar::I8, whole);
        let wide = k.convert(Scalar::U16, byte);
        let wide = k.convert(Scalar::F32, wide);
        k.store(y, at, &[wide]);
        k.finish()
    });
}

#[test]
fn packed_pairs() {
    both("packed_pairs", |target| {
        let mut k = Kernel::new("packed_pairs", target);
        let x = k.input("x", Scalar::F16x2);
        let y = k.output("y", Scalar::Bf16x2);
        let z = k.output("z", Scalar::U32);
        let at = k.global_index();
        let v = k.load(x, at, Scalar::F16x2);
        let twice = k.binary(BinaryOp::Add, v, v);
        let parts = k.b.emit(Op::Arith(ArithOp::Unpack(twice)), AT);
        let (low, high) = (parts[0].into(), parts[1].into());
        let pair = k.op(Op::Arith(ArithOp::Pack(Scalar::Bf16x2, low, high)));
        let bytes = k.op(Op::Arith(ArithOp::Pack(Scalar::F8E4M3, low, high)));
        let bytes = k.convert(Scalar::U32, bytes);
        k.store(y, at, &[pair]);
        k.store(z, at, &[bytes]);
        k.finish()
    });
}

#[test]
fn half_arithmetic() {
    both("half_arithmetic", |target| {
        let mut k = Kernel::new("half_arithmetic", target);
        let x = k.input("x", Scalar::F16);
        let w = k.input("w", Scalar::Bf16);
        let y = k.output("y", Scalar::F16);
        let z = k.output("z", Scalar::Bf16);
        let at = k.global_index();
        let first = k.binary(BinaryOp::Mul, at, u(2));
        let a = k.load_vector(x, first, Scalar::F16, 2);
        let b = k.load_vector(w, first, Scalar::Bf16, 2);
        let sum = k.binary(BinaryOp::Add, a[0], a[1]);
        let square = k.binary(BinaryOp::Mul, sum, sum);
        k.store(y, first, &[square, a[1]]);
        let product = k.binary(BinaryOp::Mul, b[0], b[1]);
        k.store(z, first, &[product, b[0]]);
        k.finish()
    });
}

#[test]
fn constants_fold_away() {
    let mut k = Kernel::new("constants", Target::WGSL);
    let y = k.output("y", Scalar::U32);
    let at = k.global_index();
    let overflow = k.binary(BinaryOp::Add, u(u32::MAX), u(5));
    let zero = k.binary(BinaryOp::Div, u(9), u(0));
    let shifted = k.binary(BinaryOp::Shl, u(1), u(35));
    let sum = k.binary(BinaryOp::Or, overflow, zero);
    let sum = k.binary(BinaryOp::Xor, sum, shifted);
    let half: Operand = Const { ty: Scalar::F16, bits: 1 }.into();
    let tiny = k.convert(Scalar::F32, half);
    let bits = k.bitcast(Scalar::U32, tiny);
    let sum = k.binary(BinaryOp::Add, sum, bits);
    k.store(y, at, &[sum]);
    let text = check("constants", k.finish());
    // 4 from the sum, and 2^-24 as f32.
    assert!(text.code.contains(&format!("0x{:x}u", 4 + 0x3380_0000)), "{}", text.code);
}
