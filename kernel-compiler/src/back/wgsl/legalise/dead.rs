//! Removes values that nobody reads.

use crate::ir::op::{MemoryOp, Op};
use crate::ir::{Block, Module, Operand, Stmt, ValueId};
use std::collections::HashSet;

/// Drops pure operations, reads and plain loads whose results are unused, until none is left.
pub(super) fn eliminate(module: &mut Module) {
    let mut live = HashSet::new();
    // Definitions precede uses, so one walk from the end sees every use first.
    sweep(&mut module.body, &mut live);
}

fn removable(op: &Op) -> bool {
    op.is_pure() || matches!(op, Op::Read(_) | Op::Memory(MemoryOp::Load { .. }))
}

fn sweep(block: &mut Block, live: &mut HashSet<ValueId>) {
    let mut kept = Vec::with_capacity(block.0.len());
    for mut stmt in std::mem::take(&mut block.0).into_iter().rev() {
        let keep = match &mut stmt {
            Stmt::Let { results, op, .. } => {
                let used = !removable(op) || results.iter().any(|id| live.contains(id));
                if used {
                    op.operands().into_iter().for_each(|operand| mark(operand, live));
                }
                used
            }
            Stmt::Assign { value, .. } => {
                mark(*value, live);
                true
            }
            Stmt::If { condition, then, otherwise, .. } => {
                sweep(otherwise, live);
                sweep(then, live);
                let effect = !(then.0.is_empty() && otherwise.0.is_empty());
                if effect {
                    mark(*condition, live);
                }
                effect
            }
            Stmt::For { start, end, step, body, .. } => {
                sweep(body, live);
                let effect = !body.0.is_empty();
                if effect {
                    [*start, *end, *step].into_iter().for_each(|operand| mark(operand, live));
                }
                effect
            }
            Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => {
                sweep(body, live);
                true
            }
            _ => true,
        };
        if keep {
            kept.push(stmt);
        }
    }
    kept.reverse();
    block.0 = kept;
}

fn mark(operand: Operand, live: &mut HashSet<ValueId>) {
    if let Operand::Value(id) = operand {
        live.insert(id);
    }
}
