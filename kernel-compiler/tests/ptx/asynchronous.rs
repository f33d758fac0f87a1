//! Copies, mbarriers, tensor maps, dependent launches.

use tilewright_kernel_compiler::ir::op::{
    AsyncOp, AtomicOp, Base, BinaryOp, Builtin, BulkReduce, L2Hint, Place, Scope,
};
use tilewright_kernel_compiler::ir::{Op, Operand, Scalar, SharedId};

use crate::golden::{SM_80, SM_90A, SM_100A, SM_120A, check};
use crate::kernel::{Kernel, at, int, u32};

fn shared(array: SharedId, index: Operand) -> Place {
    Place { base: Base::Shared(array), index }
}

#[test]
fn cp_async() {
    for target in [SM_80, SM_90A, SM_100A, SM_120A] {
        let mut k = Kernel::new("cp_async", target, 64);
        let tile = k.shared("tile", Scalar::F16, 4096, 16);
        let barrier = k.shared("barrier", Scalar::U64, 1, 8);
        let x = k.buffer("x", Scalar::F16);
        let n = k.scalar("n", Scalar::U32);
        let thread = k.thread();
        let index = k.binary(BinaryOp::Mul, thread, u32(8));
        let from = Place { base: Base::Buffer(x), index };
        for bytes in [4, 8, 16] {
            for valid in [None, Some(n)] {
                let to = shared(tile, index);
                k.effect(Op::Async(AsyncOp::CopyAsync { to, from, bytes, valid }));
            }
        }
        k.effect(Op::Async(AsyncOp::CopyAsyncCommit));
        k.effect(Op::Async(AsyncOp::CopyAsyncWait(0)));
        k.effect(Op::Async(AsyncOp::CopyAsyncArrive(shared(barrier, at(0)))));
        check("cp_async", k.finish());
    }
}

#[test]
fn mbarriers() {
    for target in [SM_80, SM_90A, SM_100A] {
        let mut k = Kernel::new("mbarriers", target, 64);
        let barriers = k.shared("barriers", Scalar::U64, 4, 8);
        let y = k.buffer("y", Scalar::U32);
        let thread = k.thread();
        let first = shared(barriers, at(0));
        let second = shared(barriers, thread);
        k.effect(Op::Async(AsyncOp::MbarrierInit { barrier: first, count: u32(64) }));
        k.effect(Op::Async(AsyncOp::MbarrierArrive {
            barrier: first,
            count: u32(1),
            scope: Scope::Cluster,
        }));
        k.effect(Op::Async(AsyncOp::MbarrierArrive {
            barrier: second,
            count: u32(2),
            scope: Scope::Cluster,
        }));
        if target != SM_80 {
            k.effect(Op::Async(AsyncOp::MbarrierArrive {
                barrier: second,
                count: thread,
                scope: Scope::Cluster,
            }));
            k.effect(Op::Async(AsyncOp::MbarrierExpect { barrier: first, bytes: u32(4096) }));
            let rank = k.op(Op::Builtin(Builtin::ClusterRank));
            let far = Place { base: Base::Cluster { array: barriers, rank }, index: at(1) };
            k.effect(Op::Async(AsyncOp::MbarrierArrive {
                barrier: far,
                count: u32(1),
                scope: Scope::Cluster,
            }));
            k.effect(Op::Async(AsyncOp::MbarrierExpect { barrier: far, bytes: u32(16) }));
        }
        let done = k.op(Op::Async(AsyncOp::MbarrierTryWait { barrier: first, parity: u32(0) }));
        let done = k.convert(Scalar::U32, done);
        k.effect(Op::Async(AsyncOp::MbarrierWait { barrier: second, parity: done }));
        k.effect(Op::Async(AsyncOp::MbarrierWait { barrier: first, parity: u32(1) }));
        k.store(Base::Buffer(y), thread, &[done]);
        check("mbarriers", k.finish());
    }
}

