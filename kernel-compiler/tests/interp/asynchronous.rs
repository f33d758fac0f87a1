//! cp.async, bulk and tensor copies, mbarrier pipelines.

use crate::kernel::*;
use tilewright_kernel_compiler::interp::{Argument, BufferId, Memory, TensorMapValue};
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

pub fn map_param(k: &mut Kernel, element: Scalar, tile: &[u32], swizzle: Swizzle) -> ParamId {
    k.param("map", ParamKind::TensorMap { element, tile: tile.to_vec(), swizzle, of: None })
}

pub fn map_argument(
    buffer: BufferId,
    element: Scalar,
    dims: &[u64],
    strides: &[u64],
    tile: &[u32],
    swizzle: Swizzle,
) -> Argument {
    let (dims, strides, tile) = (dims.to_vec(), strides.to_vec(), tile.to_vec());
    Argument::TensorMap(TensorMapValue { buffer, offset: 0, element, dims, strides, tile, swizzle })
}

fn words(memory: &Memory, name: &str) -> Vec<u32> {
    memory.u32s(memory.find(name).unwrap())
}

#[test]
fn copy_groups_complete_in_order() {
    let mut k = Kernel::new(32);
    let input = k.buffer("in", Scalar::U32, Access::Read);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tile = k.shared("tile", Scalar::U32, 256);
    let tid = k.tid();
    let index = k.mul(tid, u(4));
    let second = k.add(index, u(128));
    for (i, valid) in [(index, None), (second, Some(u(8)))] {
        let (to, from) = (at(tile, i), at(input, i));
        k.asynchronous(AsyncOp::CopyAsync { to, from, bytes: 16, valid });
        k.asynchronous(AsyncOp::CopyAsyncCommit);
    }
    for (pending, index) in [(1, index), (0, second)] {
        k.asynchronous(AsyncOp::CopyAsyncWait(pending));
        let words = k.load_many(tile, index, Scalar::U32, 4);
        k.store_many(out, index, words);
    }
    let module = k.done();
    each_schedule(
        &module,
        |memory| {
            let input = memory.add_u32("in", &(0..256).map(|i| i + 1).collect::<Vec<_>>());
            let out = memory.uninitialised("out", 1024);
            vec![Argument::Buffer(input), Argument::Buffer(out)]
        },
        |memory, report| {
            let expected = |i: u32| if i >= 128 && i % 4 >= 2 { 0 } else { i + 1 };
            assert_eq!(words(memory, "out"), (0..256).map(expected).collect::<Vec<_>>());
            assert_eq!(report.copies, 64);
        },
    );
}

#[test]
fn copies_arrive_on_an_mbarrier() {
    let mut k = Kernel::new(64);
    let input = k.buffer("in", Scalar::U32, Access::Read);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tile = k.shared("tile", Scalar::U32, 64);
    let bars = k.barriers(1);
    let tid = k.tid();
    k.first(|k| k.init_barrier(bars, 0, 64));
    k.barrier();
    let (to, from) = (at(tile, tid), at(input, tid));
    k.asynchronous(AsyncOp::CopyAsync { to, from, bytes: 4, valid: None });
    k.asynchronous(AsyncOp::CopyAsyncArrive(at(bars, u(0))));
    k.wait(bars, 0, u(0));
    let other = k.bin(BinaryOp::Sub, u(63), tid);
    let got = k.load(tile, other, Scalar::U32);
    k.store(out, tid, got);
    let module = k.done();
    each_schedule(
        &module,
        |memory| {
            let input = memory.add_u32("in", &(0..64).collect::<Vec<_>>());
            let out = memory.uninitialised("out", 256);
            vec![Argument::Buffer(input), Argument::Buffer(out)]
        },
        |memory, _| assert_eq!(words(memory, "out"), (0..64).rev().collect::<Vec<_>>()),
    );
}

