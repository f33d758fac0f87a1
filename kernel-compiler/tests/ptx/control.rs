//! Control flow, roles, one-thread regions, barriers.

use tilewright_kernel_compiler::ir::op::{
    Base, BinaryOp, Builtin, FenceKind, Place, Scope, SyncOp,
};
use tilewright_kernel_compiler::ir::{Comparison, Const, Op, Role, Scalar, Stmt};
use tilewright_kernel_compiler::target::Target;

use crate::golden::{SM_80, SM_90A, SM_100A, check, emit};
use crate::kernel::{Kernel, SPAN, at, f32, int, u32};

#[test]
fn branches_and_loops() {
    let mut k = Kernel::new("control", SM_80, 128);
    let (x, y) = (k.buffer("x", Scalar::F32), k.buffer("y", Scalar::F32));
    let n = k.scalar("n", Scalar::U32);
    let thread = k.thread();
    let sum = k.local(Scalar::F32, "sum");
    k.assign(sum, f32(0.0));
    k.count((thread, n, u32(128)), false, |k, i| {
        let odd = k.binary(BinaryOp::And, i, u32(1));
        let odd = k.compare(Comparison::Ne, odd, u32(0));
        k.when(odd, |k| k.0.push(Stmt::Continue(SPAN)));
        let value = k.load(Base::Buffer(x), i, Scalar::F32, 1)[0];
        let old = k.read(sum);
        let new = k.binary(BinaryOp::Add, old, value);
        k.assign(sum, new);
        let many = k.compare(Comparison::Gt, new, f32(1.0e6));
        k.when(many, |k| k.0.push(Stmt::Break(SPAN)));
    });
    let body = k.block(|k| {
        let old = k.read(sum);
        let small = k.compare(Comparison::Lt, old, f32(1.0));
        k.when_else(
            small,
            |k| k.0.push(Stmt::Break(SPAN)),
            |k| {
                let half = k.binary(BinaryOp::Mul, old, f32(0.5));
                k.assign(sum, half);
            },
        );
    });
    k.0.push(Stmt::Loop { body, span: SPAN });
    let outside = k.compare(Comparison::Ge, thread, n);
    k.0.push(Stmt::Assume { condition: Const::bool(true).into(), span: SPAN });
    k.when(outside, |k| k.0.push(Stmt::Return(SPAN)));
    k.when(Const::bool(false).into(), |k| k.store(Base::Buffer(y), at(0), &[f32(9.0)]));
    let result = k.read(sum);
    k.store(Base::Buffer(y), thread, &[result]);
    check("control", k.finish());
}

#[test]
fn counted_loops_of_every_kind() {
    let mut k = Kernel::new("loops", SM_80, 32);
    let y = k.buffer("y", Scalar::I32);
    let n = k.scalar("n", Scalar::I32);
    let m = k.scalar("m", Scalar::U32);
    let long = k.scalar("long", Scalar::U64);
    let signed = |v| int(Scalar::I32, v);
    let ranges = [
        (signed(-4), n, signed(1)),
        (signed(-4), n, signed(3)),
        (signed(0), signed(10), signed(4)),
        (u32(0), m, u32(7)),
        (u32(2), m, m),
        (int(Scalar::U64, 1), long, int(Scalar::U64, 5)),
    ];
    for range in ranges {
        for reverse in [false, true] {
            k.count(range, reverse, |k, i| {
                let i = k.convert(Scalar::I32, i);
                k.store(Base::Buffer(y), at(1), &[i]);
            });
        }
    }
    check("loops", k.finish());
}

/// A read that is used after a later write keeps the old value; one that is not shares the register.
#[test]
fn reads_do_not_follow_later_writes() {
    let mut k = Kernel::new("reads", SM_80, 32);
    let y = k.buffer("y", Scalar::U32);
    let a = k.local(Scalar::U32, "a");
    let b = k.local(Scalar::U32, "b");
    let thread = k.thread();
    k.assign(a, thread);
    k.assign(b, u32(1));
    k.count((u32(0), thread, u32(1)), false, |k, _| {
        let old_a = k.read(a);
        let old_b = k.read(b);
        k.assign(a, old_b);
        k.assign(b, old_a);
        let now = k.read(a);
        let now = k.binary(BinaryOp::Add, now, u32(1));
        k.assign(a, now);
    });
    let fixed = k.read(a);
    k.count((u32(0), u32(4), u32(1)), false, |k, _| {
        let sum = k.binary(BinaryOp::Add, fixed, u32(3));
        k.assign(a, sum);
    });
    let end = k.read(a);
    k.store(Base::Buffer(y), thread, &[end]);
    let text = check("reads", k.finish());
    // old_a and fixed need copies (their locals are written before the last use), the others none.
    let body = text.code.split("// body").nth(1).unwrap();
    let locals = ["%tw_r1", "%tw_r2"];
    let copies = body.lines().filter(|line| {
        let words: Vec<&str> = line.trim().trim_end_matches(';').split([' ', ',']).collect();
        matches!(words[..], ["mov.b32", to, "", from]
            if from.starts_with("%tw_r") && !locals.contains(&to) && from != "%tw_r0")
    });
    assert_eq!(copies.count(), 2, "{}", text.code);
}

