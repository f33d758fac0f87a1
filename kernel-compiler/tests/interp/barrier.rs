//! Barriers of workgroups and named groups, atomics, fences.

use crate::kernel::*;
use tilewright_kernel_compiler::interp::{Argument, Memory};
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

fn out_buffer(memory: &mut Memory, words: usize) -> Vec<Argument> {
    vec![Argument::Buffer(memory.uninitialised("out", 4 * words))]
}

#[test]
fn shared_memory_reverses_behind_a_barrier() {
    let mut k = Kernel::new(96);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tile = k.shared("tile", Scalar::U32, 96);
    let tid = k.tid();
    k.repeat(u(3), false, |k, round| {
        let value = k.add(tid, round);
        k.store(tile, tid, value);
        k.barrier();
        let other = k.bin(BinaryOp::Sub, u(95), tid);
        let got = k.load(tile, other, Scalar::U32);
        k.store(out, tid, got);
        k.barrier();
    });
    let module = k.done();
    each_schedule(
        &module,
        |memory| out_buffer(memory, 96),
        |memory, report| {
            let out = memory.u32s(memory.find("out").unwrap());
            assert_eq!(out, (0..96).map(|i| 95 - i + 2).collect::<Vec<u32>>());
            assert_eq!(report.barriers, 6);
        },
    );
}

#[test]
fn named_barriers_hand_over() {
    // Warp 0 fills, warps 1 and 2 read: barrier 1 means full (96 threads), warp 0 only arrives.
    let mut k = Kernel::new(96);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tile = k.shared("tile", Scalar::U32, 32);
    let (tid, lane) = (k.tid(), k.builtin(Builtin::LaneId));
    let named = |k: &mut Kernel, id, arrive_only| {
        k.sync(SyncOp::Named { id: u(id), threads: 96, arrive_only });
    };
    let producer = k.block(|k| {
        k.repeat(u(4), false, |k, round| {
            named(k, 2, false);
            let value = k.add(lane, round);
            k.store(tile, lane, value);
            named(k, 1, true);
        });
    });
    let consumer = k.block(|k| {
        k.repeat(u(4), false, |k, _| {
            named(k, 2, true);
            named(k, 1, false);
            let got = k.load(tile, lane, Scalar::U32);
            k.store(out, tid, got);
        });
    });
    k.roles(vec![("producer", 1, producer), ("consumer", 2, consumer)]);
    let module = k.done();
    each_schedule(
        &module,
        |memory| out_buffer(memory, 96),
        |memory, _| {
            let out = memory.u32s(memory.find("out").unwrap());
            assert_eq!(out[32..], (0..64).map(|i| i % 32 + 3).collect::<Vec<u32>>());
        },
    );
}

fn atomic(
    k: &mut Kernel,
    op: AtomicOp,
    place: Place,
    value: Operand,
    order: MemoryOrder,
) -> Operand {
    k.one(Op::Memory(MemoryOp::Atomic {
        op,
        place,
        value,
        returns: true,
        scope: Scope::Device,
        order,
    }))
}

#[test]
fn the_last_workgroup_sees_all_the_others() {
    // Each workgroup writes one part; the last to take a ticket sums them.
    let mut k = Kernel::new(1).grid(9);
    let parts = k.buffer("parts", Scalar::U32, Access::ReadWrite);
    let count = k.buffer("count", Scalar::U32, Access::ReadWrite);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let block = k.builtin(Builtin::BlockId(0));
    let value = k.mul(block, block);
    k.store(parts, block, value);
    let order = MemoryOrder::AcquireRelease;
    let ticket = atomic(&mut k, AtomicOp::Add, at(count, u(0)), u(1), order);
    let last = k.cmp(Comparison::Eq, ticket, u(8));
    let sum = k.local(Scalar::U32, "sum");
    k.when(last, |k| {
        k.assign(sum, u(0));
        k.repeat(u(9), false, |k, i| {
            let part = k.load(parts, i, Scalar::U32);
            let old = k.read(sum);
            let new = k.add(old, part);
            k.assign(sum, new);
        });
        let total = k.read(sum);
        k.store(out, u(0), total);
    });
    let module = k.done();
    each_schedule(
        &module,
        |memory| {
            let parts = memory.uninitialised("parts", 36);
            let count = memory.add_u32("count", &[0]);
            let out = memory.uninitialised("out", 4);
            [parts, count, out].map(Argument::Buffer).to_vec()
        },
        |memory, _| {
            let sum = (0..9).map(|i| i * i).sum::<u32>();
            assert_eq!(memory.u32s(memory.find("out").unwrap()), [sum]);
        },
    );
}

