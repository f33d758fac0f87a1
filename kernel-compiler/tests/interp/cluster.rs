//! Clusters: distributed shared memory, cluster barriers, multicast.

use crate::asynchronous::{map_argument, map_param};
use crate::kernel::*;
use tilewright_kernel_compiler::interp::Argument;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

fn cluster_barrier(k: &mut Kernel) {
    k.sync(SyncOp::ClusterArrive);
    k.sync(SyncOp::ClusterWait);
}

fn peer(base: Base, rank: Operand) -> Base {
    match base {
        Base::Shared(array) => Base::Cluster { array, rank },
        other => other,
    }
}

#[test]
fn workgroups_read_their_peers_memory() {
    let mut k = Kernel::new(32).cluster(4);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tile = k.shared("tile", Scalar::U32, 32);
    let (tid, rank) = (k.tid(), k.builtin(Builtin::ClusterRank));
    let scaled = k.mul(rank, u(100));
    let value = k.add(scaled, tid);
    k.store(tile, tid, value);
    cluster_barrier(&mut k);
    let next = k.add(rank, u(1));
    let next = k.bin(BinaryOp::Rem, next, u(4));
    let got = k.load(peer(tile, next), tid, Scalar::U32);
    let row = k.mul(rank, u(32));
    let index = k.add(row, tid);
    k.store(out, index, got);
    // Nobody ends while its memory may be read.
    cluster_barrier(&mut k);
    let module = k.done();
    each_schedule(
        &module,
        |memory| vec![Argument::Buffer(memory.uninitialised("out", 512))],
        |memory, _| {
            let out = memory.u32s(memory.find("out").unwrap());
            let expected: Vec<u32> = (0..128).map(|i| (i / 32 + 1) % 4 * 100 + i % 32).collect();
            assert_eq!(out, expected);
        },
    );
}

#[test]
fn a_multicast_load_fills_both_workgroups() {
    let mut k = Kernel::new(32).cluster(2);
    let map = map_param(&mut k, Scalar::U32, &[4, 8], Swizzle::None);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let tile = k.shared("tile", Scalar::U32, 32);
    let bars = k.barriers(1);
    let (tid, rank) = (k.tid(), k.builtin(Builtin::ClusterRank));
    k.first(|k| {
        k.init_barrier(bars, 0, 1);
        k.expect(bars, 0, 128);
    });
    cluster_barrier(&mut k);
    let zero = k.cmp(Comparison::Eq, rank, u(0));
    k.when(zero, |k| {
        k.first(|k| {
            k.asynchronous(AsyncOp::TensorLoad {
                map,
                coordinates: vec![i(0), i(0)],
                to: at(tile, u(0)),
                barrier: at(bars, u(0)),
                multicast: Some(u(3)),
                l2: L2Hint::Default,
            });
        });
    });
    k.wait(bars, 0, u(0));
    let got = k.load(tile, tid, Scalar::U32);
    let row = k.mul(rank, u(32));
    let index = k.add(row, tid);
    k.store(out, index, got);
    let module = k.done();
    each_schedule(
        &module,
        |memory| {
            let input = memory.add_u32("in", &(0..32).map(|i| i * 3).collect::<Vec<_>>());
            let out = memory.uninitialised("out", 256);
            let map = map_argument(input, Scalar::U32, &[4, 8], &[16], &[4, 8], Swizzle::None);
            vec![map, Argument::Buffer(out)]
        },
        |memory, _| {
            let out = memory.u32s(memory.find("out").unwrap());
            assert_eq!(out, (0..64).map(|i| i % 32 * 3).collect::<Vec<u32>>());
        },
    );
}
