//! Walks over all statements of a module.

use crate::ir::op::{AsyncOp, MatrixOp, MemoryOp, Place};
use crate::ir::{Block, Op, Span, Stmt};

/// Calls `f` with every statement, outer ones before inner ones.
pub(super) fn statements<'m>(block: &'m Block, f: &mut dyn FnMut(&'m Stmt)) {
    for stmt in &block.0 {
        f(stmt);
        stmt.blocks().into_iter().for_each(|inner| statements(inner, f));
    }
}

/// Calls `f` with every operation.
pub(super) fn operations<'m>(block: &'m Block, f: &mut dyn FnMut(&'m Op, Span)) {
    statements(block, &mut |stmt| {
        if let Stmt::Let { op, span, .. } = stmt {
            f(op, *span);
        }
    });
}

/// The places that an operation names.
pub(super) fn places(op: &Op) -> Vec<Place> {
    match op {
        Op::Memory(op) => match op {
            MemoryOp::Load { place, .. }
            | MemoryOp::Store { place, .. }
            | MemoryOp::LoadOrdered { place, .. }
            | MemoryOp::StoreOrdered { place, .. }
            | MemoryOp::Atomic { place, .. }
            | MemoryOp::CompareExchange { place, .. }
            | MemoryOp::SharedAddress(place)
            | MemoryOp::Prefetch(place) => vec![*place],
        },
        Op::Matrix(op) => match op {
            MatrixOp::FragmentLoad { place, .. }
            | MatrixOp::FragmentStore { place, .. }
            | MatrixOp::LoadMatrix { place, .. }
            | MatrixOp::StoreMatrix { place, .. }
            | MatrixOp::Descriptor { place, .. } => vec![*place],
            _ => Vec::new(),
        },
        Op::Async(op) => match op {
            AsyncOp::CopyAsync { to, from, .. } | AsyncOp::BulkStore { to, from, .. } => {
                vec![*to, *from]
            }
            AsyncOp::CopyAsyncArrive(barrier)
            | AsyncOp::MbarrierInit { barrier, .. }
            | AsyncOp::MbarrierArrive { barrier, .. }
            | AsyncOp::MbarrierExpect { barrier, .. }
            | AsyncOp::MbarrierTryWait { barrier, .. }
            | AsyncOp::MbarrierWait { barrier, .. } => vec![*barrier],
            AsyncOp::TensorLoad { to, barrier, .. } => vec![*to, *barrier],
            AsyncOp::TensorStore { from, .. } | AsyncOp::BulkPrefetch { from, .. } => vec![*from],
            AsyncOp::BulkLoad { to, from, barrier, .. } => vec![*to, *from, *barrier],
            AsyncOp::CopyAsyncCommit
            | AsyncOp::CopyAsyncWait(_)
            | AsyncOp::TensorMapPrefetch(_)
            | AsyncOp::BulkCommit
            | AsyncOp::BulkWait { .. }
            | AsyncOp::GridDependencyWait
            | AsyncOp::GridDependencyLaunch => Vec::new(),
        },
        Op::Read(_)
        | Op::Param(_)
        | Op::Builtin(_)
        | Op::Arith(_)
        | Op::Sync(_)
        | Op::Subgroup(_) => Vec::new(),
    }
}
