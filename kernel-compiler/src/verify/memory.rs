//! Who may read and write what.

use super::walk::operations;
use crate::diag::catalog::memory::{
    NARROW_STORE, NON_COHERENT, READ_ONLY, WEIGHTS_WRITTEN, WRITE_ONLY,
};
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::op::{AsyncOp, Base, MatrixOp, MemoryOp, Place};
use crate::ir::{Access, Module, Op, ParamKind, ParamRole, Scalar, Span};
use crate::target::Target;

/// Checks accesses against the declarations of their parameters.
pub(super) fn check(module: &Module, sink: &mut Diagnostics) {
    let mut memory = Memory { module, sink };
    operations(&module.body, &mut |op, span| memory.operation(op, span));
}

/// What an operation does to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Reads it.
    Read,
    /// Writes it.
    Write,
    /// Both.
    Both,
}

/// The places that an operation touches, and how.
pub(super) fn uses(op: &Op) -> Vec<(Place, Use)> {
    match op {
        Op::Memory(op) => match op {
            MemoryOp::Load { place, .. } | MemoryOp::LoadOrdered { place, .. } => {
                vec![(*place, Use::Read)]
            }
            MemoryOp::Store { place, .. } | MemoryOp::StoreOrdered { place, .. } => {
                vec![(*place, Use::Write)]
            }
            MemoryOp::Atomic { place, .. } | MemoryOp::CompareExchange { place, .. } => {
                vec![(*place, Use::Both)]
            }
            MemoryOp::SharedAddress(_) | MemoryOp::Prefetch(_) => Vec::new(),
        },
        Op::Matrix(op) => match op {
            MatrixOp::FragmentLoad { place, .. } | MatrixOp::LoadMatrix { place, .. } => {
                vec![(*place, Use::Read)]
            }
            MatrixOp::FragmentStore { place, .. } | MatrixOp::StoreMatrix { place, .. } => {
                vec![(*place, Use::Write)]
            }
            _ => Vec::new(),
        },
        Op::Async(op) => match op {
            AsyncOp::CopyAsync { to, from, .. }
            | AsyncOp::BulkLoad { to, from, .. }
            | AsyncOp::BulkStore { to, from, .. } => {
                vec![(*to, Use::Write), (*from, Use::Read)]
            }
            AsyncOp::TensorLoad { to, .. } => vec![(*to, Use::Write)],
            AsyncOp::TensorStore { from, .. } => vec![(*from, Use::Read)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

struct Memory<'m, 's> {
    module: &'m Module,
    sink: &'s mut Diagnostics,
}

impl Memory<'_, '_> {
    fn operation(&mut self, op: &Op, span: Span) {
        for (place, used) in uses(op) {
            if let Base::Buffer(id) = place.base {
                let param = &self.module.params[id.index()];
                let ParamKind::Buffer { access, role, .. } = &param.kind else { continue };
                let writes = used != Use::Read;
                let reads = used != Use::Write;
                if writes && *role == ParamRole::Weights {
                    let message = format!("`{}` is `Weights` and written here", param.name);
                    let help = format!("declare `{}: &mut [T]`", param.name);
                    self.report(Diagnostic::new(&WEIGHTS_WRITTEN, span, message).help(help));
                } else if writes && *access == Access::Read {
                    let message = format!("`{}` is read-only and written here", param.name);
                    let help = format!("declare `{}: &mut [T]`", param.name);
                    self.report(Diagnostic::new(&READ_ONLY, span, message).help(help));
                }
                if reads && *access == Access::Write {
                    let message = format!("`{}` is only written and read here", param.name);
                    let help = format!("declare `{}` as read and written", param.name);
                    self.report(Diagnostic::new(&WRITE_ONLY, span, message).help(help));
                }
            }
        }
        if let Op::Async(AsyncOp::TensorStore { map, .. }) = op {
            let param = &self.module.params[map.index()];
            if let ParamKind::TensorMap { of: Some(of), .. } = &param.kind
                && of.access == Access::Read
            {
                let message = format!("`{}` is read-only and written here", param.name);
                let help = format!("declare `{}: &mut TensorMap<T>`", param.name);
                self.report(Diagnostic::new(&READ_ONLY, span, message).help(help));
            }
        }
        if let Op::Memory(op) = op {
            self.cached(op, span);
            self.narrow(op, span);
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.report(diagnostic);
    }

    fn cached(&mut self, op: &MemoryOp, span: Span) {
        let MemoryOp::Load { place, cache, .. } = op else { return };
        if !cache.non_coherent {
            return;
        }
        let name = super::base_name(self.module, place.base);
        let weights = match place.base {
            Base::Buffer(id) => matches!(
                self.module.params[id.index()].kind,
                ParamKind::Buffer { role: ParamRole::Weights, .. }
            ),
            _ => false,
        };
        if !weights {
            let message = format!("`{name}` is loaded through the non-coherent path");
            self.report(
                Diagnostic::new(&NON_COHERENT, span, message)
                    .help(format!("declare `{name}: Weights<T>`, or use a plain load")),
            );
        }
    }

    fn narrow(&mut self, op: &MemoryOp, span: Span) {
        let Target::Wgsl(wgsl) = self.module.target else { return };
        let MemoryOp::Store { place, values, .. } = op else { return };
        let Some(ty) = values.first().map(|v| self.module.type_of(*v)) else { return };
        let bytes = ty.size() * values.len() as u32;
        // Arrays of f16 exist where the target has f16: no word is shared there.
        let native = ty == Scalar::F16 && wgsl.f16;
        if bytes < 4 && !native {
            let name = super::base_name(self.module, place.base);
            let (count, ty) = (4 / ty.size(), ty.name());
            let message = format!(
                "on WGSL a thread must own a whole 32-bit word: this stores {bytes} bytes to `{name}`"
            );
            self.report(Diagnostic::new(&NARROW_STORE, span, message).help(format!(
                "store {count} {ty} at once: use a vector width of at least {count}"
            )));
        }
    }
}
