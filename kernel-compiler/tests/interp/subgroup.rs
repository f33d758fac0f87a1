//! Shuffles, reductions, votes.

use crate::kernel::*;
use tilewright_kernel_compiler::interp::Argument;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::*;

/// The result of one operation on `10 * lane + 3` in every lane of two warps.
fn check(op: fn(Operand, Operand) -> SubgroupOp, expected: impl Fn(u32) -> u32) {
    let mut k = Kernel::new(64);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let (tid, lane) = (k.tid(), k.builtin(Builtin::LaneId));
    let scaled = k.mul(lane, u(10));
    let value = k.add(scaled, u(3));
    let result = k.one(Op::Subgroup(op(value, lane)));
    k.store(out, tid, result);
    let module = k.done();
    each_schedule(
        &module,
        |memory| vec![Argument::Buffer(memory.uninitialised("out", 256))],
        |memory, _| {
            let out = memory.u32s(memory.find("out").unwrap());
            for (i, value) in out.iter().enumerate() {
                assert_eq!(*value, expected(i as u32 % 32), "lane {i}");
            }
        },
    );
}

fn value(lane: u32) -> u32 {
    10 * lane + 3
}

#[test]
fn shuffles() {
    use ShuffleMode::*;
    check(|v, _| SubgroupOp::Shuffle { mode: Xor, value: v, lane: u(5) }, |l| value(l ^ 5));
    check(
        |v, _| SubgroupOp::Shuffle { mode: Up, value: v, lane: u(3) },
        |l| value(if l < 3 { l } else { l - 3 }),
    );
    check(
        |v, _| SubgroupOp::Shuffle { mode: Down, value: v, lane: u(3) },
        |l| value(if l > 28 { l } else { l + 3 }),
    );
    check(|v, _| SubgroupOp::Shuffle { mode: Index, value: v, lane: u(7) }, |_| value(7));
    check(|v, _| SubgroupOp::BroadcastFirst(v), |_| value(0));
}

#[test]
fn reductions() {
    check(|v, _| SubgroupOp::Reduce(ReduceOp::Add, v), |_| (0..32).map(value).sum());
    check(|v, _| SubgroupOp::Reduce(ReduceOp::Max, v), |_| value(31));
    check(|v, _| SubgroupOp::Reduce(ReduceOp::Min, v), |_| value(0));
    check(
        |v, _| SubgroupOp::Reduce(ReduceOp::Xor, v),
        |_| (0..32).map(value).fold(0, |a, b| a ^ b),
    );
}

#[test]
fn float_sums_follow_the_tree() {
    let mut k = Kernel::new(32);
    let input = k.buffer("in", Scalar::F32, Access::Read);
    let out = k.buffer("out", Scalar::F32, Access::Write);
    let tid = k.tid();
    let x = k.load(input, tid, Scalar::F32);
    let sum = k.one(Op::Subgroup(SubgroupOp::Reduce(ReduceOp::Add, x)));
    k.store(out, tid, sum);
    let module = k.done();
    let values: Vec<f32> = (0..32).map(|i| 1.0 / (i as f32 + 1.0)).collect();
    let mut tree = values.clone();
    while tree.len() > 1 {
        let half = tree.len() / 2;
        tree = (0..half).map(|i| tree[i] + tree[i + half]).collect();
    }
    each_schedule(
        &module,
        |memory| {
            let input = memory.add_f32("in", &values);
            let out = memory.uninitialised("out", 128);
            vec![Argument::Buffer(input), Argument::Buffer(out)]
        },
        |memory, _| assert_eq!(memory.f32s(memory.find("out").unwrap()), vec![tree[0]; 32]),
    );
}

#[test]
fn votes() {
    let mut k = Kernel::new(32);
    let out = k.buffer("out", Scalar::U32, Access::Write);
    let lane = k.builtin(Builtin::LaneId);
    let low = k.cmp(Comparison::Lt, lane, u(5));
    let ballot = k.one(Op::Subgroup(SubgroupOp::Vote(VoteMode::Ballot, low)));
    let any = k.one(Op::Subgroup(SubgroupOp::Vote(VoteMode::Any, low)));
    let all = k.one(Op::Subgroup(SubgroupOp::Vote(VoteMode::All, low)));
    let any = k.one(Op::Arith(ArithOp::Convert(Scalar::U32, any)));
    let all = k.one(Op::Arith(ArithOp::Convert(Scalar::U32, all)));
    k.first(|k| {
        for (i, value) in [ballot, any, all].into_iter().enumerate() {
            k.store(out, u(i as u32), value);
        }
    });
    let module = k.done();
    each_schedule(
        &module,
        |memory| vec![Argument::Buffer(memory.uninitialised("out", 12))],
        |memory, _| assert_eq!(memory.u32s(memory.find("out").unwrap()), [0x1F, 1, 0]),
    );
}
