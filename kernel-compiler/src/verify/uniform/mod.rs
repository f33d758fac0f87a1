//! Uniformity: which values are the same for which threads, and which code do they reach together.
//!
//! A forward analysis over the structured program with the lattice [`Uniformity`]. It follows the WGSL
//! standard's rules with these differences, each sound for programs without data races:
//! - Locals are tracked by flow: after a branch or a loop, a local assigned in it is as uniform as the
//!   values that meet *and* the condition or the loop's exits that chose between them.
//! - Control flow reconverges after an `if` and after a loop, and threads that `continue` meet the others
//!   in the next round; threads that returned never come back.
//! - A load from workgroup memory at a uniform index is uniform: all threads of uniform code read between
//!   the same barriers (on WGSL it goes through `workgroupUniformLoad`). So is one from a writable buffer
//!   on PTX; on WGSL that varies, for the standard has it so.
//! - The thread's linear index divided by 32 or 128 is uniform in a subgroup or a warp group, and so is
//!   its comparison with a multiple of these; a vote, a reduction and a broadcast are subgroup-uniform.

mod operation;
mod require;

use crate::diag::Diagnostics;
use crate::ir::{Block, LocalId, Module, Operand, Role, Span, Stmt, Uniformity, ValueId};

/// The uniformity of every value of a module.
#[derive(Debug, Clone)]
pub struct Analysis {
    values: Vec<Uniformity>,
}

impl Analysis {
    /// For which threads a value is the same.
    pub fn value(&self, id: ValueId) -> Uniformity {
        self.values.get(id.index()).copied().unwrap_or(Uniformity::Varying)
    }

    /// For which threads an operand is the same.
    pub fn operand(&self, operand: Operand) -> Uniformity {
        match operand {
            Operand::Const(_) => Uniformity::Grid,
            Operand::Value(id) => self.value(id),
        }
    }
}

/// Finds the uniformity of every value of a well-formed module.
pub fn analyse(module: &Module) -> Analysis {
    let mut uniform = Uniform::new(module, None);
    uniform.block(&module.body, Uniformity::Grid);
    Analysis { values: uniform.values }
}

/// Reports every barrier or collective operation that its threads may not reach together.
pub(super) fn check(module: &Module, sink: &mut Diagnostics) {
    let mut uniform = Uniform::new(module, Some(sink));
    uniform.block(&module.body, Uniformity::Grid);
}

/// The loop being analysed: how divergent its exits are, and what locals hold there.
struct Frame {
    leaves: Uniformity,
    continues: Uniformity,
    exit: Option<Vec<Uniformity>>,
    again: Option<Vec<Uniformity>>,
}

struct Uniform<'m, 's> {
    module: &'m Module,
    sink: Option<&'s mut Diagnostics>,
    values: Vec<Uniformity>,
    /// Values that are the linear thread index divided by so many, rounded down.
    units: Vec<Option<u32>>,
    locals: Vec<Uniformity>,
    /// Locals in order of assignment, to know which were assigned since some point.
    assigned: Vec<LocalId>,
    returned: Uniformity,
    frames: Vec<Frame>,
    in_role: bool,
    reachable: bool,
}

fn join_all(into: &mut [Uniformity], from: &[Uniformity]) -> bool {
    let mut changed = false;
    for (a, b) in into.iter_mut().zip(from) {
        changed |= *a < *b;
        *a = (*a).max(*b);
    }
    changed
}

impl<'m, 's> Uniform<'m, 's> {
    fn new(module: &'m Module, sink: Option<&'s mut Diagnostics>) -> Uniform<'m, 's> {
        Uniform {
            module,
            sink,
            values: vec![Uniformity::Grid; module.values.len()],
            units: vec![None; module.values.len()],
            locals: vec![Uniformity::Grid; module.locals.len()],
            assigned: Vec::new(),
            returned: Uniformity::Grid,
            frames: Vec::new(),
            in_role: false,
            reachable: true,
        }
    }

    fn operand(&self, operand: Operand) -> Uniformity {
        match operand {
            Operand::Const(_) => Uniformity::Grid,
            Operand::Value(id) => self.values[id.index()],
        }
    }

    /// How uniform the code at this point is, given its block's control flow.
    fn reach(&self, control: Uniformity) -> Uniformity {
        let frame = self.frames.last().map_or(Uniformity::Grid, |f| f.leaves.max(f.continues));
        control.max(self.returned).max(frame)
    }

    fn block(&mut self, block: &'m Block, control: Uniformity) {
        for stmt in &block.0 {
            let reach = self.reach(control);
            self.statement(stmt, reach);
        }
    }

    fn statement(&mut self, stmt: &'m Stmt, reach: Uniformity) {
        match stmt {
            Stmt::Let { results, op, span } => {
                self.require(op, reach, *span);
                self.operation(op, results);
            }
            Stmt::Assign { local, value, .. } => {
                self.assign(*local, self.operand(*value));
            }
            Stmt::If { condition, then, otherwise, .. } => {
                self.branch(self.operand(*condition), then, otherwise, reach);
            }
            Stmt::For { variable, start, end, step, body, .. } => {
                let bounds = [start, end, step].map(|o| self.operand(*o));
                let bounds = bounds.into_iter().fold(Uniformity::Grid, Uniformity::max);
                self.values[variable.index()] = self.values[variable.index()].max(bounds);
                self.repeat(body, reach, Some(bounds));
            }
            Stmt::Loop { body, .. } => self.repeat(body, reach, None),
            Stmt::Break(_) | Stmt::Continue(_) => self.jump(stmt, reach),
            Stmt::Return(_) => {
                self.returned = self.returned.max(reach);
                self.reachable = false;
            }
            Stmt::Roles { roles, span } => self.roles(roles, reach, *span),
            Stmt::ElectOne { body, span } => {
                self.require_elect(reach, *span);
                let since = self.assigned.len();
                let before = self.locals.clone();
                self.block(body, Uniformity::Varying);
                join_all(&mut self.locals, &before);
                self.diverged(since, Uniformity::Varying);
            }
            Stmt::Assume { .. } => {}
        }
    }