fn barriers(k: &mut Kernel, scopes: &[Scope]) {
    k.effect(Op::Sync(SyncOp::Barrier));
    k.effect(Op::Sync(SyncOp::SubgroupBarrier));
    for arrive_only in [true, false] {
        k.effect(Op::Sync(SyncOp::Named { id: u32(1), threads: 64, arrive_only }));
    }
    for scope in scopes {
        k.effect(Op::Sync(SyncOp::Fence(FenceKind::Memory(*scope))));
    }
}

#[test]
fn coordinates_barriers_fences() {
    for target in [SM_80, SM_90A] {
        let mut k = Kernel::new("sync", target, 8);
        k.0.module.threads = [8, 4, 4];
        let y = k.buffer("y", Scalar::U32);
        let hopper = target == SM_90A;
        let mut builtins = vec![Builtin::LaneId, Builtin::SubgroupId];
        for axis in 0..3 {
            builtins.extend([
                Builtin::ThreadId(axis),
                Builtin::BlockId(axis),
                Builtin::GridDim(axis),
            ]);
        }
        if hopper {
            k.0.module.cluster = [2, 1, 1];
            builtins.push(Builtin::ClusterRank);
        }
        let mut sum = u32(0);
        for builtin in builtins {
            let value = k.op(Op::Builtin(builtin));
            sum = k.binary(BinaryOp::Xor, value, sum);
        }
        barriers(&mut k, &[Scope::Workgroup, Scope::Device, Scope::System]);
        let warp = k.op(Op::Builtin(Builtin::SubgroupId));
        let id = k.binary(BinaryOp::Add, warp, u32(2));
        k.effect(Op::Sync(SyncOp::Named { id, threads: 64, arrive_only: false }));
        if hopper {
            barriers(&mut k, &[Scope::Cluster]);
            for op in [
                SyncOp::Fence(FenceKind::ProxyAsync),
                SyncOp::Fence(FenceKind::MbarrierInit),
                SyncOp::ClusterArrive,
                SyncOp::ClusterWait,
            ] {
                k.effect(Op::Sync(op));
            }
        }
        k.store(Base::Buffer(y), at(0), &[sum]);
        check("sync", k.finish());
    }
}

#[test]
fn elected_threads_reconverge() {
    for target in [SM_80, SM_90A, SM_100A] {
        let mut k = Kernel::new("elect", target, 64);
        let y = k.buffer("y", Scalar::U32);
        let body = k.block(|k| k.store(Base::Buffer(y), at(0), &[u32(1)]));
        k.0.push(Stmt::ElectOne { body, span: SPAN });
        let text = check("elect", k.finish());
        assert!(text.code.contains("bar.warp.sync"));
    }
}

fn role(k: &mut Kernel, name: &str, warps: u32, registers: Option<u32>, value: f32) -> Role {
    let y = tilewright_kernel_compiler::ir::ParamId(0);
    let body = k.block(|k| {
        let thread = k.thread();
        k.store(Base::Buffer(y), thread, &[f32(value)]);
    });
    Role { name: name.to_owned(), warps, registers, body, span: SPAN }
}

fn roles(target: Target, threads: u32, registers: bool) -> Kernel {
    let mut k = Kernel::new("roles", target, threads);
    k.buffer("y", Scalar::F32);
    let budget = |n| registers.then_some(n);
    let producer = role(&mut k, "producer", 4, budget(40), 1.0);
    let consumer = role(&mut k, "consumer", 8, budget(232), 2.0);
    k.0.push(Stmt::Roles { roles: vec![producer, consumer], span: SPAN });
    k
}

#[test]
fn roles_split_the_warps() {
    let text = check("roles", roles(SM_90A, 384, true).finish());
    assert!(text.code.contains("setmaxnreg.dec.sync.aligned.u32 40;"));
    assert!(text.code.contains("setmaxnreg.inc.sync.aligned.u32 232;"));
    assert!(text.code.contains(".minnctapersm 1"));
    check("roles", roles(SM_80, 384, false).finish());
    // Warps that no role names do nothing.
    let spare = emit(roles(SM_80, 512, false).finish()).code;
    assert_eq!(spare.matches("setp.ge.u32").count(), 2, "{spare}");
}

#[test]
fn clusters_reach_each_others_shared_memory() {
    let mut k = Kernel::new("cluster", SM_90A, 64);
    k.0.module.cluster = [2, 1, 1];
    k.0.module.min_blocks = Some(2);
    let tile = k.shared("tile", Scalar::F32, 64, 16);
    let y = k.buffer("y", Scalar::F32);
    let thread = k.thread();
    let rank = k.op(Op::Builtin(Builtin::ClusterRank));
    let other = k.binary(BinaryOp::Xor, rank, u32(1));
    let base = Base::Cluster { array: tile, rank: other };
    k.store(Base::Shared(tile), thread, &[f32(1.0)]);
    k.effect(Op::Sync(SyncOp::ClusterArrive));
    k.effect(Op::Sync(SyncOp::ClusterWait));
    let near = k.load(base, thread, Scalar::F32, 1)[0];
    let first = k.load(base, u32(3), Scalar::F32, 1)[0];
    let place = Place { base, index: thread };
    let sum = k.binary(BinaryOp::Add, near, first);
    k.store(place.base, place.index, &[sum]);
    k.store(Base::Buffer(y), thread, &[sum]);
    check("cluster", k.finish());
}