/// A producer warp and a consumer warp over a ring of two stages.
#[test]
fn a_pipeline_of_bulk_loads() {
    const ROUNDS: u32 = 7;
    let mut k = Kernel::new(64);
    let input = k.buffer("in", Scalar::U32, Access::Read);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let ring = k.shared("ring", Scalar::U32, 64);
    let bars = k.barriers(4);
    k.first(|k| {
        (0..2).for_each(|stage| k.init_barrier(bars, stage, 1));
        (2..4).for_each(|stage| k.init_barrier(bars, stage, 32));
        k.sync(SyncOp::Fence(FenceKind::MbarrierInit));
    });
    k.barrier();
    let producer = k.block(|k| {
        k.elect(|k| {
            k.repeat(u(ROUNDS), false, |k, round| {
                let stage = k.bin(BinaryOp::And, round, u(1));
                let empty = k.add(stage, u(2));
                let turn = k.bin(BinaryOp::Shr, round, u(1));
                let parity = k.bin(BinaryOp::And, turn, u(1));
                let parity = k.bin(BinaryOp::Xor, parity, u(1));
                k.asynchronous(AsyncOp::MbarrierWait { barrier: at(bars, empty), parity });
                let barrier = at(bars, stage);
                k.asynchronous(AsyncOp::MbarrierExpect { barrier, bytes: u(128) });
                let (source, target) = (k.mul(round, u(32)), k.mul(stage, u(32)));
                k.asynchronous(AsyncOp::BulkLoad {
                    to: at(ring, target),
                    from: at(input, source),
                    bytes: u(128),
                    barrier,
                    l2: L2Hint::EvictFirst,
                });
            });
        });
    });
    let consumer = k.block(|k| {
        let lane = k.builtin(Builtin::LaneId);
        k.repeat(u(ROUNDS), false, |k, round| {
            let stage = k.bin(BinaryOp::And, round, u(1));
            let turn = k.bin(BinaryOp::Shr, round, u(1));
            let parity = k.bin(BinaryOp::And, turn, u(1));
            k.forever(|k| {
                let barrier = at(bars, stage);
                let over = k.one(Op::Async(AsyncOp::MbarrierTryWait { barrier, parity }));
                k.when(over, |k| k.leave());
            });
            let row = k.mul(stage, u(32));
            let from = k.add(row, lane);
            let got = k.load(ring, from, Scalar::U32);
            let row = k.mul(round, u(32));
            let to = k.add(row, lane);
            k.store(out, to, got);
            let empty = k.add(stage, u(2));
            k.arrive(at(bars, empty));
        });
    });
    k.roles(vec![("producer", 1, producer), ("consumer", 1, consumer)]);
    let module = k.done();
    let input: Vec<u32> = (0..32 * ROUNDS).map(|i| i * i).collect();
    each_schedule(
        &module,
        |memory| {
            let source = memory.add_u32("in", &input);
            let out = memory.uninitialised("out", 4 * input.len());
            vec![Argument::Buffer(source), Argument::Buffer(out)]
        },
        |memory, _| assert_eq!(words(memory, "out"), input),
    );
}

