//! What operations ask of the threads that reach them.

use super::Uniform;
use crate::diag::catalog::sync::{
    BARRIER_ID, BARRIER_IN_ROLE, BARRIER_NOT_UNIFORM, CLUSTER_NOT_UNIFORM, ELECT_NOT_UNIFORM,
    ROLES_NOT_UNIFORM, SUBGROUP_NOT_UNIFORM, WARP_GROUP_NOT_UNIFORM,
};
use crate::diag::{Diagnostic, Entry};
use crate::ir::op::{MatrixOp, SyncOp};
use crate::ir::{Op, Span, Uniformity};

/// The mistake, the threads that must come together, and their name.
type Demand = (&'static Entry, Uniformity, &'static str);

const WORKGROUP: Demand = (&BARRIER_NOT_UNIFORM, Uniformity::Workgroup, "workgroup");
const CLUSTER: Demand = (&CLUSTER_NOT_UNIFORM, Uniformity::Cluster, "cluster");
const WARP_GROUP: Demand = (&WARP_GROUP_NOT_UNIFORM, Uniformity::WarpGroup, "warp group");
const SUBGROUP: Demand = (&SUBGROUP_NOT_UNIFORM, Uniformity::Subgroup, "subgroup");

fn demand(op: &Op) -> Option<Demand> {
    match op {
        Op::Sync(SyncOp::Barrier) => Some(WORKGROUP),
        Op::Sync(SyncOp::ClusterArrive | SyncOp::ClusterWait) => Some(CLUSTER),
        Op::Sync(SyncOp::SubgroupBarrier | SyncOp::Named { .. }) | Op::Subgroup(_) => {
            Some(SUBGROUP)
        }
        Op::Matrix(op) => match op {
            MatrixOp::WgmmaFence
            | MatrixOp::Wgmma { .. }
            | MatrixOp::WgmmaCommit
            | MatrixOp::WgmmaWait(_) => Some(WARP_GROUP),
            MatrixOp::Descriptor { .. } => None,
            _ => Some(SUBGROUP),
        },
        _ => None,
    }
}

impl Uniform<'_, '_> {
    fn report(&mut self, entry: &'static Entry, span: Span, message: String, help: &str) {
        if let Some(sink) = &mut self.sink {
            sink.report(Diagnostic::new(entry, span, message).help(help));
        }
    }

    /// Checks that the threads an operation needs reach it together.
    pub(super) fn require(&mut self, op: &Op, reach: Uniformity, span: Span) {
        if let Op::Sync(SyncOp::Named { id, .. }) = op
            && self.operand(*id) > Uniformity::Subgroup
        {
            let message = "the number of a named barrier varies within a subgroup".to_owned();
            let help = "compute it from the subgroup's index, or broadcast it from one lane";
            self.report(&BARRIER_ID, span, message, help);
        }
        let Some((entry, needed, name)) = demand(op) else { return };
        if reach <= needed {
            return;
        }
        if self.in_role && entry == &BARRIER_NOT_UNIFORM {
            let message = "a role cannot meet the whole workgroup".to_owned();
            let help = "use a named barrier over this role's threads";
            return self.report(&BARRIER_IN_ROLE, span, message, help);
        }
        let what = self.module.print(op);
        let what = what.split([' ', '.']).next().unwrap_or_default();
        let message = format!("not every thread of the {name} may reach this `{what}`");
        let help = match entry.code == BARRIER_NOT_UNIFORM.code {
            true => "move it out of the `if`, loop or early return that depends on the thread",
            false => "make the conditions around it uniform, or move it out of them",
        };
        self.report(entry, span, message, help);
    }

    /// `elect_one` needs a converged subgroup.
    pub(super) fn require_elect(&mut self, reach: Uniformity, span: Span) {
        if reach > Uniformity::Subgroup {
            let message = "not every lane of the subgroup may reach this `elect_one`".to_owned();
            let help = "make the conditions around it uniform, or write `if lane_id() == 0`";
            self.report(&ELECT_NOT_UNIFORM, span, message, help);
        }
    }

    /// `roles` needs the whole workgroup.
    pub(super) fn require_roles(&mut self, reach: Uniformity, span: Span) {
        if reach > Uniformity::Workgroup {
            let message = "not every thread of the workgroup may reach these roles".to_owned();
            let help = "move them out of the condition that depends on the thread";
            self.report(&ROLES_NOT_UNIFORM, span, message, help);
        }
    }
}
