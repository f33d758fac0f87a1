//! What each operation does to what is in flight.

use super::Flight;
use crate::diag::catalog::asynchronous::{
    COMMIT_MISSING, COPY_IN_FLIGHT, DEPENDENT_ACCESS, FENCE_MISSING,
};
use crate::ir::op::{AsyncOp, Base, MatrixOp, Place, WgmmaA};
use crate::ir::{Op, Operand, ParamKind, ParamRole, Span};
use crate::verify::memory::{Use, uses};

impl Flight<'_, '_> {
    /// Applies an operation.
    pub(super) fn operation(&mut self, op: &Op, span: Span) {
        if self.dependent {
            self.dependent_accesses(op, span);
        }
        match op {
            Op::Read(local) => self.touched(*local, span, "read"),
            Op::Matrix(MatrixOp::Wgmma { .. }) => self.wgmma(op, span),
            Op::Matrix(op) => self.groups(op, span),
            Op::Async(op) => self.copies(op, span),
            _ => {}
        }
        if !matches!(op, Op::Async(_)) {
            for (place, used) in uses(op) {
                self.shared_access(&place, used, span);
            }
        }
    }

    fn dependent_accesses(&mut self, op: &Op, span: Span) {
        if self.state.as_ref().is_none_or(|state| state.ready) {
            return;
        }
        for (place, _) in uses(op) {
            let Base::Buffer(id) = place.base else { continue };
            let param = &self.module.params[id.index()];
            if let ParamKind::Buffer { role: ParamRole::Activations, .. } = param.kind {
                let name = &param.name;
                let message = format!("`{name}` is accessed before the dependency wait");
                let help = "move the access after `grid_dependency_wait()`, or declare the parameter \
                            `Weights<T>` if no earlier kernel writes it";
                self.report(&DEPENDENT_ACCESS, span, message, help);
            }
        }
    }

    fn shared_access(&mut self, place: &Place, used: Use, span: Span) {
        let Base::Shared(array) = place.base else { return };
        let copied = self.state.as_ref().is_some_and(|s| s.copied.contains(&array));
        if copied && used != Use::Write {
            let name = &self.module.shared[array.index()].name;
            let message = format!("`{name}` is read and no copy to it has been waited for");
            let help = "wait for the copy, then meet at a barrier, before reading it";
            self.report(&COPY_IN_FLIGHT, span, message, help);
        }
    }

    fn groups(&mut self, op: &MatrixOp, span: Span) {
        let Some(state) = &mut self.state else { return };
        match op {
            MatrixOp::WgmmaFence => {
                state.fenced = true;
                state.fresh_locals.clear();
                state.fresh_values.clear();
            }
            MatrixOp::WgmmaCommit => state.commit(),
            MatrixOp::WgmmaWait(pending) => {
                let open = state.wait(*pending);
                if open && *pending == 0 {
                    let message = "this waits for a wgmma that was never committed".to_owned();
                    let help = "commit the group before the wait";
                    self.report(&COMMIT_MISSING, span, message, help);
                }
            }
            _ => {}
        }
    }

    fn wgmma(&mut self, op: &Op, span: Span) {
        let Op::Matrix(MatrixOp::Wgmma { accumulator, a, .. }) = op else { return };
        let Some(state) = &mut self.state else { return };
        let registers: &[Operand] = match a {
            WgmmaA::Registers(registers) => registers,
            WgmmaA::Descriptor(_) => &[],
        };
        let mut unfenced = !state.fenced;
        for local in accumulator {
            unfenced |= state.fresh_locals.contains(local);
            state.accumulators.insert(*local, 0);
        }
        for register in registers {
            let Operand::Value(id) = register else { continue };
            unfenced |= state.fresh_values.contains(id);
            state.sources.insert(*id, 0);
            if let Some(Some(Op::Read(local))) = self.definitions.get(id.index()) {
                state.borrowed.insert(*local, 0);
            }
        }
        if unfenced {
            let message = "registers of this wgmma were written and no fence follows".to_owned();
            let help = "put `wgmma_fence()` between the last write of its registers and the wgmma";
            self.report(&FENCE_MISSING, span, message, help);
        }
    }

    fn copies(&mut self, op: &AsyncOp, span: Span) {
        let Some(state) = &mut self.state else { return };
        match op {
            AsyncOp::CopyAsync { to, .. } => {
                if let Base::Shared(array) = to.base {
                    state.copied.insert(array);
                    state.uncommitted.insert(array);
                }
            }
            AsyncOp::CopyAsyncCommit => state.uncommitted.clear(),
            AsyncOp::CopyAsyncArrive(_) => {
                // The mbarrier's wait covers them.
                state.uncommitted.clear();
            }
            AsyncOp::CopyAsyncWait(pending) => {
                let first = state.uncommitted.iter().next().copied();
                let forgotten = first.filter(|_| *pending == 0);
                state.copied.clear();
                if let Some(array) = forgotten {
                    let name = &self.module.shared[array.index()].name;
                    let message = format!("this wait does not cover the copy to `{name}`");
                    let help = "commit the group before the wait";
                    self.report(&COMMIT_MISSING, span, message, help);
                }
            }
            AsyncOp::MbarrierWait { .. } | AsyncOp::MbarrierTryWait { .. } => state.copied.clear(),
            AsyncOp::GridDependencyWait => state.ready = true,
            _ => {}
        }
    }
}
