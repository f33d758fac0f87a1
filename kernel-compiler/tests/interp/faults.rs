//! One wrong kernel for each kind of fault that no other file provokes.

use crate::asynchronous::{map_argument, map_param};
use crate::kernel::*;
use tilewright_kernel_compiler::interp::{Argument, FaultKind, Launch, Memory, Options, run};
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

fn no_arguments(_: &mut Memory) -> Vec<Argument> {
    Vec::new()
}

fn one_buffer(memory: &mut Memory) -> Vec<Argument> {
    vec![Argument::Buffer(memory.add_u32("data", &[0; 64]))]
}

#[test]
fn out_of_bounds() {
    let mut k = Kernel::new(32);
    let data = k.buffer("data", Scalar::U32, Access::Read);
    let tid = k.tid();
    let index = k.add(tid, u(40));
    k.load(data, index, Scalar::U32);
    must_fault(
        &k.done(),
        one_buffer,
        |kind| matches!(kind, FaultKind::OutOfBounds { array, index: 64..72, length: 64, .. } if array == "data"),
    );
}

#[test]
fn misaligned() {
    let mut k = Kernel::new(1);
    let data = k.buffer("data", Scalar::U32, Access::Read);
    k.load_many(data, u(1), Scalar::U32, 2);
    must_fault(&k.done(), one_buffer, |kind| {
        matches!(kind, FaultKind::Misaligned { bytes: 8, .. })
    });
}

#[test]
fn unwritten_memory() {
    let mut k = Kernel::new(1);
    let tile = k.shared("tile", Scalar::U32, 8);
    k.store(tile, u(0), u(1));
    k.load_many(tile, u(0), Scalar::U32, 2);
    must_fault(&k.done(), no_arguments, |kind| {
        matches!(kind, FaultKind::Unwritten { byte: 4, .. })
    });
}

#[test]
fn unassigned_local() {
    let mut k = Kernel::new(1);
    let local = k.local(Scalar::U32, "never");
    k.read(local);
    must_fault(&k.done(), no_arguments, |kind| {
        *kind == FaultKind::UnassignedLocal("never".to_owned())
    });
}

#[test]
fn writes_to_read_only_buffers() {
    let mut k = Kernel::new(1);
    let data = k.buffer("data", Scalar::U32, Access::Read);
    k.store(data, u(0), u(1));
    must_fault(&k.done(), one_buffer, |kind| matches!(kind, FaultKind::Access { .. }));
}

#[test]
fn races() {
    // Read after write, write after read, and both writing: shared and global.
    for (global, write_second) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut k = Kernel::new(64);
        let data = k.buffer("data", Scalar::U32, Access::ReadWrite);
        let tile = k.shared("tile", Scalar::U32, 64);
        let base = if global { data } else { tile };
        let tid = k.tid();
        k.store(base, tid, tid);
        let other = k.bin(BinaryOp::Xor, tid, u(33));
        if write_second {
            k.store(base, other, tid);
        } else {
            k.load(base, other, Scalar::U32);
        }
        must_fault(&k.done(), one_buffer, |kind| {
            // Reading before the other thread wrote finds nothing there.
            matches!(kind, FaultKind::Race { .. } | FaultKind::Unwritten { .. })
        });
    }
}

#[test]
fn workgroups_race_in_global_memory() {
    let mut k = Kernel::new(1).grid(2);
    let data = k.buffer("data", Scalar::U32, Access::ReadWrite);
    let block = k.builtin(Builtin::BlockId(0));
    k.store(data, u(3), block);
    must_fault(&k.done(), one_buffer, |kind| matches!(kind, FaultKind::Race { byte: 12, .. }));
}

#[test]
fn divergence() {
    let low_half = |k: &mut Kernel| {
        let tid = k.tid();
        k.cmp(Comparison::Lt, tid, u(16))
    };
    let divergent = |kind: &FaultKind| matches!(kind, FaultKind::Divergent { .. });
    let mut k = Kernel::new(64);
    let low = low_half(&mut k);
    k.when(low, |k| k.barrier());
    must_fault(&k.done(), no_arguments, divergent);
    let mut k = Kernel::new(32);
    let low = low_half(&mut k);
    k.when(low, |k| {
        k.one(Op::Subgroup(SubgroupOp::Reduce(ReduceOp::Add, u(1))));
    });
    k.barrier();
    must_fault(&k.done(), no_arguments, divergent);
    let mut k = Kernel::new(32);
    let low = low_half(&mut k);
    k.when_else(low, |k| k.barrier(), |k| k.barrier());
    must_fault(&k.done(), no_arguments, divergent);
}

