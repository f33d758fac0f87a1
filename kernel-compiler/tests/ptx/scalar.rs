//! Arithmetic, conversions, elementary functions.

use tilewright_kernel_compiler::ir::op::{ArithOp, Base, BinaryOp, UnaryOp};
use tilewright_kernel_compiler::ir::{Comparison, Op, Operand, Scalar};
use tilewright_kernel_compiler::target::Target;

use crate::golden::{SM_75, SM_80, SM_89, SM_90A, SM_100A, SM_120A, check, emit};
use crate::kernel::{Kernel, at, f32, int, u32};

const EVERYWHERE: [Target; 6] = [SM_75, SM_80, SM_89, SM_90A, SM_100A, SM_120A];

const BINARY: [BinaryOp; 13] = [
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::MulHigh,
    BinaryOp::Div,
    BinaryOp::Rem,
    BinaryOp::And,
    BinaryOp::Or,
    BinaryOp::Xor,
    BinaryOp::Shl,
    BinaryOp::Shr,
    BinaryOp::Min,
    BinaryOp::Max,
];

const COMPARISONS: [Comparison; 6] = [
    Comparison::Eq,
    Comparison::Ne,
    Comparison::Lt,
    Comparison::Le,
    Comparison::Gt,
    Comparison::Ge,
];

/// Stores one element, the thread's, at position `row`.
struct Sink {
    base: Base,
    thread: Operand,
    row: u64,
}

impl Sink {
    fn put(&mut self, k: &mut Kernel, value: Operand) {
        let place = k.binary(BinaryOp::Add, self.thread, at(128 * self.row));
        k.store(self.base, place, &[value]);
        self.row += 1;
    }
}

fn with_sink(target: Target, name: &str, element: Scalar) -> (Kernel, Sink, Vec<Operand>) {
    let mut k = Kernel::new(name, target, 128);
    let x = k.buffer("x", element);
    let y = k.buffer("y", element);
    let thread = k.thread();
    let thread = k.index(thread);
    let a = k.load(Base::Buffer(x), thread, element, 1)[0];
    let second = k.binary(BinaryOp::Add, thread, at(128));
    let b = k.load(Base::Buffer(x), second, element, 1)[0];
    (k, Sink { base: Base::Buffer(y), thread, row: 0 }, vec![a, b])
}

fn integers(target: Target, ty: Scalar) -> Kernel {
    let (mut k, mut sink, ab) = with_sink(target, &format!("integers_{}", ty.name()), ty);
    let [a, b] = ab[..] else { unreachable!() };
    for op in BINARY {
        let right = match op {
            BinaryOp::Shl | BinaryOp::Shr => k.convert(Scalar::U32, b),
            _ => b,
        };
        let d = k.binary(op, a, right);
        sink.put(&mut k, d);
    }
    for divisor in [1, 2, 7, 10, 64, 100] {
        for op in [BinaryOp::Div, BinaryOp::Rem] {
            let d = k.binary(op, a, int(ty, divisor));
            sink.put(&mut k, d);
        }
    }
    if ty.is_signed() {
        let d = k.binary(BinaryOp::Div, a, int(ty, -3));
        sink.put(&mut k, d);
    }
    for op in [UnaryOp::Neg, UnaryOp::Not, UnaryOp::Abs, UnaryOp::ReverseBits] {
        let d = k.unary(op, a);
        sink.put(&mut k, d);
    }
    for op in [UnaryOp::CountOnes, UnaryOp::LeadingZeros, UnaryOp::TrailingZeros] {
        let d = k.unary(op, a);
        let d = k.convert(ty, d);
        sink.put(&mut k, d);
    }
    for op in COMPARISONS {
        let c = k.compare(op, a, b);
        let d = k.op(Op::Arith(ArithOp::Select { condition: c, a, b }));
        sink.put(&mut k, d);
    }
    k
}

#[test]
fn integer_arithmetic_of_every_width() {
    use Scalar::{I8, I16, I32, I64, U8, U16, U32, U64};
    for ty in [U8, I8, U16, I16, U32, I32, U64, I64] {
        let name = format!("integers_{}", ty.name());
        check(&name, integers(SM_80, ty).finish());
    }
}