    fn assign(&mut self, local: LocalId, value: Uniformity) {
        self.locals[local.index()] = value;
        self.assigned.push(local);
    }

    /// Locals assigned since some point hold different values for threads told apart by `by`.
    fn diverged(&mut self, since: usize, by: Uniformity) {
        for local in &self.assigned[since..] {
            let state = &mut self.locals[local.index()];
            *state = (*state).max(by);
        }
    }

    fn branch(&mut self, by: Uniformity, then: &'m Block, otherwise: &'m Block, reach: Uniformity) {
        let since = self.assigned.len();
        let before = self.locals.clone();
        self.block(then, reach.max(by));
        let after_then = std::mem::replace(&mut self.reachable, true);
        let then_locals = std::mem::replace(&mut self.locals, before);
        self.block(otherwise, reach.max(by));
        match (after_then, self.reachable) {
            (true, true) => {
                join_all(&mut self.locals, &then_locals);
            }
            (true, false) => self.locals = then_locals,
            (false, _) => {}
        }
        let both = after_then && self.reachable;
        self.reachable |= after_then;
        if both {
            self.diverged(since, by);
        }
    }

    fn jump(&mut self, stmt: &Stmt, reach: Uniformity) {
        self.reachable = false;
        let Some(frame) = self.frames.last_mut() else { return };
        let (state, slot) = match stmt {
            Stmt::Break(_) => (&mut frame.leaves, &mut frame.exit),
            _ => (&mut frame.continues, &mut frame.again),
        };
        *state = (*state).max(reach);
        match slot {
            Some(locals) => {
                join_all(locals, &self.locals);
            }
            None => *slot = Some(self.locals.clone()),
        }
    }

    /// A loop, until nothing changes. `bounds` is the uniformity of a counted loop's bounds.
    fn repeat(&mut self, body: &'m Block, reach: Uniformity, bounds: Option<Uniformity>) {
        let since = self.assigned.len();
        let mut head = self.locals.clone();
        let mut leaves = bounds.unwrap_or(Uniformity::Grid);
        let sink = self.sink.take();
        loop {
            let frame = self.round(body, reach, leaves, &head);
            let changed = frame.leaves > leaves;
            leaves = frame.leaves;
            let ended = self.next_head(frame, since);
            if !(join_all(&mut head, &ended) || changed) {
                break;
            }
        }
        self.sink = sink;
        let frame = self.round(body, reach, leaves, &head);
        let mut exit = frame.exit.clone();
        let ended = self.next_head(frame, since);
        join_all(&mut head, &ended);
        if bounds.is_some() {
            match &mut exit {
                Some(locals) => {
                    join_all(locals, &head);
                }
                None => exit = Some(head),
            }
        }
        self.reachable = exit.is_some();
        if let Some(exit) = exit {
            self.locals = exit;
        }
        self.diverged(since, leaves);
    }

    fn round(
        &mut self,
        body: &'m Block,
        reach: Uniformity,
        leaves: Uniformity,
        head: &[Uniformity],
    ) -> Frame {
        let continues = Uniformity::Grid;
        self.frames.push(Frame { leaves, continues, exit: None, again: None });
        self.locals = head.to_vec();
        self.reachable = true;
        self.block(body, reach);
        self.frames.pop().unwrap_or(Frame { leaves, continues, exit: None, again: None })
    }

    /// What locals hold when a round ends and the next one starts.
    fn next_head(&mut self, frame: Frame, since: usize) -> Vec<Uniformity> {
        let falls = self.reachable;
        let mut ended = match (frame.again, falls) {
            (Some(mut again), true) => {
                join_all(&mut again, &self.locals);
                again
            }
            (Some(again), false) => again,
            (None, true) => self.locals.clone(),
            (None, false) => Vec::new(),
        };
        for local in &self.assigned[since..] {
            if let Some(state) = ended.get_mut(local.index()) {
                *state = (*state).max(frame.continues);
            }
        }
        self.reachable = true;
        ended
    }

    fn roles(&mut self, roles: &'m [Role], reach: Uniformity, span: Span) {
        self.require_roles(reach, span);
        let since = self.assigned.len();
        let before = self.locals.clone();
        let mut after = before.clone();
        let mut first = 0;
        let outer = std::mem::replace(&mut self.in_role, true);
        for role in roles {
            let whole = first % 4 == 0 && role.warps % 4 == 0;
            let together = if whole { Uniformity::WarpGroup } else { Uniformity::Subgroup };
            let returned = self.returned;
            self.locals.clone_from(&before);
            self.block(&role.body, reach.max(together));
            join_all(&mut after, &self.locals);
            // Threads that leave one role were never in another, but are missing afterwards.
            self.returned = returned;
            first += role.warps;
        }
        self.in_role = outer;
        self.locals = after;
        self.reachable = true;
        self.diverged(since, Uniformity::Subgroup);
        if roles.iter().any(|role| returns(&role.body)) {
            self.returned = Uniformity::Varying;
        }
    }
}

/// Whether some thread may end its program in the block.
fn returns(block: &Block) -> bool {
    let mut found = false;
    super::walk::statements(block, &mut |stmt| found |= matches!(stmt, Stmt::Return(_)));
    found
}
