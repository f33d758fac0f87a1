//! Narrow and vector accesses, atomics.

use crate::golden::{both, check};
use crate::kernel::*;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::{Access, Operand, Scalar};

#[test]
fn narrow_loads() {
    both("narrow_loads", |target| {
        let mut k = Kernel::new("narrow_loads", target);
        let bytes = k.input("bytes", Scalar::U8);
        let halves = k.input("halves", Scalar::F16);
        let brains = k.input("brains", Scalar::Bf16);
        let signed = k.input("signed", Scalar::I8);
        let floats = k.input("floats", Scalar::F8E4M3);
        let y = k.output("y", Scalar::F32);
        let at = k.global_index();
        let mut sum = f(0.0);
        for (base, ty) in [
            (bytes, Scalar::U8),
            (halves, Scalar::F16),
            (brains, Scalar::Bf16),
            (signed, Scalar::I8),
            (floats, Scalar::F8E4M3),
        ] {
            let v = k.load(base, at, ty);
            let v = k.convert(Scalar::F32, v);
            sum = k.binary(BinaryOp::Add, sum, v);
        }
        // The same bytes as a word and as a half: a block of a quantised matrix.
        let block = k.binary(BinaryOp::Mul, at, u(20));
        let scale = k.load(bytes, block, Scalar::F16);
        let scale = k.convert(Scalar::F32, scale);
        let codes_at = k.binary(BinaryOp::Add, block, u(4));
        let codes = k.load(bytes, codes_at, Scalar::U32);
        let code = k.binary(BinaryOp::And, codes, u(15));
        let code = k.convert(Scalar::F32, code);
        let value = k.binary(BinaryOp::Mul, scale, code);
        sum = k.binary(BinaryOp::Add, sum, value);
        k.store(y, at, &[sum]);
        k.finish()
    });
}

#[test]
fn vectors() {
    both("vectors", |target| {
        let mut k = Kernel::new("vectors", target);
        let x = k.input("x", Scalar::F32);
        let h = k.input("h", Scalar::F16);
        let q = k.input("q", Scalar::I8);
        let y = k.output("y", Scalar::F32);
        let z = k.output("z", Scalar::Bf16);
        let b = k.output("b", Scalar::I8);
        let at = k.global_index();
        let at8 = k.binary(BinaryOp::Mul, at, u(8));
        let at4 = k.binary(BinaryOp::Mul, at, u(4));
        let v = k.load_vector(x, at4, Scalar::F32, 4);
        let w = k.load_vector(h, at8, Scalar::F16, 8);
        let bytes = k.load_vector(q, at8, Scalar::I8, 8);
        k.store(y, at4, &[v[3], v[2], v[1], v[0]]);
        let brains: Vec<Operand> = w.iter().map(|w| k.convert(Scalar::Bf16, *w)).collect();
        k.store(z, at8, &brains);
        let negated: Vec<Operand> = bytes.iter().map(|b| k.unary(UnaryOp::Neg, *b)).collect();
        k.store(b, at8, &negated);
        k.finish()
    });
}

#[test]
fn atomics() {
    both("atomics", |target| {
        let mut k = Kernel::new("atomics", target);
        let bins = k.buffer("bins", Scalar::U32, Access::ReadWrite);
        let lows = k.buffer("lows", Scalar::I32, Access::ReadWrite);
        let counter = k.shared("counter", Scalar::U32, 1);
        let at = k.global_index();
        let (order, near) = (MemoryOrder::Relaxed, Scope::Workgroup);
        k.within(bins, at, 1);
        k.within(lows, at, 1);
        let place = |base, index| Place { base, index };
        for op in [
            AtomicOp::Add,
            AtomicOp::Max,
            AtomicOp::And,
            AtomicOp::Or,
            AtomicOp::Xor,
            AtomicOp::Exchange,
        ] {
            let (place, value) = (place(bins, at), u(3));
            k.effect(Op::Memory(MemoryOp::Atomic {
                op,
                place,
                value,
                returns: false,
                scope: Scope::Device,
                order,
            }));
        }
        let (op, value) = (AtomicOp::Min, i(-1));
        k.effect(Op::Memory(MemoryOp::Atomic {
            op,
            place: place(lows, at),
            value,
            returns: false,
            scope: near,
            order,
        }));
        let (op, value) = (AtomicOp::Add, u(1));
        let old = k.op(Op::Memory(MemoryOp::Atomic {
            op,
            place: place(counter, u(0)),
            value,
            returns: true,
            scope: near,
            order,
        }));
        k.within(bins, old, 1);
        let seen = k.op(Op::Memory(MemoryOp::CompareExchange {
            place: place(bins, old),
            expected: u(0),
            value: at,
            scope: near,
            order,
        }));
        let plain = k.load(counter, u(0), Scalar::U32);
        let sum = k.binary(BinaryOp::Add, seen, plain);
        k.store(bins, at, &[sum]);
        k.finish()
    });
}

/// Where the adapter has `f16` and a single half is stored, the array holds halves.
#[test]
fn native_halves() {
    let mut k = Kernel::new("native_halves", native());
    let x = k.input("x", Scalar::F16);
    let y = k.output("y", Scalar::F16);
    let at = k.global_index();
    let v = k.load(x, at, Scalar::F16);
    let v = k.binary(BinaryOp::Mul, v, v);
    k.store(y, at, &[v]);
    let text = check("native_halves", k.finish());
    assert!(text.uses_f16);
}

/// A workgroup array of bytes is written as words and read as halves and words.
#[test]
fn shared_bytes_as_words() {
    both("shared_bytes", |target| {
        let mut k = Kernel::new("shared_bytes", target);
        let x = k.input("x", Scalar::U32);
        let y = k.output("y", Scalar::F32);
        let raw = k.shared("raw", Scalar::U8, 1024);
        let at = k.global_index();
        let thread = k.thread();
        let byte = k.binary(BinaryOp::Mul, thread, u(16));
        let at4 = k.binary(BinaryOp::Mul, at, u(4));
        let words = k.load_vector(x, at4, Scalar::U32, 4);
        k.store(raw, byte, &words);
        k.barrier();
        let half = k.load(raw, byte, Scalar::F16);
        let half = k.convert(Scalar::F32, half);
        let next = k.binary(BinaryOp::Add, byte, u(12));
        let word = k.load(raw, next, Scalar::F32);
        let sum = k.binary(BinaryOp::Add, half, word);
        k.store(y, at, &[sum]);
        k.finish()
    });
}