#[test]
fn deadlock_names_barrier_phase_and_bytes() {
    let mut k = Kernel::new(32);
    let bars = k.barriers(2);
    k.first(|k| {
        k.init_barrier(bars, 1, 1);
        k.expect(bars, 1, 4096);
    });
    k.barrier();
    k.wait(bars, 1, u(0));
    must_fault(&k.done(), no_arguments, |kind| match kind {
        FaultKind::Deadlock(waiters) => {
            let [waiter] = waiters.as_slice() else { return false };
            let wait = "mbarrier `bars[1]`, phase 0: 0 arrivals and 4096 bytes missing";
            waiter.threads == (0, 31, 32) && waiter.wait == wait
        }
        _ => false,
    });
}

#[test]
fn polling_for_ever_is_a_deadlock() {
    let mut k = Kernel::new(1);
    let data = k.buffer("data", Scalar::U32, Access::ReadWrite);
    k.forever(|k| {
        let flag = k.one(Op::Memory(MemoryOp::LoadOrdered {
            place: at(data, u(0)),
            ty: Scalar::U32,
            scope: Scope::Device,
            order: MemoryOrder::Acquire,
        }));
        let set = k.cmp(Comparison::Eq, flag, u(1));
        k.when(set, |k| k.leave());
    });
    must_fault(&k.done(), one_buffer, |kind| matches!(kind, FaultKind::Deadlock(_)));
}

#[test]
fn parity_alias() {
    // Thread 0 ends two phases while thread 32 may still wait for the first.
    let mut k = Kernel::new(64);
    let bars = k.barriers(1);
    k.first(|k| k.init_barrier(bars, 0, 1));
    k.barrier();
    let tid = k.tid();
    let waits = k.cmp(Comparison::Eq, tid, u(32));
    k.when(waits, |k| k.wait(bars, 0, u(0)));
    k.first(|k| {
        // Long enough that the other one stands at its wait.
        k.repeat(u(20_000), false, |_, _| {});
        k.arrive(at(bars, u(0)));
        k.arrive(at(bars, u(0)));
    });
    must_fault(&k.done(), no_arguments, |kind| {
        matches!(kind, FaultKind::ParityAlias { phase: 0, finished: 1, .. })
    });
}

#[test]
fn mbarrier_misuse() {
    let misuse = |kind: &FaultKind| matches!(kind, FaultKind::Barrier(_));
    let mut k = Kernel::new(1);
    let bars = k.barriers(1);
    k.arrive(at(bars, u(0)));
    must_fault(&k.done(), no_arguments, misuse);
    let mut k = Kernel::new(32);
    let bars = k.barriers(1);
    k.first(|k| k.init_barrier(bars, 0, 32));
    k.arrive(at(bars, u(0)));
    must_fault(&k.done(), no_arguments, misuse);
    let mut k = Kernel::new(32);
    k.sync(SyncOp::Named { id: u(0), threads: 32, arrive_only: false });
    must_fault(&k.done(), no_arguments, misuse);
}

/// A cp.async that is read too early, a bulk load that is read without its barrier.
#[test]
fn missing_waits() {
    let in_flight = |kind: &FaultKind| matches!(kind, FaultKind::InFlight { .. });
    let mut k = Kernel::new(1);
    let data = k.buffer("data", Scalar::U32, Access::Read);
    let tile = k.shared("tile", Scalar::U32, 32);
    let (to, from) = (at(tile, u(0)), at(data, u(0)));
    k.asynchronous(AsyncOp::CopyAsync { to, from, bytes: 16, valid: None });
    k.asynchronous(AsyncOp::CopyAsyncCommit);
    k.asynchronous(AsyncOp::CopyAsyncWait(1));
    k.load(tile, u(0), Scalar::U32);
    must_fault(&k.done(), one_buffer, in_flight);

    let mut k = Kernel::new(1);
    let data = k.buffer("data", Scalar::U32, Access::Read);
    let tile = k.shared("tile", Scalar::U32, 32);
    let bars = k.barriers(1);
    k.init_barrier(bars, 0, 1);
    k.expect(bars, 0, 128);
    let (to, from, barrier) = (at(tile, u(0)), at(data, u(0)), at(bars, u(0)));
    k.asynchronous(AsyncOp::BulkLoad { to, from, bytes: u(128), barrier, l2: L2Hint::Default });
    k.load(tile, u(0), Scalar::U32);
    k.wait(bars, 0, u(0));
    must_fault(&k.done(), one_buffer, in_flight);
}

