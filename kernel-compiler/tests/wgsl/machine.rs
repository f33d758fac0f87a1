//! Subgroups and matrix fragments.

use crate::golden::check;
use crate::kernel::*;
use tilewright_kernel_compiler::ir::op::*;
use tilewright_kernel_compiler::ir::{Comparison, FragmentRole, Module, Operand, Scalar, Stmt};
use tilewright_kernel_compiler::target::Target;

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

/// With first elements and strides up to 1000, every tile is in bounds.
fn small(k: &mut Kernel, value: Operand) {
    let condition = k.compare(Comparison::Le, value, u(1000));
    k.b.push(Stmt::Assume { condition, span: AT });
}

fn matrix_product(target: Target, element: Scalar, size: u32) -> Module {
    let mut k = Kernel::new("matrix_product", target);
    k.b.module.threads = [32, 1, 1];
    let a = k.input("a", element);
    let b = k.input("b", element);
    let c = k.output("c", Scalar::F32);
    let depth = k.scalar("depth", Scalar::U32);
    let width = k.scalar("width", Scalar::U32);
    small(&mut k, depth);
    small(&mut k, width);
    let fa = k.fragment(FragmentRole::A, element, size);
    let fb = k.fragment(FragmentRole::B, element, size);
    let fc = k.fragment(FragmentRole::C, Scalar::F32, size);
    let block = k.op(Op::Builtin(Builtin::BlockId(0)));
    let row = k.binary(BinaryOp::Mul, block, u(size));
    let first = k.binary(BinaryOp::Mul, row, depth);
    k.effect(Op::Matrix(MatrixOp::FragmentFill(fc, f(0.0))));
    k.for_([u(0), depth, u(size)], false, |k, d| {
        let at = k.binary(BinaryOp::Add, first, d);
        small(k, at);
        small(k, d);
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
    small(&mut k, index);
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