fn floats(target: Target, ty: Scalar) -> Kernel {
    let (mut k, mut sink, ab) = with_sink(target, &format!("floats_{}", ty.name()), ty);
    let [a, b] = ab[..] else { unreachable!() };
    let packed = matches!(ty, Scalar::F16x2 | Scalar::Bf16x2);
    use BinaryOp::{Add, Div, Max, Min, Mul, Sub};
    for op in [Add, Sub, Mul, Div, Min, Max] {
        let d = k.binary(op, a, b);
        sink.put(&mut k, d);
    }
    if ty == Scalar::F32 {
        let d = k.op(Op::Arith(ArithOp::Binary { op: Mul, a, b, ftz: true }));
        sink.put(&mut k, d);
    }
    let d = k.op(Op::Arith(ArithOp::Fma { a, b, c: a, ftz: false }));
    sink.put(&mut k, d);
    for op in [UnaryOp::Neg, UnaryOp::Abs, UnaryOp::Sqrt] {
        let d = k.unary(op, a);
        sink.put(&mut k, d);
    }
    if !packed {
        for op in COMPARISONS {
            let c = k.compare(op, a, b);
            let d = k.op(Op::Arith(ArithOp::Select { condition: c, a, b }));
            sink.put(&mut k, d);
        }
    }
    k
}

#[test]
fn float_arithmetic() {
    for ty in [Scalar::F16, Scalar::Bf16, Scalar::F32, Scalar::F16x2, Scalar::Bf16x2] {
        for target in [SM_80, SM_90A] {
            check(&format!("floats_{}", ty.name()), floats(target, ty).finish());
        }
    }
    check("floats_f16", floats(SM_75, Scalar::F16).finish());
}

#[test]
fn elementary_functions() {
    use UnaryOp::*;
    let all = [
        Sqrt,
        Rsqrt,
        Rcp,
        Exp,
        Exp2,
        Log,
        Log2,
        Sin,
        Cos,
        Tanh,
        Floor,
        Ceil,
        Trunc,
        Round,
        Exp2Approx,
        Log2Approx,
        RcpApprox,
        RsqrtApprox,
        TanhApprox,
    ];
    for target in [SM_75, SM_80] {
        let (mut k, mut sink, ab) = with_sink(target, "functions", Scalar::F32);
        for op in all {
            let d = k.unary(op, ab[0]);
            sink.put(&mut k, d);
        }
        check("functions", k.finish());
    }
    // The coarse ones reach the narrow types through f32.
    let (mut k, mut sink, ab) = with_sink(SM_80, "functions_bf16", Scalar::Bf16);
    for op in [Exp, Floor, RsqrtApprox] {
        let d = k.unary(op, ab[0]);
        sink.put(&mut k, d);
    }
    check("functions_bf16", k.finish());
}

/// From every scalar type to every other.
fn conversions(target: Target, from: Scalar, bf16: bool) -> Kernel {
    use Scalar::*;
    let mut k = Kernel::new(&format!("convert_{}", from.name()), target, 128);
    let x = k.buffer("x", from);
    let thread = k.thread();
    let thread = k.index(thread);
    let a = k.load(Base::Buffer(x), thread, from, 1)[0];
    let types = [U8, I8, U16, I16, U32, I32, U64, I64, F16, Bf16, F32, F8E4M3, F8E5M2];
    for to in types.into_iter().filter(|to| bf16 || *to != Bf16) {
        let y = k.buffer(&format!("to_{}", to.name()), to);
        let d = k.convert(to, a);
        k.store(Base::Buffer(y), thread, &[d]);
    }
    let y = k.buffer("truth", U32);
    let truth = k.convert(Bool, a);
    let truth = k.convert(U32, truth);
    k.store(Base::Buffer(y), thread, &[truth]);
    k
}

#[test]
fn conversions_between_all_types() {
    use Scalar::*;
    for from in [U8, I8, U16, I16, U32, I32, U64, I64, F16, Bf16, F32, F8E4M3, F8E5M2] {
        for target in [SM_80, SM_90A] {
            check(&format!("convert_{}", from.name()), conversions(target, from, true).finish());
        }
    }
    check("convert_f32", conversions(SM_89, F32, true).finish());
    check("convert_f8e4m3", conversions(SM_75, F8E4M3, false).finish());
}