/// Loads an 8 x 32-column box of f16 at (-8 + 16 columns, row 5) of an 11-row tensor.
fn tensor_box(swizzle: Swizzle, columns: u32) {
    let size = 2;
    let mut k = Kernel::new(32);
    let map = map_param(&mut k, Scalar::F16, &[columns, 8], swizzle);
    let out = k.buffer("out", Scalar::U16, Access::Write);
    let tile = k.shared("tile", Scalar::U16, columns * 8);
    let bars = k.barriers(1);
    let tid = k.tid();
    let bytes = columns * 8 * size;
    k.first(|k| {
        k.init_barrier(bars, 0, 1);
        k.expect(bars, 0, bytes);
        k.asynchronous(AsyncOp::TensorLoad {
            map,
            coordinates: vec![i(-8), i(5)],
            to: at(tile, u(0)),
            barrier: at(bars, u(0)),
            multicast: None,
            l2: L2Hint::Default,
        });
    });
    k.barrier();
    k.wait(bars, 0, u(0));
    k.repeat(u(columns / 4), false, |k, i| {
        let row = k.mul(i, u(32));
        let index = k.add(row, tid);
        let got = k.load(tile, index, Scalar::U16);
        k.store(out, index, got);
    });
    let module = k.done();
    let (width, height) = (40usize, 11usize);
    let input: Vec<u16> = (0..width * height).map(|i| i as u16 + 1).collect();
    each_schedule(
        &module,
        |memory| {
            let source = memory.add_u16("in", &input);
            let out = memory.uninitialised("out", bytes as usize);
            let (dims, strides) = ([width as u64, height as u64], [2 * width as u64]);
            let tile = [columns, 8];
            let map = map_argument(source, Scalar::F16, &dims, &strides, &tile, swizzle);
            vec![map, Argument::Buffer(out)]
        },
        |memory, _| {
            let out = memory.u16s(memory.find("out").unwrap());
            for row in 0..8usize {
                for column in 0..columns as usize {
                    let (x, y) = (column as i64 - 8, row + 5);
                    let inside = x >= 0 && x < width as i64 && y < height;
                    let expected = if inside { input[y * width + x as usize] } else { 0 };
                    let chunk = column / 8;
                    let line = row * columns as usize * 2 / 128;
                    let moved = match swizzle {
                        Swizzle::None => chunk,
                        Swizzle::B32 => chunk ^ (line & 1),
                        Swizzle::B64 => chunk ^ (line & 3),
                        Swizzle::B128 => chunk ^ (line & 7),
                    };
                    let at = row * columns as usize + moved * 8 + column % 8;
                    assert_eq!(out[at], expected, "{swizzle:?} row {row} column {column}");
                }
            }
        },
    );
}

#[test]
fn tensor_loads_swizzle_and_fill() {
    tensor_box(Swizzle::None, 48);
    tensor_box(Swizzle::B32, 16);
    tensor_box(Swizzle::B64, 32);
    tensor_box(Swizzle::B128, 64);
}

#[test]
fn tensor_stores_clip_and_reduce() {
    let mut k = Kernel::new(32);
    let map = map_param(&mut k, Scalar::F32, &[4, 8], Swizzle::None);
    let tile = k.shared("tile", Scalar::F32, 32);
    let tid = k.tid();
    let value = k.one(Op::Arith(ArithOp::Convert(Scalar::F32, tid)));
    k.store(tile, tid, value);
    k.proxy_fence();
    k.barrier();
    k.first(|k| {
        for reduce in [BulkReduce::None, BulkReduce::With(AtomicOp::Add)] {
            let coordinates = vec![i(0), i(3)];
            k.asynchronous(AsyncOp::TensorStore { map, coordinates, from: at(tile, u(0)), reduce });
            k.asynchronous(AsyncOp::BulkCommit);
            k.asynchronous(AsyncOp::BulkWait { pending: 0, read: false });
        }
    });
    let module = k.done();
    each_schedule(
        &module,
        |memory| {
            let out = memory.add_f32("out", &[-1.0; 24]);
            vec![map_argument(out, Scalar::F32, &[4, 6], &[16], &[4, 8], Swizzle::None)]
        },
        |memory, _| {
            let out = memory.f32s(memory.find("out").unwrap());
            let expected = |i: usize| if i < 12 { -1.0 } else { 2.0 * (i as f32 - 12.0) };
            assert_eq!(out, (0..24).map(expected).collect::<Vec<_>>());
        },
    );
}

#[test]
fn bulk_stores_write_their_bytes() {
    let mut k = Kernel::new(32);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tile = k.shared("tile", Scalar::U32, 32);
    let tid = k.tid();
    k.store(tile, tid, tid);
    k.proxy_fence();
    k.barrier();
    k.elect(|k| {
        let (to, from) = (at(out, u(4)), at(tile, u(0)));
        k.asynchronous(AsyncOp::BulkStore { to, from, bytes: u(128), reduce: BulkReduce::None });
        k.asynchronous(AsyncOp::BulkCommit);
        k.asynchronous(AsyncOp::BulkWait { pending: 0, read: true });
    });
    let module = k.done();
    each_schedule(
        &module,
        |memory| vec![Argument::Buffer(memory.add_u32("out", &[7; 40]))],
        |memory, _| {
            let expected = |i: u32| if (4..36).contains(&i) { i - 4 } else { 7 };
            assert_eq!(words(memory, "out"), (0..40).map(expected).collect::<Vec<_>>());
        },
    );
}
