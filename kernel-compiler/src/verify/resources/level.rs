//! The instruction level that each operation needs.

use crate::ir::op::{AsyncOp, Base, Builtin, FenceKind, MatrixOp, MemoryOp, Scope, SyncOp};
use crate::ir::{Module, Op, Scalar};
use crate::target::{Ptx, Target, Wgsl};

/// What the target lacks and what would have it, if it lacks the operation.
pub(super) fn missing(op: &Op, module: &Module) -> Option<(&'static str, &'static str)> {
    match module.target {
        Target::Ptx(ptx) => ptx_missing(op, ptx),
        Target::Wgsl(wgsl) => wgsl_missing(op, module, wgsl),
    }
}

/// Least compute capability, exactness, and names. PTX ISA, "Target ISA Notes" of each instruction.
fn ptx_missing(op: &Op, ptx: Ptx) -> Option<(&'static str, &'static str)> {
    let at_least = |sm: u32, what, needs| (ptx.sm < sm).then_some((what, needs));
    match op {
        Op::Builtin(Builtin::ClusterRank) => at_least(90, "clusters", "sm_90"),
        Op::Builtin(_) | Op::Read(_) | Op::Param(_) | Op::Subgroup(_) => None,
        // 8-bit floats are emulated where the chip does not convert them.
        Op::Arith(_) => None,
        Op::Memory(op) => match op {
            MemoryOp::Atomic { scope: Scope::Cluster, .. }
            | MemoryOp::CompareExchange { scope: Scope::Cluster, .. }
            | MemoryOp::LoadOrdered { scope: Scope::Cluster, .. }
            | MemoryOp::StoreOrdered { scope: Scope::Cluster, .. } => {
                at_least(90, "clusters", "sm_90")
            }
            _ if crate::verify::walk::places(&Op::Memory(op.clone()))
                .iter()
                .any(|place| matches!(place.base, Base::Cluster { .. })) =>
            {
                at_least(90, "clusters", "sm_90")
            }
            _ => None,
        },
        Op::Sync(op) => match op {
            SyncOp::ClusterArrive | SyncOp::ClusterWait => at_least(90, "clusters", "sm_90"),
            SyncOp::Fence(FenceKind::ProxyAsync) => at_least(90, "asynchronous proxy", "sm_90"),
            SyncOp::Fence(FenceKind::MbarrierInit | FenceKind::Memory(Scope::Cluster)) => {
                at_least(90, "clusters", "sm_90")
            }
            SyncOp::Fence(FenceKind::Memory(_))
            | SyncOp::Barrier
            | SyncOp::SubgroupBarrier
            | SyncOp::Named { .. } => None,
        },
        Op::Matrix(op) => match op {
            MatrixOp::StoreMatrix { .. } => at_least(90, "stmatrix", "sm_90"),
            MatrixOp::Descriptor { .. }
            | MatrixOp::WgmmaFence
            | MatrixOp::Wgmma { .. }
            | MatrixOp::WgmmaCommit
            | MatrixOp::WgmmaWait(_) => {
                (!(ptx.exact && ptx.sm == 90)).then_some(("wgmma", "sm_90a exactly"))
            }
            MatrixOp::FragmentLoad { .. }
            | MatrixOp::FragmentStore { .. }
            | MatrixOp::FragmentFill(..)
            | MatrixOp::FragmentScale(..)
            | MatrixOp::FragmentMultiplyAdd { .. } => at_least(80, "matrix fragments", "sm_80"),
            MatrixOp::Mma { .. } | MatrixOp::LoadMatrix { .. } => None,
        },
        Op::Async(op) => match op {
            AsyncOp::CopyAsync { .. }
            | AsyncOp::CopyAsyncCommit
            | AsyncOp::CopyAsyncWait(_)
            | AsyncOp::CopyAsyncArrive(_) => at_least(80, "asynchronous copies", "sm_80"),
            AsyncOp::MbarrierInit { .. }
            | AsyncOp::MbarrierArrive { .. }
            | AsyncOp::MbarrierTryWait { .. }
            | AsyncOp::MbarrierWait { .. } => at_least(80, "mbarriers", "sm_80"),
            AsyncOp::MbarrierExpect { .. } => at_least(90, "mbarrier transactions", "sm_90"),
            AsyncOp::TensorLoad { .. }
            | AsyncOp::TensorStore { .. }
            | AsyncOp::TensorMapPrefetch(_) => at_least(90, "tensor copies", "sm_90"),
            AsyncOp::BulkLoad { .. }
            | AsyncOp::BulkStore { .. }
            | AsyncOp::BulkPrefetch { .. }
            | AsyncOp::BulkCommit
            | AsyncOp::BulkWait { .. } => at_least(90, "bulk copies", "sm_90"),
            // Remarks on earlier chips.
            AsyncOp::GridDependencyWait | AsyncOp::GridDependencyLaunch => None,
        },
    }
}

fn wgsl_missing(op: &Op, module: &Module, wgsl: Wgsl) -> Option<(&'static str, &'static str)> {
    let subgroups = || wgsl.subgroup.is_none().then_some(("subgroups", "wgsl(subgroup)"));
    match op {
        Op::Read(_) | Op::Param(_) | Op::Arith(_) => None,
        Op::Builtin(Builtin::ClusterRank) => Some(("clusters", "sm_90")),
        Op::Builtin(_) => None,
        Op::Subgroup(_) => subgroups(),
        Op::Memory(op) => match op {
            MemoryOp::SharedAddress(_) => Some(("addresses of workgroup memory", "PTX")),
            // Which atomics there are (relaxed ones on 32-bit integers), the back end knows.
            _ => None,
        },
        Op::Sync(SyncOp::Barrier) => None,
        Op::Sync(SyncOp::SubgroupBarrier) => subgroups(),
        Op::Sync(SyncOp::Named { .. }) => Some(("named barriers", "PTX")),
        Op::Sync(SyncOp::Fence(_)) => Some(("fences", "PTX")),
        Op::Sync(SyncOp::ClusterArrive | SyncOp::ClusterWait) => Some(("clusters", "sm_90")),
        Op::Matrix(op) => match op {
            MatrixOp::FragmentFill(id, _)
            | MatrixOp::FragmentScale(id, _)
            | MatrixOp::FragmentLoad { fragment: id, .. }
            | MatrixOp::FragmentStore { fragment: id, .. }
            | MatrixOp::FragmentMultiplyAdd { c: id, .. } => {
                let fragment = &module.fragments[id.index()];
                // Without cooperative matrices a fragment is held in registers.
                if wgsl.cooperative_matrix.is_some_and(|size| size != fragment.size) {
                    return Some(("matrices of this size", "wgsl(cooperative_matrix = SIZE)"));
                }
                let cooperative = wgsl.cooperative_matrix.is_some();
                (cooperative && fragment.element == Scalar::Bf16)
                    .then_some(("bf16 matrices", "PTX"))
            }
            MatrixOp::Mma { .. }
            | MatrixOp::LoadMatrix { .. }
            | MatrixOp::StoreMatrix { .. }
            | MatrixOp::Descriptor { .. }
            | MatrixOp::WgmmaFence
            | MatrixOp::Wgmma { .. }
            | MatrixOp::WgmmaCommit
            | MatrixOp::WgmmaWait(_) => Some(("matrix instructions in registers", "PTX")),
        },
        Op::Async(_) => Some(("asynchronous operations", "PTX")),
    }
}
