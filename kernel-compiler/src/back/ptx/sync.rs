//! Thread coordinates, parameters, barriers and fences.
//!
//! PTX ISA, chapter "Special Registers", sections "bar, barrier", "bar.warp.sync", "barrier.cluster",
//! "membar, fence".

use crate::ir::op::{Builtin, FenceKind, SyncOp};
use crate::ir::{ParamId, ParamKind, Scalar};

use super::emitter::{Emitter, Hoisted};
use super::header;
use super::registers::{Class, Reg};
use super::tables;

impl Emitter<'_> {
    /// The register of a scalar parameter.
    pub fn scalar_param(&mut self, param: ParamId) -> Reg {
        let module = self.module;
        let ParamKind::Scalar(ty) = module.params[param.index()].kind else {
            return self.buffer(param);
        };
        let name = header::param_name(param.index(), &module.params[param.index()]);
        let memory = header::param_type(ty, module.index_bits);
        self.hoist(Hoisted::Param(param), |e| {
            let class = if ty == Scalar::Bool { Class::B32 } else { e.class(ty) };
            let d = e.fresh(class);
            e.hoist_line(format_args!("ld.param.{memory} {d}, [{name}];"));
            if ty != Scalar::Bool {
                return d;
            }
            let p = e.fresh(Class::Pred);
            e.hoist_line(format_args!("setp.ne.u32 {p}, {d}, 0;"));
            p
        })
    }

    /// The register of a coordinate.
    pub fn builtin(&mut self, builtin: Builtin) -> Reg {
        match builtin {
            Builtin::ThreadId(axis) => self.special(["%tid.x", "%tid.y", "%tid.z"], axis),
            Builtin::BlockId(axis) => self.special(["%ctaid.x", "%ctaid.y", "%ctaid.z"], axis),
            Builtin::GridDim(axis) => self.special(["%nctaid.x", "%nctaid.y", "%nctaid.z"], axis),
            Builtin::LaneId => self.hoist(Hoisted::Lane, |e| {
                let (thread, d) = (e.linear_thread(), e.fresh(Class::B32));
                e.hoist_line(format_args!("and.b32 {d}, {thread}, 31;"));
                d
            }),
            Builtin::SubgroupId => self.hoist(Hoisted::Warp, |e| {
                let (thread, d) = (e.linear_thread(), e.fresh(Class::B32));
                e.hoist_line(format_args!("shr.u32 {d}, {thread}, 5;"));
                // All lanes agree already; the shuffle lets ptxas keep it in a uniform register.
                e.hoist_line(format_args!("shfl.sync.idx.b32 {d}, {d}, 0, 31, 0xffffffff;"));
                d
            }),
            Builtin::ClusterRank => {
                self.need(tables::CLUSTER);
                self.special(["%cluster_ctarank"; 3], 0)
            }
        }
    }

    fn special(&mut self, names: [&'static str; 3], axis: u8) -> Reg {
        let name = names[usize::from(axis.min(2))];
        self.hoist(Hoisted::Special(name), |e| {
            let d = e.fresh(Class::B32);
            e.hoist_line(format_args!("mov.u32 {d}, {name};"));
            d
        })
    }

    /// `x + y * X + z * X * Y`: warps are made of threads in this order.
    fn linear_thread(&mut self) -> Reg {
        let [x, y, z] = self.module.threads;
        if y == 1 && z == 1 {
            return self.builtin(Builtin::ThreadId(0));
        }
        self.hoist(Hoisted::LinearThread, |e| {
            let [tx, ty, tz] = [0, 1, 2].map(|axis| e.builtin(Builtin::ThreadId(axis)));
            let d = e.fresh(Class::B32);
            e.hoist_line(format_args!("mad.lo.u32 {d}, {tz}, {y}, {ty};"));
            e.hoist_line(format_args!("mad.lo.u32 {d}, {d}, {x}, {tx};"));
            d
        })
    }

    /// Emits a barrier or a fence.
    pub fn sync(&mut self, op: &SyncOp) {
        match op {
            SyncOp::Barrier => self.line("bar.sync 0;"),
            SyncOp::SubgroupBarrier => self.line("bar.warp.sync 0xffffffff;"),
            SyncOp::Named { id, threads, arrive_only } => {
                let id = self.arg(*id);
                let kind = if *arrive_only { "arrive" } else { "sync" };
                self.line(format_args!("bar.{kind} {id}, {threads};"));
            }
            SyncOp::Fence(FenceKind::Memory(scope)) => {
                let scope = self.scope(*scope);
                self.line(format_args!("fence.acq_rel.{scope};"));
            }
            SyncOp::Fence(FenceKind::ProxyAsync) => {
                self.need(tables::FENCE_PROXY_ASYNC);
                self.line("fence.proxy.async.shared::cta;");
            }
            SyncOp::Fence(FenceKind::MbarrierInit) => {
                self.need(tables::FENCE_MBARRIER_INIT);
                self.line("fence.mbarrier_init.release.cluster;");
            }
            SyncOp::ClusterArrive => {
                self.need(tables::CLUSTER);
                self.line("barrier.cluster.arrive.aligned;");
            }
            SyncOp::ClusterWait => {
                self.need(tables::CLUSTER);
                self.line("barrier.cluster.wait.aligned;");
            }
        }
    }
}