fn bits(target: Target) -> Kernel {
    use Scalar::*;
    let (mut k, mut sink, ab) = with_sink(target, "bits", U32);
    let [a, b] = ab[..] else { unreachable!() };
    let operands = [a, b, u32(0x000F_000F)];
    let d = k.op(Op::Arith(ArithOp::Lop3 { operands, table: 0xEA }));
    sink.put(&mut k, d);
    let d = k.op(Op::Arith(ArithOp::Prmt { a, b, selector: u32(0x5410) }));
    sink.put(&mut k, d);
    for (offset, width) in [(u32(4), u32(4)), (b, u32(8))] {
        let d = k.op(Op::Arith(ArithOp::BitfieldExtract { value: a, offset, width }));
        sink.put(&mut k, d);
    }
    let c = k.op(Op::Arith(ArithOp::Bitcast(I32, a)));
    let d = k.op(Op::Arith(ArithOp::BitfieldExtract { value: c, offset: u32(3), width: b }));
    let d = k.op(Op::Arith(ArithOp::Dot4 { a, b, c: d }));
    let d = k.op(Op::Arith(ArithOp::Bitcast(U32, d)));
    sink.put(&mut k, d);
    let x = k.op(Op::Arith(ArithOp::Bitcast(F32, a)));
    for packed in [F16x2, Bf16x2] {
        let d = k.op(Op::Arith(ArithOp::Pack(packed, x, f32(1.5))));
        let halves: Vec<Operand> =
            k.ops(Op::Arith(ArithOp::Unpack(d))).into_iter().map(Operand::Value).collect();
        let sum = k.binary(BinaryOp::Add, halves[0], halves[1]);
        let d = k.op(Op::Arith(ArithOp::Bitcast(U32, d)));
        sink.put(&mut k, d);
        let sum = k.op(Op::Arith(ArithOp::Bitcast(U32, sum)));
        sink.put(&mut k, sum);
    }
    for packed in [F8E4M3, F8E5M2] {
        let d = k.op(Op::Arith(ArithOp::Pack(packed, x, f32(-0.25))));
        let d = k.convert(U32, d);
        sink.put(&mut k, d);
    }
    // Bits of 16-bit floats and of narrow integers.
    let half = k.convert(F16, x);
    for ty in [U16, I16] {
        let d = k.op(Op::Arith(ArithOp::Bitcast(ty, half)));
        let back = k.op(Op::Arith(ArithOp::Bitcast(F16, d)));
        let back = k.convert(F32, back);
        let back = k.op(Op::Arith(ArithOp::Bitcast(U32, back)));
        sink.put(&mut k, back);
    }
    let byte = k.convert(U8, a);
    let signed = k.op(Op::Arith(ArithOp::Bitcast(I8, byte)));
    let signed = k.convert(I32, signed);
    let signed = k.op(Op::Arith(ArithOp::Bitcast(U32, signed)));
    sink.put(&mut k, signed);
    // Truth values.
    let p = k.compare(Comparison::Lt, a, b);
    let q = k.compare(Comparison::Eq, a, u32(7));
    for op in COMPARISONS {
        let r = k.compare(op, p, q);
        let d = k.convert(U32, r);
        sink.put(&mut k, d);
    }
    for op in [BinaryOp::And, BinaryOp::Or, BinaryOp::Xor] {
        let r = k.binary(op, p, q);
        let r = k.op(Op::Arith(ArithOp::Select { condition: r, a: p, b: q }));
        let r = k.unary(UnaryOp::Not, r);
        let d = k.convert(U32, r);
        sink.put(&mut k, d);
    }
    k
}

#[test]
fn bit_operations_packing_and_truth_values() {
    for target in [SM_80, SM_90A] {
        check("bits", bits(target).finish());
    }
}

/// `.version` follows from the instructions: the same kernel needs what its target needs, no more.
#[test]
fn the_version_is_the_smallest_sufficient() {
    let plain: Vec<(u32, u32)> = EVERYWHERE
        .into_iter()
        .map(|target| emit(integers(target, Scalar::U32).finish()).version)
        .collect();
    assert_eq!(plain, [(6, 3), (7, 0), (7, 8), (8, 0), (8, 6), (8, 7)]);
    let converts = emit(conversions(SM_89, Scalar::F32, true).finish()).version;
    assert_eq!(converts, (8, 1));
}
