//! Loads, stores, addressing, atomics.

use tilewright_kernel_compiler::ir::op::{
    AtomicOp, Base, BinaryOp, Cache, L1Hint, L2Hint, MemoryOp, MemoryOrder, Place, Scope,
};
use tilewright_kernel_compiler::ir::{Op, Operand, Scalar};
use tilewright_kernel_compiler::target::Target;

use crate::golden::{SM_80, SM_90A, check, emit};
use crate::kernel::{Kernel, at, f32, u32};

/// Copies 1, 4, 8 and 16 bytes of each type, through shared memory.
fn copies(target: Target, ty: Scalar, index_bits: u32) -> Kernel {
    let mut k = Kernel::new(&format!("copy_{}", ty.name()), target, 64);
    k.0.module.index_bits = index_bits;
    let (x, y) = (k.weights("x", ty), k.buffer("y", ty));
    let tile = k.shared("tile", ty, 1024, 16);
    let thread = k.thread();
    let thread = k.index(thread);
    for bytes in [1u32, 4, 8, 16] {
        let count = (bytes / ty.size()).max(1);
        let start = k.binary(BinaryOp::Mul, thread, at(u64::from(count)));
        let next = k.binary(BinaryOp::Add, start, at(64));
        let values = k.load(Base::Buffer(x), next, ty, count);
        k.store(Base::Shared(tile), start, &values);
        k.store(Base::Shared(tile), next, &values);
        let values = k.load(Base::Shared(tile), start, ty, count);
        k.store(Base::Buffer(y), start, &values);
    }
    k
}

#[test]
fn vectors_of_every_type() {
    use Scalar::*;
    for ty in [U8, I8, U16, I16, U32, I32, U64, I64, F16, Bf16, F32, F8E4M3, F16x2, Bf16x2] {
        check(&format!("copy_{}", ty.name()), copies(SM_80, ty, 32).finish());
    }
    check("copy64_f16", copies(SM_80, Scalar::F16, 64).finish());
}

#[test]
fn constant_addends_share_one_address() {
    let mut k = Kernel::new("unrolled", SM_80, 128);
    let (x, y) = (k.buffer("x", Scalar::F32), k.buffer("y", Scalar::F32));
    let rows = k.scalar("rows", Scalar::U32);
    let rows = k.index(rows);
    let thread = k.thread();
    let thread = k.index(thread);
    let row = k.binary(BinaryOp::Mul, rows, thread);
    let mut sum = f32(0.0);
    for i in 0..8 {
        let place = k.binary(BinaryOp::Add, row, at(32 * i));
        let value = k.load(Base::Buffer(x), place, Scalar::F32, 1)[0];
        sum = k.binary(BinaryOp::Add, value, sum);
    }
    let before = k.binary(BinaryOp::Sub, row, at(1));
    k.store(Base::Buffer(y), before, &[sum]);
    let text = check("unrolled", k.finish());
    let addresses = text.code.lines().filter(|line| line.contains("mad.wide.u32")).count();
    assert_eq!(addresses, 2, "one for each buffer:\n{}", text.code);
    assert!(text.code.contains("+896]") && text.code.contains("+-4]"), "{}", text.code);
}

#[test]
fn bytes_are_read_as_words() {
    let mut k = Kernel::new("reinterpreted", SM_80, 32);
    let (x, y) = (k.weights("x", Scalar::U8), k.buffer("y", Scalar::U32));
    let thread = k.thread();
    let thread = k.index(thread);
    let place = k.binary(BinaryOp::Mul, thread, at(144));
    let words = k.load(Base::Buffer(x), place, Scalar::U32, 4);
    let half = k.load(Base::Buffer(x), place, Scalar::F16, 1)[0];
    let half = k.convert(Scalar::U32, half);
    let sum = k.binary(BinaryOp::Add, words[3], half);
    k.store(Base::Buffer(y), thread, &[sum]);
    check("reinterpreted", k.finish());
}

#[test]
fn cache_hints() {
    let mut k = Kernel::new("hints", SM_80, 32);
    let (x, y) = (k.weights("x", Scalar::U32), k.buffer("y", Scalar::U32));
    let thread = k.thread();
    let index = k.index(thread);
    let caches = [
        (true, L1Hint::NoAllocate, L2Hint::Default, 0),
        (true, L1Hint::NoAllocate, L2Hint::EvictFirst, 256),
        (false, L1Hint::EvictFirst, L2Hint::EvictLast, 64),
        (false, L1Hint::EvictLast, L2Hint::EvictFirst, 128),
    ];
    for (i, (non_coherent, l1, l2, prefetch)) in caches.into_iter().enumerate() {
        let place = k.binary(BinaryOp::Add, index, at(256 * i as u64));
        let place = Place { base: Base::Buffer(x), index: place };
        let cache = Cache { non_coherent, l1, l2, prefetch };
        let values = k.ops(Op::Memory(MemoryOp::Load { place, ty: Scalar::U32, count: 4, cache }));
        let values: Vec<Operand> = values.into_iter().map(Operand::Value).collect();
        let place = Place { base: Base::Buffer(y), ..place };
        k.effect(Op::Memory(MemoryOp::Store { place, values, cache }));
    }
    k.effect(Op::Memory(MemoryOp::Prefetch(Place { base: Base::Buffer(x), index })));
    let text = check("hints", k.finish());
    assert_eq!(text.version, (7, 4));
    assert_eq!(text.code.matches("createpolicy").count(), 2);
}

