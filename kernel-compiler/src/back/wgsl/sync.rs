//! Barriers.

use super::writer::Writer;
use crate::ir::op::SyncOp;
use crate::ir::{Access, ParamKind};

impl Writer<'_> {
    /// A barrier. `workgroupBarrier` orders workgroup memory only: where a buffer is both written and
    /// read, `storageBarrier` goes before it.
    pub(super) fn sync(&mut self, op: &SyncOp) {
        match op {
            SyncOp::Barrier => {
                let updated = self.module.params.iter().any(|param| {
                    matches!(param.kind, ParamKind::Buffer { access: Access::ReadWrite, .. })
                });
                if updated {
                    self.line("storageBarrier();");
                }
                self.line("workgroupBarrier();");
            }
            SyncOp::SubgroupBarrier => {
                self.uses_subgroups = true;
                self.line("subgroupBarrier();");
            }
            // Legalisation refuses the others.
            SyncOp::Named { .. }
            | SyncOp::Fence(_)
            | SyncOp::ClusterArrive
            | SyncOp::ClusterWait => {}
        }
    }
}
