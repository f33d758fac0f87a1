//! What a kernel's vector accesses demand of its buffers: a condition of the launch, since a view may
//! start at any element.

use crate::ir::op::{AsyncOp, Base, MatrixOp, MemoryOp, Op, Place};
use crate::ir::{Block, Condition, Module, ParamId, ParamKind, Stmt};

/// Gives every buffer the alignment of its widest access, and lets the launch check it where that is
/// more than an element's.
pub(super) fn require_alignment(module: &mut Module) {
    let mut widest = vec![1u32; module.params.len()];
    visit(module, &module.body, &mut widest);
    let stated: Vec<(ParamId, u32)> = module
        .conditions
        .iter()
        .filter_map(|condition| match condition {
            Condition::Aligned { param, bytes } => Some((*param, *bytes)),
            Condition::Compare(..) => None,
        })
        .collect();
    for (at, (param, widest)) in (0u32..).zip(module.params.iter_mut().zip(widest)) {
        let ParamKind::Buffer { element, align, .. } = &mut param.kind else { continue };
        let id = ParamId(at);
        let stated = stated.iter().filter(|(param, _)| *param == id).map(|(_, bytes)| *bytes);
        let stated = stated.max().unwrap_or(1).max(element.size());
        *align = stated.max(widest);
        if widest > stated {
            module.conditions.push(Condition::Aligned { param: id, bytes: widest });
        }
    }
}

fn visit(module: &Module, block: &Block, widest: &mut [u32]) {
    for stmt in &block.0 {
        if let Stmt::Let { op, .. } = stmt {
            for (place, bytes) in widths(module, op) {
                if let Base::Buffer(param) = place.base
                    && let Some(known) = widest.get_mut(param.index())
                {
                    *known = bytes.max(*known);
                }
            }
        }
        stmt.blocks().into_iter().for_each(|inner| visit(module, inner, widest));
    }
}

/// The places that an operation accesses, and of how many bytes their addresses are multiples.
fn widths(module: &Module, op: &Op) -> Vec<(Place, u32)> {
    match op {
        Op::Memory(MemoryOp::Load { place, ty, count, .. }) => vec![(*place, ty.size() * count)],
        Op::Memory(MemoryOp::Store { place, values, .. }) => {
            let size = values.first().map_or(1, |first| module.type_of(*first).size());
            vec![(*place, size * values.len() as u32)]
        }
        Op::Memory(MemoryOp::LoadOrdered { place, ty, .. }) => vec![(*place, ty.size())],
        Op::Memory(
            MemoryOp::StoreOrdered { place, value, .. }
            | MemoryOp::Atomic { place, value, .. }
            | MemoryOp::CompareExchange { place, value, .. },
        ) => vec![(*place, module.type_of(*value).size())],
        // Rows of 16 bytes are what a fragment moves at best; its text relies on the start.
        Op::Matrix(
            MatrixOp::FragmentLoad { place, .. } | MatrixOp::FragmentStore { place, .. },
        ) => vec![(*place, 16)],
        Op::Async(AsyncOp::CopyAsync { to, from, bytes, .. }) => {
            vec![(*to, *bytes), (*from, *bytes)]
        }
        Op::Async(AsyncOp::BulkLoad { to, from, .. } | AsyncOp::BulkStore { to, from, .. }) => {
            vec![(*to, 16), (*from, 16)]
        }
        Op::Async(AsyncOp::BulkPrefetch { from, .. }) => vec![(*from, 16)],
        _ => Vec::new(),
    }
}
