//! Which reads of locals need no copy.
//!
//! `Op::Read` binds the value that the local has now. The copy can be left out if the local is not
//! written between the read and the value's last use, in program order; a use inside a loop that does
//! not hold the read counts at the loop's end.

use crate::ir::op::{MatrixOp, WgmmaA};
use crate::ir::{Block, LocalId, Module, Op, Operand, Stmt, ValueId};

/// The operation that defines each value; loop variables have none.
pub(super) fn definitions(module: &Module) -> Vec<Option<&Op>> {
    fn walk<'m>(block: &'m Block, found: &mut Vec<Option<&'m Op>>) {
        for stmt in &block.0 {
            if let Stmt::Let { results, op, .. } = stmt {
                for value in results {
                    found[value.index()] = Some(op);
                }
            }
            for inner in blocks(stmt) {
                walk(inner, found);
            }
        }
    }
    let mut found = vec![None; module.values.len()];
    walk(&module.body, &mut found);
    found
}

/// For each value whether it is a read that may share the local's register.
pub(super) fn forwarded(module: &Module) -> Vec<bool> {
    let mut walk = Walk {
        position: 0,
        defined: vec![0; module.values.len()],
        last_use: vec![0; module.values.len()],
        source: vec![None; module.values.len()],
        writes: vec![Vec::new(); module.locals.len()],
        loops: Vec::new(),
    };
    walk.block(&module.body);
    let shares = |value: usize| {
        let Some(local) = walk.source[value] else { return false };
        let writes = &walk.writes[local.index()];
        let first = writes.partition_point(|w| *w <= walk.defined[value]);
        writes.get(first).is_none_or(|w| *w >= walk.last_use[value])
    };
    (0..module.values.len()).map(shares).collect()
}

fn blocks(stmt: &Stmt) -> Vec<&Block> {
    match stmt {
        Stmt::If { then, otherwise, .. } => vec![then, otherwise],
        Stmt::For { body, .. } | Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => {
            vec![body]
        }
        Stmt::Roles { roles, .. } => roles.iter().map(|role| &role.body).collect(),
        Stmt::Let { .. }
        | Stmt::Assign { .. }
        | Stmt::Break(_)
        | Stmt::Continue(_)
        | Stmt::Return(_)
        | Stmt::Assume { .. } => Vec::new(),
    }
}

/// An open loop: where it starts, and the outer values that it uses.
struct OpenLoop {
    start: u32,
    used: Vec<ValueId>,
}

struct Walk {
    position: u32,
    defined: Vec<u32>,
    last_use: Vec<u32>,
    source: Vec<Option<LocalId>>,
    writes: Vec<Vec<u32>>,
    loops: Vec<OpenLoop>,
}

impl Walk {
    fn block(&mut self, block: &Block) {
        for stmt in &block.0 {
            self.position += 1;
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { results, op, .. } => self.operation(results, op),
            Stmt::Assign { local, value, .. } => {
                self.operand(*value);
                self.writes[local.index()].push(self.position);
            }
            Stmt::For { start, end, step, body, .. } => {
                self.operand(*start);
                self.loops.push(OpenLoop { start: self.position, used: Vec::new() });
                // The bounds are compared in every round.
                for bound in [start, end, step] {
                    self.operand(*bound);
                }
                self.block(body);
                self.close_loop();
            }
            Stmt::Loop { body, .. } => {
                self.loops.push(OpenLoop { start: self.position, used: Vec::new() });
                self.block(body);
                self.close_loop();
            }
            Stmt::If { condition, then, otherwise, .. } => {
                self.operand(*condition);
                self.block(then);
                self.block(otherwise);
            }
            Stmt::Roles { roles, .. } => roles.iter().for_each(|role| self.block(&role.body)),
            Stmt::ElectOne { body, .. } => self.block(body),
            Stmt::Assume { condition, .. } => self.operand(*condition),
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => {}
        }
    }

    fn close_loop(&mut self) {
        self.position += 1;
        if let Some(closed) = self.loops.pop() {
            for value in closed.used {
                self.last_use[value.index()] = self.position;
            }
        }
    }

    fn operation(&mut self, results: &[ValueId], op: &Op) {
        for operand in op.operands() {
            self.operand(operand);
        }
        for value in results {
            self.defined[value.index()] = self.position;
        }
        match (op, results) {
            (Op::Read(local), [value]) => self.source[value.index()] = Some(*local),
            (Op::Matrix(MatrixOp::Wgmma { accumulator, a, .. }), _) => {
                for local in accumulator {
                    self.writes[local.index()].push(self.position);
                }
                // The registers are read until a later wait: they get a copy of their own.
                if let WgmmaA::Registers(registers) = a {
                    for register in registers {
                        if let Operand::Value(value) = register {
                            self.last_use[value.index()] = u32::MAX;
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn operand(&mut self, operand: Operand) {
        let Operand::Value(value) = operand else { return };
        let defined = self.defined[value.index()];
        let last = &mut self.last_use[value.index()];
        *last = (*last).max(self.position);
        if let Some(outermost) = self.loops.iter_mut().find(|open| open.start > defined) {
            outermost.used.push(value);
        }
    }
}
