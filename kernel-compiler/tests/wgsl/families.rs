//! One kernel per family of operations, in native and web dialects where both can hold it.

use crate::golden::check;
use crate::kernel::*;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::{
    Access, Comparison, Const, FragmentRole, Module, Operand, Scalar, Stmt,
};
use tilewright_kernel_compiler::target::Target;

fn both(name: &str, build: impl Fn(Target) -> Module) {
    check(name, build(Target::WGSL));
    check(&format!("{name}_native"), build(native()));
}

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
            UnaryOp::Neg,
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
            Scalar::Bool,
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
fn atomics() {
    both("atomics", |target| {
        let mut k = Kernel::new("atomics", target);
        let bins = k.buffer("bins", Scalar::U32, Access::ReadWrite);
        let lows = k.buffer("lows", Scalar::I32, Access::ReadWrite);
        let counter = k.shared("counter", Scalar::U32, 1);
        let at = k.global_index();
        let (order, near) = (MemoryOrder::Relaxed, Scope::Workgroup);
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

#[test]
fn grids() {
    both("grids", |target| {
        let mut k = Kernel::new("grids", target);
        k.b.module.threads = [8, 8, 1];
        k.b.module.grid = [2u64, 3, 4].map(tilewright_kernel_compiler::ir::Sym::Const);
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

#[test]
fn subgroups() {
    let mut k = Kernel::new("subgroups", native());
    let x = k.input("x", Scalar::F32);
    let y = k.output("y", Scalar::F32);
    let at = k.global_index();
    let v = k.load(x, at, Scalar::F32);
    let mut sum = v;
    for mode in [ShuffleMode::Xor, ShuffleMode::Up, ShuffleMode::Down, ShuffleMode::Index] {
        let other = k.op(Op::Subgroup(SubgroupOp::Shuffle { mode, value: sum, lane: u(1) }));
        sum = k.binary(BinaryOp::Add, sum, other);
    }
    for op in [ReduceOp::Add, ReduceOp::Min, ReduceOp::Max] {
        let all = k.op(Op::Subgroup(SubgroupOp::Reduce(op, sum)));
        sum = k.binary(BinaryOp::Add, sum, all);
    }
    let mut bits = k.bitcast(Scalar::U32, sum);
    for op in [ReduceOp::And, ReduceOp::Or, ReduceOp::Xor] {
        bits = k.op(Op::Subgroup(SubgroupOp::Reduce(op, bits)));
    }
    let positive = k.compare(Comparison::Gt, v, f(0.0));
    let any = k.op(Op::Subgroup(SubgroupOp::Vote(VoteMode::Any, positive)));
    let all = k.op(Op::Subgroup(SubgroupOp::Vote(VoteMode::All, positive)));
    let ballot = k.op(Op::Subgroup(SubgroupOp::Vote(VoteMode::Ballot, positive)));
    let either = k.binary(BinaryOp::Or, any, all);
    k.effect(Op::Sync(SyncOp::SubgroupBarrier));
    let lane = k.op(Op::Builtin(Builtin::LaneId));
    let subgroup = k.op(Op::Builtin(Builtin::SubgroupId));
    let index = k.binary(BinaryOp::Add, lane, subgroup);
    let first = k.op(Op::Subgroup(SubgroupOp::BroadcastFirst(sum)));
    let word = k.binary(BinaryOp::Xor, bits, ballot);
    let word = k.convert(Scalar::F32, word);
    let result = k.op(Op::Arith(ArithOp::Select { condition: either, a: first, b: word }));
    let body = k.block(|k| k.store(y, index, &[result]));
    k.b.push(Stmt::ElectOne { body, span: AT });
    check("subgroups_native", k.finish());
}

fn matrix_product(target: Target, element: Scalar, size: u32) -> Module {
    let mut k = Kernel::new("matrix_product", target);
    k.b.module.threads = [32, 1, 1];
    let a = k.input("a", element);
    let b = k.input("b", element);
    let c = k.output("c", Scalar::F32);
    let depth = k.scalar("depth", Scalar::U32);
    let width = k.scalar("width", Scalar::U32);
    let fa = k.fragment(FragmentRole::A, element, size);
    let fb = k.fragment(FragmentRole::B, element, size);
    let fc = k.fragment(FragmentRole::C, Scalar::F32, size);
    let block = k.op(Op::Builtin(Builtin::BlockId(0)));
    let row = k.binary(BinaryOp::Mul, block, u(size));
    let first = k.binary(BinaryOp::Mul, row, depth);
    k.effect(Op::Matrix(MatrixOp::FragmentFill(fc, f(0.0))));
    k.for_([u(0), depth, u(size)], false, |k, d| {
        let at = k.binary(BinaryOp::Add, first, d);
        let place = Place { base: a, index: at };
        k.effect(Op::Matrix(MatrixOp::FragmentLoad {
            fragment: fa,
            place,
            stride: depth,
            column_major: false,
        }));
        let place = Place { base: b, index: d };
        k.effect(Op::Matrix(MatrixOp::FragmentLoad {
            fragment: fb,
            place,
            stride: depth,
            column_major: true,
        }));
        k.effect(Op::Matrix(MatrixOp::FragmentMultiplyAdd { a: fa, b: fb, c: fc }));
    });
    k.effect(Op::Matrix(MatrixOp::FragmentScale(fc, f(0.5))));
    let index = k.binary(BinaryOp::Mul, row, width);
    let place = Place { base: c, index };
    k.effect(Op::Matrix(MatrixOp::FragmentStore {
        fragment: fc,
        place,
        stride: width,
        column_major: false,
    }));
    k.finish()
}

#[test]
fn fragments() {
    check("fragments_f16", matrix_product(Target::WGSL, Scalar::F16, 16));
    check("fragments_bf16", matrix_product(Target::WGSL, Scalar::Bf16, 8));
    check("fragments_f32_native", matrix_product(native(), Scalar::F32, 16));
    check("fragments_cooperative", matrix_product(cooperative(), Scalar::F16, 16));
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
