//! Which values need a register: what only an unused pure operation or an address reads does not.
//!
//! Constant addends of indices become offsets of the instruction ([`super::address::peel`]), so their
//! sums are not computed.

use crate::ir::op::{AsyncOp, Base, MatrixOp, MemoryOp, Place};
use crate::ir::{Block, Module, Op, Operand, Stmt, ValueId};

use super::address::peel;

/// For each value whether something emitted reads it.
pub(super) fn needed(module: &Module, definitions: &[Option<&Op>]) -> Vec<bool> {
    let mut walk = Walk { module, definitions, needed: vec![false; module.values.len()] };
    walk.block(&module.body);
    walk.needed
}

/// Whether an operation may be left out if no result is needed.
pub(super) fn is_removable(op: &Op) -> bool {
    op.is_pure() || matches!(op, Op::Read(_))
}

struct Walk<'m> {
    module: &'m Module,
    definitions: &'m [Option<&'m Op>],
    needed: Vec<bool>,
}

impl Walk<'_> {
    /// Backwards: uses come after definitions.
    fn block(&mut self, block: &Block) {
        for stmt in block.0.iter().rev() {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { results, op, .. } => {
                let used = results.iter().any(|value| self.needed[value.index()]);
                if used || !is_removable(op) {
                    self.operation(op);
                }
            }
            Stmt::Assign { value, .. } => self.operand(*value),
            Stmt::If { condition, then, otherwise, .. } => {
                self.block(then);
                self.block(otherwise);
                self.operand(*condition);
            }
            Stmt::For { start, end, step, body, .. } => {
                self.block(body);
                for bound in [start, end, step] {
                    self.operand(*bound);
                }
            }
            Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => self.block(body),
            Stmt::Roles { roles, .. } => roles.iter().for_each(|role| self.block(&role.body)),
            Stmt::Assume { .. } | Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => {}
        }
    }

    fn operation(&mut self, op: &Op) {
        let mut operands = op.operands();
        for place in places(op) {
            if let Some(at) = operands.iter().position(|operand| *operand == place.index) {
                operands.swap_remove(at);
            }
            let wraps_alike = !matches!(place.base, Base::Buffer(_));
            let (value, _) = peel(self.module, self.definitions, place.index, wraps_alike);
            if let Some(value) = value {
                self.value(value);
            }
        }
        for operand in operands {
            self.operand(operand);
        }
    }

    fn operand(&mut self, operand: Operand) {
        if let Operand::Value(value) = operand {
            self.value(value);
        }
    }

    fn value(&mut self, value: ValueId) {
        self.needed[value.index()] = true;
    }
}

/// The places that an operation turns into addresses.
fn places(op: &Op) -> Vec<&Place> {
    match op {
        Op::Memory(op) => match op {
            MemoryOp::Load { place, .. }
            | MemoryOp::Store { place, .. }
            | MemoryOp::LoadOrdered { place, .. }
            | MemoryOp::StoreOrdered { place, .. }
            | MemoryOp::Atomic { place, .. }
            | MemoryOp::CompareExchange { place, .. }
            | MemoryOp::SharedAddress(place)
            | MemoryOp::Prefetch(place) => vec![place],
        },
        Op::Matrix(
            MatrixOp::FragmentLoad { place, .. }
            | MatrixOp::FragmentStore { place, .. }
            | MatrixOp::LoadMatrix { place, .. }
            | MatrixOp::StoreMatrix { place, .. }
            | MatrixOp::Descriptor { place, .. },
        ) => vec![place],
        Op::Async(op) => match op {
            AsyncOp::CopyAsync { to, from, .. } | AsyncOp::BulkStore { to, from, .. } => {
                vec![to, from]
            }
            AsyncOp::CopyAsyncArrive(place)
            | AsyncOp::BulkPrefetch { from: place, .. }
            | AsyncOp::TensorStore { from: place, .. }
            | AsyncOp::MbarrierInit { barrier: place, .. }
            | AsyncOp::MbarrierArrive { barrier: place, .. }
            | AsyncOp::MbarrierExpect { barrier: place, .. }
            | AsyncOp::MbarrierTryWait { barrier: place, .. }
            | AsyncOp::MbarrierWait { barrier: place, .. } => vec![place],
            AsyncOp::TensorLoad { to, barrier, .. } => vec![to, barrier],
            AsyncOp::BulkLoad { to, from, barrier, .. } => vec![to, from, barrier],
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
        | Op::Subgroup(_)
        | Op::Matrix(_) => Vec::new(),
    }
}
