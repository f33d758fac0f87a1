//! Which loads from workgroup memory steer control flow round a barrier: WGSL's uniformity analysis
//! takes a plain load as varying, so these go through `workgroupUniformLoad`.
//!
//! The verifier has proved that the conditions are uniform, so each such load stands in uniform
//! control flow and reads one address, which is what `workgroupUniformLoad` demands; the barriers that
//! it implies are reached by the whole workgroup.

use crate::ir::op::{Base, MemoryOp, Op, SyncOp};
use crate::ir::{Block, LocalId, Module, Operand, Stmt, ValueId};
use std::collections::{HashMap, HashSet};

/// Whether a block holds a workgroup barrier at any depth.
pub(in crate::back::wgsl) fn has_barrier(block: &Block) -> bool {
    block.0.iter().any(|stmt| match stmt {
        Stmt::Let { op: Op::Sync(SyncOp::Barrier), .. } => true,
        Stmt::If { then, otherwise, .. } => has_barrier(then) || has_barrier(otherwise),
        Stmt::For { body, .. } | Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => {
            has_barrier(body)
        }
        _ => false,
    })
}

/// The loads.
pub(super) fn loads(module: &Module) -> HashSet<ValueId> {
    let mut graph = Graph::default();
    if !has_barrier(&module.body) {
        return HashSet::new();
    }
    graph.block(&module.body, &[]);
    graph.roots(&module.body, true);
    let mut found = HashSet::new();
    let mut seen = HashSet::new();
    while let Some(node) = graph.work.pop() {
        if !seen.insert(node) {
            continue;
        }
        if let Node::Value(id) = node
            && graph.shared_loads.contains(&id)
        {
            found.insert(id);
        }
        let inputs = graph.inputs.get(&node).cloned().unwrap_or_default();
        graph.work.extend(inputs);
    }
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    Value(ValueId),
    Local(LocalId),
}

/// What each value and local depends on, conditions of assignments included.
#[derive(Default)]
struct Graph {
    inputs: HashMap<Node, Vec<Node>>,
    shared_loads: HashSet<ValueId>,
    work: Vec<Node>,
}

fn node(operand: Operand) -> Option<Node> {
    match operand {
        Operand::Value(id) => Some(Node::Value(id)),
        Operand::Const(_) => None,
    }
}

impl Graph {
    fn block(&mut self, block: &Block, conditions: &[Node]) {
        for stmt in &block.0 {
            match stmt {
                Stmt::Let { results, op, .. } => self.define(results, op),
                Stmt::Assign { local, value, .. } => {
                    let inputs = self.inputs.entry(Node::Local(*local)).or_default();
                    inputs.extend(node(*value).into_iter().chain(conditions.iter().copied()));
                }
                Stmt::If { condition, then, otherwise, .. } => {
                    let inner: Vec<Node> =
                        conditions.iter().copied().chain(node(*condition)).collect();
                    self.block(then, &inner);
                    self.block(otherwise, &inner);
                }
                Stmt::For { variable, start, end, step, body, .. } => {
                    let bounds: Vec<Node> =
                        [*start, *end, *step].into_iter().filter_map(node).collect();
                    self.inputs.entry(Node::Value(*variable)).or_default().extend(&bounds);
                    let inner: Vec<Node> = conditions.iter().copied().chain(bounds).collect();
                    self.block(body, &inner);
                }
                Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => {
                    self.block(body, conditions);
                }
                _ => {}
            }
        }
    }

    fn define(&mut self, results: &[ValueId], op: &Op) {
        let mut inputs: Vec<Node> = op.operands().into_iter().filter_map(node).collect();
        if let Op::Read(local) = op {
            inputs.push(Node::Local(*local));
        }
        let shared = |op: &Op| match op {
            Op::Memory(MemoryOp::Load { place, .. }) => matches!(place.base, Base::Shared(_)),
            _ => false,
        };
        for result in results {
            self.inputs.insert(Node::Value(*result), inputs.clone());
            if shared(op) {
                self.shared_loads.insert(*result);
            }
        }
    }

    /// Puts the conditions on the work list that decide whether or how often a barrier is reached.
    fn roots(&mut self, block: &Block, in_barrier_loop: bool) {
        for stmt in &block.0 {
            match stmt {
                Stmt::If { condition, then, otherwise, .. } => {
                    let leaves = leaves_loop(then) || leaves_loop(otherwise);
                    if has_barrier(then) || has_barrier(otherwise) || (leaves && in_barrier_loop) {
                        self.work.extend(node(*condition));
                    }
                    self.roots(then, in_barrier_loop);
                    self.roots(otherwise, in_barrier_loop);
                }
                Stmt::For { start, end, step, body, .. } => {
                    let inside = has_barrier(body);
                    if inside {
                        self.work.extend([*start, *end, *step].into_iter().filter_map(node));
                    }
                    self.roots(body, inside);
                }
                Stmt::Loop { body, .. } => self.roots(body, has_barrier(body)),
                Stmt::ElectOne { body, .. } => self.roots(body, in_barrier_loop),
                _ => {}
            }
        }
    }
}

/// Whether a block leaves or restarts the loop round it, or the kernel.
fn leaves_loop(block: &Block) -> bool {
    block.0.iter().any(|stmt| match stmt {
        Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => true,
        Stmt::If { then, otherwise, .. } => leaves_loop(then) || leaves_loop(otherwise),
        _ => false,
    })
}
