//! Shuffles, reductions, votes.

use tilewright_kernel_compiler::ir::op::{Base, ReduceOp, ShuffleMode, SubgroupOp, VoteMode};
use tilewright_kernel_compiler::ir::{Comparison, Op, Scalar};

use crate::golden::{SM_75, SM_80, check, emit};
use crate::kernel::{Kernel, u32};

const REDUCTIONS: [ReduceOp; 6] =
    [ReduceOp::Add, ReduceOp::Min, ReduceOp::Max, ReduceOp::And, ReduceOp::Or, ReduceOp::Xor];

fn exchange(k: &mut Kernel, ty: Scalar) {
    let x = k.buffer(&format!("x_{}", ty.name()), ty);
    let thread = k.thread();
    let value = k.load(Base::Buffer(x), thread, ty, 1)[0];
    let modes = [ShuffleMode::Xor, ShuffleMode::Up, ShuffleMode::Down, ShuffleMode::Index];
    for mode in modes {
        let lane = if mode == ShuffleMode::Index { thread } else { u32(4) };
        let op = SubgroupOp::Shuffle { mode, value, lane };
        let moved = k.op(Op::Subgroup(op));
        k.store(Base::Buffer(x), thread, &[moved]);
    }
    let first = k.op(Op::Subgroup(SubgroupOp::BroadcastFirst(value)));
    k.store(Base::Buffer(x), thread, &[first]);
    let bitwise = ty.is_integer();
    for op in REDUCTIONS.into_iter().take(if bitwise { 6 } else { 3 }) {
        let reduced = k.op(Op::Subgroup(SubgroupOp::Reduce(op, value)));
        k.store(Base::Buffer(x), thread, &[reduced]);
    }
}

#[test]
fn shuffles_and_reductions() {
    for target in [SM_75, SM_80] {
        let mut k = Kernel::new("exchange", target, 32);
        for ty in [Scalar::U32, Scalar::I32, Scalar::F32] {
            exchange(&mut k, ty);
        }
        check("exchange", k.finish());
    }
    let mut k = Kernel::new("exchange_wide", SM_80, 32);
    for ty in [Scalar::U64, Scalar::F16, Scalar::Bf16, Scalar::I8, Scalar::F16x2] {
        exchange(&mut k, ty);
    }
    check("exchange_wide", k.finish());
}

/// Sums go from the widest distance down: the order of the reference.
#[test]
fn float_sums_are_trees_from_the_widest_distance() {
    let mut k = Kernel::new("sum", SM_80, 32);
    let x = k.buffer("x", Scalar::F32);
    let thread = k.thread();
    let value = k.load(Base::Buffer(x), thread, Scalar::F32, 1)[0];
    let sum = k.op(Op::Subgroup(SubgroupOp::Reduce(ReduceOp::Add, value)));
    k.store(Base::Buffer(x), thread, &[sum]);
    let code = emit(k.finish()).code;
    let distances: Vec<&str> = code
        .lines()
        .filter(|line| line.contains("shfl.sync.bfly"))
        .filter_map(|line| line.split(", ").nth(2))
        .collect();
    assert_eq!(distances, ["16", "8", "4", "2", "1"]);
}

#[test]
fn votes() {
    let mut k = Kernel::new("votes", SM_80, 32);
    let y = k.buffer("y", Scalar::U32);
    let thread = k.thread();
    let p = k.compare(Comparison::Lt, thread, u32(7));
    for mode in [VoteMode::Any, VoteMode::All, VoteMode::Ballot] {
        let mut vote = k.op(Op::Subgroup(SubgroupOp::Vote(mode, p)));
        if mode != VoteMode::Ballot {
            vote = k.convert(Scalar::U32, vote);
        }
        k.store(Base::Buffer(y), thread, &[vote]);
    }
    for op in [ReduceOp::And, ReduceOp::Or, ReduceOp::Xor] {
        let r = k.op(Op::Subgroup(SubgroupOp::Reduce(op, p)));
        let r = k.convert(Scalar::U32, r);
        k.store(Base::Buffer(y), thread, &[r]);
    }
    check("votes", k.finish());
}