#[test]
fn tensor_copies_of_one_to_five_dimensions() {
    for target in [SM_90A, SM_100A, SM_120A] {
        let mut k = Kernel::new("tensor", target, 32);
        k.0.module.cluster = [2, 1, 1];
        let tile = k.shared("tile", Scalar::Bf16, 64 * 64, 1024);
        let barrier = k.shared("barrier", Scalar::U64, 1, 8);
        let barrier = shared(barrier, at(0));
        let row = k.scalar("row", Scalar::I32);
        for dimensions in 1..=5 {
            let map = k.tensor_map(&format!("map{dimensions}"), Scalar::Bf16, &[64, 8]);
            let mut coordinates = vec![int(Scalar::I32, 0); dimensions];
            coordinates[dimensions - 1] = row;
            k.effect(Op::Async(AsyncOp::TensorMapPrefetch(map)));
            for (multicast, l2) in [
                (None, L2Hint::Default),
                (Some(u32(3)), L2Hint::Default),
                (None, L2Hint::EvictFirst),
                (Some(u32(3)), L2Hint::EvictLast),
            ] {
                let coordinates = coordinates.clone();
                let to = shared(tile, at(0));
                let op = AsyncOp::TensorLoad { map, coordinates, to, barrier, multicast, l2 };
                k.effect(Op::Async(op));
            }
            for reduce in [BulkReduce::None, BulkReduce::With(AtomicOp::Add)] {
                let (coordinates, from) = (coordinates.clone(), shared(tile, at(64)));
                k.effect(Op::Async(AsyncOp::TensorStore { map, coordinates, from, reduce }));
            }
        }
        k.effect(Op::Async(AsyncOp::BulkCommit));
        k.effect(Op::Async(AsyncOp::BulkWait { pending: 0, read: true }));
        let text = check("tensor", k.finish());
        if target == SM_90A {
            assert_eq!(text.version, (8, 0));
        }
    }
}

#[test]
fn bulk_copies_and_dependent_launches() {
    use Scalar::{Bf16, F16, F32, I32, U32, U64};
    let mut k = Kernel::new("bulk", SM_90A, 32);
    let tile = k.shared("tile", Scalar::U8, 4096, 128);
    let barrier = k.shared("barrier", Scalar::U64, 1, 8);
    let barrier = shared(barrier, at(0));
    let x = k.weights("x", Scalar::U8);
    let bytes = k.scalar("bytes", Scalar::U32);
    let thread = k.thread();
    let place = k.binary(BinaryOp::Mul, thread, u32(128));
    let from = Place { base: Base::Buffer(x), index: place };
    k.effect(Op::Async(AsyncOp::BulkPrefetch { from, bytes }));
    for l2 in [L2Hint::Default, L2Hint::EvictFirst] {
        let to = shared(tile, place);
        k.effect(Op::Async(AsyncOp::BulkLoad { to, from, bytes, barrier, l2 }));
    }
    k.effect(Op::Async(AsyncOp::GridDependencyWait));
    for element in [F16, Bf16, F32, U32, I32, U64] {
        let y = k.buffer(&format!("y_{}", element.name()), element);
        let to = Place { base: Base::Buffer(y), index: thread };
        let from = shared(tile, place);
        let mut reductions = vec![BulkReduce::None, BulkReduce::With(AtomicOp::Add)];
        if element != F32 {
            let others = [AtomicOp::Min, AtomicOp::Max].map(BulkReduce::With);
            reductions.extend(others);
        }
        if element.is_integer() {
            reductions.push(BulkReduce::With(AtomicOp::Xor));
        }
        for reduce in reductions {
            let (bytes, to) = (u32(64), to);
            k.effect(Op::Async(AsyncOp::BulkStore { to, from, bytes, reduce }));
        }
    }
    k.effect(Op::Async(AsyncOp::GridDependencyLaunch));
    k.effect(Op::Async(AsyncOp::BulkCommit));
    for read in [true, false] {
        k.effect(Op::Async(AsyncOp::BulkWait { pending: 1, read }));
    }
    check("bulk", k.finish());
}