#[test]
fn only_weights_bypass_coherence() {
    let mut k = Kernel::new("coherent", SM_80, 32);
    let (x, y) = (k.buffer("x", Scalar::F32), k.buffer("y", Scalar::F32));
    let cache = Cache { non_coherent: true, ..Cache::default() };
    let place = Place { base: Base::Buffer(x), index: at(0) };
    let value = k.op(Op::Memory(MemoryOp::Load { place, ty: Scalar::F32, count: 1, cache }));
    k.store(Base::Buffer(y), at(0), &[value]);
    assert!(!emit(k.finish()).code.contains(".nc"));
}

fn atomics(target: Target, scopes: &[Scope]) -> Kernel {
    use AtomicOp::*;
    let mut k = Kernel::new("atomics", target, 32);
    let cells = k.shared("cells", Scalar::U32, 64, 4);
    let thread = k.thread();
    let index = k.index(thread);
    let cases: [(Scalar, &[AtomicOp]); 6] = [
        (Scalar::U32, &[Add, Min, Max, And, Or, Xor, Exchange]),
        (Scalar::I32, &[Add, Min, Max, And]),
        (Scalar::U64, &[Add, Min, Max, And, Or, Xor, Exchange]),
        (Scalar::I64, &[Add, Min, Max]),
        (Scalar::F32, &[Add, Exchange]),
        (Scalar::F16x2, &[Add]),
    ];
    for (ty, ops) in cases {
        let x = k.buffer(&format!("x_{}", ty.name()), ty);
        let place = Place { base: Base::Buffer(x), index };
        let value = k.load(place.base, index, ty, 1)[0];
        for op in ops {
            for returns in [false, true] {
                let (scope, order) = (Scope::Device, MemoryOrder::Relaxed);
                let op = MemoryOp::Atomic { op: *op, place, value, returns, scope, order };
                if returns {
                    let old = k.op(Op::Memory(op));
                    k.store(place.base, index, &[old]);
                } else {
                    k.effect(Op::Memory(op));
                }
            }
        }
    }
    let x = k.buffer("flag", Scalar::U32);
    for scope in scopes.iter().copied() {
        for order in [MemoryOrder::Acquire, MemoryOrder::Release, MemoryOrder::AcquireRelease] {
            for base in [Base::Buffer(x), Base::Shared(cells)] {
                let place = Place { base, index };
                let (op, value, returns) = (Add, thread, false);
                k.effect(Op::Memory(MemoryOp::Atomic { op, place, value, returns, scope, order }));
                let expected = u32(0);
                let op = MemoryOp::CompareExchange { place, expected, value, scope, order };
                let old = k.op(Op::Memory(op));
                k.effect(Op::Memory(MemoryOp::StoreOrdered { place, value: old, scope, order }));
                let ty = Scalar::U32;
                let now = k.op(Op::Memory(MemoryOp::LoadOrdered { place, ty, scope, order }));
                k.store(base, index, &[now]);
            }
        }
    }
    k
}

#[test]
fn atomics_scopes_and_orders() {
    let all = [Scope::Workgroup, Scope::Cluster, Scope::Device, Scope::System];
    check("atomics", atomics(SM_80, &[Scope::Workgroup, Scope::Device]).finish());
    check("atomics", atomics(SM_90A, &all).finish());
}

#[test]
fn shared_memory_over_48_kib_is_dynamic() {
    for (len, fixed, dynamic) in [(12 * 1024, 49152, 0), (12 * 1024 + 1, 0, 49156)] {
        let mut k = Kernel::new("tile", SM_80, 128);
        let tile = k.shared("tile", Scalar::F32, len, 128);
        let y = k.buffer("y", Scalar::F32);
        let thread = k.thread();
        k.store(Base::Shared(tile), thread, &[f32(1.0)]);
        let far = k.binary(BinaryOp::Add, thread, u32(8));
        let value = k.load(Base::Shared(tile), far, Scalar::F32, 1)[0];
        let address = k.op(Op::Memory(MemoryOp::SharedAddress(Place {
            base: Base::Shared(tile),
            index: far,
        })));
        let address = k.convert(Scalar::F32, address);
        let sum = k.binary(BinaryOp::Add, value, address);
        k.store(Base::Buffer(y), thread, &[sum]);
        let name = if fixed > 0 { "shared_static" } else { "shared_dynamic" };
        let text = check(name, k.finish());
        assert_eq!((text.static_shared, text.dynamic_shared), (fixed, dynamic));
    }
}
