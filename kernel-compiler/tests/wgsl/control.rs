//! Control flow, locals, barriers, grids.

use crate::golden::both;
use crate::kernel::*;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::{Access, Comparison, Operand, Scalar, Stmt, Sym};

#[test]
fn shared_memory_and_barriers() {
    both("shared_memory", |target| {
        let mut k = Kernel::new("shared_memory", target);
        let x = k.buffer("x", Scalar::F32, Access::ReadWrite);
        let tile = k.shared("tile", Scalar::F32, 64);
        let raw = k.shared("raw", Scalar::U8, 512);
        let at = k.global_index();
        let thread = k.thread();
        let v = k.load(x, at, Scalar::F32);
        k.store(tile, thread, &[v]);
        let bits = k.bitcast(Scalar::U32, v);
        let byte_at = k.binary(BinaryOp::Mul, thread, u(8));
        k.store(raw, byte_at, &[bits, bits]);
        k.barrier();
        // Halving tree: the stride steers barriers.
        let stride = k.local("stride", Scalar::U32, u(32));
        let body = k.block(|k| {
            let s = k.read(stride);
            let done = k.compare(Comparison::Eq, s, u(0));
            k.if_(done, |k| k.b.push(Stmt::Break(AT)));
            let inside = k.compare(Comparison::Lt, thread, s);
            k.if_(inside, |k| {
                let a = k.load(tile, thread, Scalar::F32);
                let other = k.binary(BinaryOp::Add, thread, s);
                let b = k.load(tile, other, Scalar::F32);
                let sum = k.binary(BinaryOp::Add, a, b);
                k.store(tile, thread, &[sum]);
            });
            k.barrier();
            let half = k.binary(BinaryOp::Shr, s, u(1));
            k.assign(stride, half);
        });
        k.b.push(Stmt::Loop { body, span: AT });
        let total = k.load(tile, u(0), Scalar::F32);
        let again = k.load_vector(raw, byte_at, Scalar::U32, 2);
        let again = k.bitcast(Scalar::F32, again[1]);
        let result = k.binary(BinaryOp::Add, total, again);
        k.store(x, at, &[result]);
        k.finish()
    });
}

#[test]
fn uniform_conditions() {
    both("uniform_conditions", |target| {
        let mut k = Kernel::new("uniform_conditions", target);
        let counts = k.input("counts", Scalar::U32);
        let y = k.output("y", Scalar::F32);
        let bound = k.shared("bound", Scalar::U32, 1);
        let tile = k.shared("tile", Scalar::F32, 64);
        let thread = k.thread();
        let first = k.compare(Comparison::Eq, thread, u(0));
        k.if_(first, |k| {
            let n = k.load(counts, u(0), Scalar::U32);
            k.store(bound, u(0), &[n]);
        });
        k.barrier();
        let rounds = k.load(bound, u(0), Scalar::U32);
        let sum = k.local("sum", Scalar::F32, f(0.0));
        k.for_([u(0), rounds, u(1)], false, |k, round| {
            let value = k.convert(Scalar::F32, round);
            k.store(tile, thread, &[value]);
            k.barrier();
            let other = k.binary(BinaryOp::Xor, thread, u(1));
            let v = k.load(tile, other, Scalar::F32);
            let s = k.read(sum);
            let s = k.binary(BinaryOp::Add, s, v);
            k.assign(sum, s);
            k.barrier();
        });
        let s = k.read(sum);
        let at = k.global_index();
        k.store(y, at, &[s]);
        k.finish()
    });
}

#[test]
fn loops() {
    both("loops", |target| {
        let mut k = Kernel::new("loops", target);
        let x = k.input("x", Scalar::F32);
        let y = k.output("y", Scalar::F32);
        let n = k.scalar("n", Scalar::U32);
        let m = k.scalar("m", Scalar::I32);
        let at = k.global_index();
        let sum = k.local("sum", Scalar::F32, f(0.0));
        let add = |k: &mut Kernel, index: Operand| {
            let v = k.load(x, index, Scalar::F32);
            let s = k.read(sum);
            let s = k.binary(BinaryOp::Add, s, v);
            k.assign(sum, s);
        };
        let thread = k.thread();
        k.for_([thread, n, u(256)], false, add);
        k.for_([u(0), u(64), u(4)], false, add);
        k.for_([u(1), n, u(1)], true, add);
        k.for_([thread, n, u(3)], true, add);
        k.for_([i(-4), m, i(2)], false, |k, index| {
            let index = k.convert(Scalar::U32, index);
            let odd = k.binary(BinaryOp::And, index, u(1));
            let skip = k.compare(Comparison::Eq, odd, u(1));
            k.if_(skip, |k| k.b.push(Stmt::Continue(AT)));
            add(k, index);
        });
        k.for_([i(-4), m, i(2)], true, |k, index| {
            let index = k.convert(Scalar::U32, index);
            add(k, index);
        });
        let s = k.read(sum);
        let negative = k.compare(Comparison::Lt, s, f(0.0));
        let then = k.block(|k| {
            let s = k.unary(UnaryOp::Neg, s);
            k.store(y, at, &[s]);
        });
        let otherwise = k.block(|k| k.store(y, at, &[s]));
        k.b.push(Stmt::If { condition: negative, then, otherwise, span: AT });
        k.finish()
    });
}

#[test]
fn locals_keep_what_was_read() {
    both("locals", |target| {
        let mut k = Kernel::new("locals", target);
        let y = k.output("y", Scalar::F32);
        let at = k.global_index();
        let a = k.local("a", Scalar::F32, f(1.0));
        let b = k.local("b", Scalar::F32, f(2.0));
        let half = k.b.local(Scalar::F16, "half", AT);
        let (x, z) = (k.read(a), k.read(b));
        k.assign(a, z);
        k.assign(b, x);
        let narrow = k.convert(Scalar::F16, z);
        k.assign(half, narrow);
        let (x, z, h) = (k.read(a), k.read(b), k.read(half));
        let h = k.convert(Scalar::F32, h);
        let sum = k.binary(BinaryOp::Sub, x, z);
        let sum = k.binary(BinaryOp::Mul, sum, h);
        k.store(y, at, &[sum]);
        k.finish()
    });
}

#[test]
fn grids() {
    both("grids", |target| {
        let mut k = Kernel::new("grids", target);
        k.b.module.threads = [8, 8, 1];
        k.b.module.grid = [2u64, 3, 4].map(Sym::Const);
        let y = k.output("y", Scalar::U32);
        let mut at = u(0);
        for axis in 0..3 {
            for builtin in [Builtin::ThreadId(axis), Builtin::BlockId(axis), Builtin::GridDim(axis)]
            {
                let v = k.op(Op::Builtin(builtin));
                at = k.binary(BinaryOp::Add, at, v);
            }
        }
        k.store(y, at, &[at]);
        k.finish()
    });
}