#[test]
fn workgroups_poll_each_other() {
    // A chain: each workgroup waits for the flag of the one before it.
    let mut k = Kernel::new(1).grid(6);
    let flags = k.buffer("flags", Scalar::U32, Access::ReadWrite);
    let data = k.buffer("data", Scalar::U32, Access::ReadWrite);
    let block = k.builtin(Builtin::BlockId(0));
    let first = k.cmp(Comparison::Eq, block, u(0));
    let next = k.add(block, u(1));
    let publish = |k: &mut Kernel, value| {
        k.store(data, block, value);
        let (place, order) = (at(flags, block), MemoryOrder::Release);
        let scope = Scope::Device;
        k.op(Op::Memory(MemoryOp::StoreOrdered { place, value: u(1), scope, order }));
    };
    k.when_else(
        first,
        |k| publish(k, u(1)),
        |k| {
            let before = k.bin(BinaryOp::Sub, block, u(1));
            k.forever(|k| {
                let flag = k.one(Op::Memory(MemoryOp::LoadOrdered {
                    place: at(flags, before),
                    ty: Scalar::U32,
                    scope: Scope::Device,
                    order: MemoryOrder::Acquire,
                }));
                let set = k.cmp(Comparison::Eq, flag, u(1));
                k.when(set, |k| k.leave());
            });
            let value = k.load(data, before, Scalar::U32);
            let product = k.mul(value, next);
            publish(k, product);
        },
    );
    let module = k.done();
    each_schedule(
        &module,
        |memory| {
            let flags = memory.add_u32("flags", &[0; 6]);
            let data = memory.uninitialised("data", 24);
            vec![Argument::Buffer(flags), Argument::Buffer(data)]
        },
        |memory, _| {
            assert_eq!(memory.u32s(memory.find("data").unwrap()), [1, 2, 6, 24, 120, 720]);
        },
    );
}

#[test]
fn atomics_combine() {
    let mut k = Kernel::new(64);
    let cells = k.buffer("cells", Scalar::I32, Access::ReadWrite);
    let tid = k.tid();
    let signed = k.one(Op::Arith(ArithOp::Convert(Scalar::I32, tid)));
    let neg = k.one(Op::Arith(ArithOp::Unary(UnaryOp::Neg, signed)));
    for (i, op) in
        [AtomicOp::Add, AtomicOp::Min, AtomicOp::Max, AtomicOp::Or].into_iter().enumerate()
    {
        let value = if op == AtomicOp::Or { signed } else { neg };
        atomic(&mut k, op, at(cells, u(i as u32)), value, MemoryOrder::Relaxed);
    }
    let module = k.done();
    each_schedule(
        &module,
        |memory| vec![Argument::Buffer(memory.add_u32("cells", &[0, 0, 0xFFFF_FF00, 0]))],
        |memory, _| {
            let cells = memory.u32s(memory.find("cells").unwrap());
            assert_eq!(cells.map_i32(), [-2016, -63, 0, 63]);
        },
    );
}

trait Signed {
    fn map_i32(&self) -> Vec<i32>;
}

impl Signed for Vec<u32> {
    fn map_i32(&self) -> Vec<i32> {
        self.iter().map(|x| *x as i32).collect()
    }
}