/// A bulk store of fresh data; `fence`, `wait` and `rewrite` as asked for.
fn bulk_store(fence: bool, wait: bool, rewrite: bool, expected: impl Fn(&FaultKind) -> bool) {
    let mut k = Kernel::new(32);
    let data = k.buffer("data", Scalar::U32, Access::Write);
    let tile = k.shared("tile", Scalar::U32, 32);
    let tid = k.tid();
    k.store(tile, tid, tid);
    if fence {
        k.proxy_fence();
    }
    k.barrier();
    k.first(|k| {
        let (to, from) = (at(data, u(0)), at(tile, u(0)));
        k.asynchronous(AsyncOp::BulkStore { to, from, bytes: u(128), reduce: BulkReduce::None });
        k.asynchronous(AsyncOp::BulkCommit);
        if rewrite {
            k.store(tile, u(0), u(9));
        }
        if wait {
            k.asynchronous(AsyncOp::BulkWait { pending: 0, read: true });
        }
    });
    must_fault(&k.done(), one_buffer, expected);
}

#[test]
fn bulk_store_faults() {
    bulk_store(false, true, false, |kind| matches!(kind, FaultKind::MissingProxyFence { .. }));
    bulk_store(true, false, false, |kind| matches!(kind, FaultKind::ExitInFlight(_)));
    bulk_store(true, true, true, |kind| matches!(kind, FaultKind::InFlight { .. }));
}

#[test]
fn assumptions() {
    let mut k = Kernel::new(32);
    let tid = k.tid();
    let condition = k.cmp(Comparison::Lt, tid, u(31));
    let span = k.span();
    k.b.push(Stmt::Assume { condition, span });
    let module = k.done();
    must_fault(&module, no_arguments, |kind| *kind == FaultKind::AssumeViolated);
    let fault =
        run(&mut Memory::new(), &[Launch::new(&module, Vec::new()).unwrap()], Options::default())
            .unwrap_err();
    assert_eq!((fault.0.thread, fault.0.span), ([31, 0, 0], span));
}

#[test]
fn tensor_maps_must_fit_their_parameter() {
    let mut k = Kernel::new(1);
    map_param(&mut k, Scalar::F16, &[64, 8], Swizzle::B64);
    let module = k.done();
    for (tile, swizzle, message) in [
        ([64, 8], Swizzle::B128, "is not the parameter's"),
        ([64, 8], Swizzle::B64, "rows have 128 bytes, the swizzle's 64"),
    ] {
        let mut memory = Memory::new();
        let data = memory.add("data", &[0; 4096]);
        let map = map_argument(data, Scalar::F16, &[64, 32], &[128], &tile, swizzle);
        let launch = Launch::new(&module, vec![map]).unwrap();
        let fault = run(&mut memory, &[launch], Options::default()).unwrap_err();
        assert!(fault.to_string().contains(message), "{fault}");
    }
}

#[test]
fn descriptors_must_start_on_their_pattern() {
    let mut k = Kernel::new(128);
    let tile = k.shared("tile", Scalar::U32, 1024);
    let layout = DescriptorLayout { leading: 16, stride: 1024, swizzle: Swizzle::B128 };
    let place = at(tile, u(64));
    let bits = k.one(Op::Matrix(MatrixOp::Descriptor { place, layout }));
    let accumulator = (0..4).map(|_| k.local(Scalar::F32, "d")).collect();
    k.matrix(MatrixOp::WgmmaFence);
    k.matrix(MatrixOp::Wgmma {
        n: 8,
        a_type: Scalar::F16,
        b_type: Scalar::F16,
        accumulator,
        a: WgmmaA::Descriptor(bits),
        b: bits,
        accumulate: Const::bool(false).into(),
        transpose_a: false,
        transpose_b: false,
        sparse: None,
    });
    must_fault(&k.done(), no_arguments, |kind| matches!(kind, FaultKind::Matrix(_)));
}

#[test]
fn the_step_limit_ends_endless_loops() {
    let mut k = Kernel::new(1);
    k.forever(|_| {});
    let module = k.done();
    let launch = Launch::new(&module, Vec::new()).unwrap();
    let options = Options { step_limit: 10_000, ..Options::default() };
    let fault = run(&mut Memory::new(), &[launch], options).unwrap_err();
    assert_eq!(*fault.kind(), FaultKind::StepLimit(10_000));
}
