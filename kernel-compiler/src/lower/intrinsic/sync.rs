//! Barriers and fences.

use super::super::value::Val;
use super::super::{Eval, Lowerer};
use super::Call;
use crate::ir::Scalar;
use crate::ir::op::{FenceKind, Op, Scope, SyncOp};

pub(super) const NAMES: &[&str] = &[
    "barrier",
    "subgroup_barrier",
    "named_barrier",
    "named_barrier_arrive",
    "fence",
    "fence_cluster",
    "fence_device",
    "fence_system",
    "fence_proxy_async",
    "fence_mbarrier_init",
    "cluster_arrive",
    "cluster_wait",
];

impl<'a> Lowerer<'_, 'a> {
    pub(super) fn sync_intrinsic(&mut self, call: &Call<'a, '_>) -> Eval<'a> {
        let op = match call.name.name.as_str() {
            "named_barrier" | "named_barrier_arrive" => {
                let [id, threads] = self.arguments_of::<2>(call.name, call.arguments)?;
                let id = self.scalar(id, Scalar::U32, call.span)?;
                let threads =
                    self.const_u32(&threads, "a barrier's number of threads", call.span)?;
                let arrive_only = call.name.name == "named_barrier_arrive";
                self.effect(Op::Sync(SyncOp::Named { id, threads, arrive_only }), call.span);
                return Ok(Val::Unit);
            }
            "barrier" => SyncOp::Barrier,
            "subgroup_barrier" => SyncOp::SubgroupBarrier,
            "fence" => SyncOp::Fence(FenceKind::Memory(Scope::Workgroup)),
            "fence_cluster" => SyncOp::Fence(FenceKind::Memory(Scope::Cluster)),
            "fence_device" => SyncOp::Fence(FenceKind::Memory(Scope::Device)),
            "fence_system" => SyncOp::Fence(FenceKind::Memory(Scope::System)),
            "fence_proxy_async" => SyncOp::Fence(FenceKind::ProxyAsync),
            "fence_mbarrier_init" => SyncOp::Fence(FenceKind::MbarrierInit),
            "cluster_arrive" => SyncOp::ClusterArrive,
            _ => SyncOp::ClusterWait,
        };
        let [] = self.arguments_of::<0>(call.name, call.arguments)?;
        self.effect(Op::Sync(op), call.span);
        Ok(Val::Unit)
    }
}
