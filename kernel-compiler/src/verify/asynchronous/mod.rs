//! What is in flight: registers of wgmma, asynchronous copies, and the dependency wait.
//!
//! A forward analysis over the structured program. Of each register that a wgmma works on, the state keeps
//! how many groups were committed since (0: its own is still open); a wait for `n` groups frees those that
//! are older. Where paths meet, the youngest counts. Copies are followed per array only as far as "no wait
//! since the first copy", because the stages of a ring share an array.

mod operation;
mod state;

use crate::diag::catalog::asynchronous::{ACCUMULATOR_IN_FLIGHT, NEVER_WAITED, REGISTER_IN_FLIGHT};
use crate::diag::{Diagnostic, Diagnostics, Entry};
use crate::ir::op::{AsyncOp, MatrixOp, WgmmaA};
use crate::ir::{Block, LocalId, Module, Op, Operand, Span, Stmt, ValueId};
use state::State;
use std::collections::HashSet;

/// Checks the asynchronous operations of a well-typed module.
pub(super) fn check(module: &Module, sink: &mut Diagnostics) {
    let mut found = Found::default();
    super::walk::operations(&module.body, &mut |op, _| found.look_at(op));
    if !found.anything {
        return;
    }
    let mut flight = Flight {
        module,
        sink,
        sources: found.sources,
        dependent: found.dependent,
        definitions: vec![None; module.values.len()],
        frames: Vec::new(),
        state: Some(State::default()),
    };
    flight.block(&module.body);
    let end = module.body.0.last().map_or(Span::default(), super::scope::span_of);
    flight.ends(end);
}

/// What a module has that this analysis is about.
#[derive(Default)]
struct Found {
    anything: bool,
    dependent: bool,
    /// Values that some wgmma reads from registers.
    sources: HashSet<ValueId>,
}

impl Found {
    fn look_at(&mut self, op: &Op) {
        self.anything |= matches!(op, Op::Async(_) | Op::Matrix(MatrixOp::Wgmma { .. }));
        self.dependent |= matches!(op, Op::Async(AsyncOp::GridDependencyWait));
        if let Op::Matrix(MatrixOp::Wgmma { a: WgmmaA::Registers(registers), .. }) = op {
            for register in registers {
                if let Operand::Value(id) = register {
                    self.sources.insert(*id);
                }
            }
        }
    }
}

/// A loop: what holds at its breaks and at its continues.
#[derive(Default)]
struct Frame {
    exit: Option<State>,
    again: Option<State>,
}

struct Flight<'m, 's> {
    module: &'m Module,
    sink: &'s mut Diagnostics,
    sources: HashSet<ValueId>,
    dependent: bool,
    definitions: Vec<Option<&'m Op>>,
    frames: Vec<Frame>,
    /// What holds here; `None` where nothing is reached.
    state: Option<State>,
}

fn join(a: &mut Option<State>, b: Option<State>) {
    match (a.as_mut(), b) {
        (Some(a), Some(b)) => a.join(&b),
        (None, b) => *a = b,
        (Some(_), None) => {}
    }
}

impl<'m> Flight<'m, '_> {
    fn report(&mut self, entry: &'static Entry, span: Span, message: String, help: &str) {
        self.sink.report(Diagnostic::new(entry, span, message).help(help));
    }

    fn block(&mut self, block: &'m Block) {
        block.0.iter().for_each(|stmt| self.statement(stmt));
    }

    fn statement(&mut self, stmt: &'m Stmt) {
        if self.state.is_none() {
            return;
        }
        match stmt {
            Stmt::Let { results, op, span } => {
                for id in results {
                    self.definitions[id.index()] = Some(op);
                    self.redefined(*id, *span);
                }
                self.operation(op, *span);
            }
            Stmt::Assign { local, span, .. } => self.assigned(*local, *span),
            Stmt::If { then, otherwise, .. } => {
                let before = self.state.clone();
                self.block(then);
                let after = std::mem::replace(&mut self.state, before);
                self.block(otherwise);
                join(&mut self.state, after);
            }
            Stmt::For { body, .. } => self.repeat(body, true),
            Stmt::Loop { body, .. } => self.repeat(body, false),
            Stmt::Break(_) => {
                let state = self.state.take();
                if let Some(frame) = self.frames.last_mut() {
                    join(&mut frame.exit, state);
                }
            }
            Stmt::Continue(_) => {
                let state = self.state.take();
                if let Some(frame) = self.frames.last_mut() {
                    join(&mut frame.again, state);
                }
            }
            Stmt::Return(span) => self.ends(*span),
            Stmt::Roles { roles, .. } => {
                let before = self.state.clone();
                let mut after = None;
                for role in roles {
                    self.state.clone_from(&before);
                    self.block(&role.body);
                    join(&mut after, self.state.take());
                }
                self.state = after;
            }
            Stmt::ElectOne { body, .. } => {
                let before = self.state.clone();
                self.block(body);
                // The other threads did not run it; waits in it are not theirs, copies are all the same.
                join(&mut self.state, before);
            }
            Stmt::Assume { .. } => {}
        }
    }

    fn repeat(&mut self, body: &'m Block, counted: bool) {
        let mut head = self.state.clone();
        loop {
            self.frames.push(Frame::default());
            self.state.clone_from(&head);
            self.block(body);
            let frame = self.frames.pop().unwrap_or_default();
            let mut next = head.clone();
            join(&mut next, self.state.take());
            join(&mut next, frame.again);
            if next == head {
                self.state = frame.exit;
                if counted {
                    join(&mut self.state, head);
                }
                return;
            }
            head = next;
        }
    }

    /// The thread's program ends here.
    fn ends(&mut self, span: Span) {
        let Some(state) = self.state.take() else { return };
        if let Some(local) = state.accumulators.keys().next() {
            let name = &self.module.locals[local.index()].name;
            let message = format!("the kernel ends while a wgmma into `{name}` is in flight");
            let help = "commit it and wait for it before the end";
            self.report(&NEVER_WAITED, span, message, help);
        }
        if let Some(array) = state.uncommitted.iter().next() {
            let name = &self.module.shared[array.index()].name;
            let message =
                format!("the kernel ends with a copy to `{name}` that was never committed");
            let help = "commit it and wait for it before the end";
            self.report(&NEVER_WAITED, span, message, help);
        }
    }

    /// A value is computed anew, in the next round of a loop.
    fn redefined(&mut self, id: ValueId, span: Span) {
        let Some(state) = &mut self.state else { return };
        if self.sources.contains(&id) {
            state.fresh_values.insert(id);
            if state.sources.contains_key(&id) {
                let message = "a register that a wgmma in flight reads is computed anew".to_owned();
                let help = "wait for the wgmma first, or alternate between two sets of registers";
                self.report(&REGISTER_IN_FLIGHT, span, message, help);
            }
        }
    }

    fn assigned(&mut self, local: LocalId, span: Span) {
        self.touched(local, span, "written");
        let Some(state) = &mut self.state else { return };
        state.fresh_locals.insert(local);
        if state.borrowed.contains_key(&local) {
            let name = &self.module.locals[local.index()].name;
            let message = format!("`{name}` is written while a wgmma in flight reads it");
            let help = "wait for the wgmma first, or alternate between two sets of registers";
            self.report(&REGISTER_IN_FLIGHT, span, message, help);
        }
    }

    /// A local is read or written by the thread itself.
    fn touched(&mut self, local: LocalId, span: Span, how: &str) {
        let in_flight = self.state.as_ref().is_some_and(|s| s.accumulators.contains_key(&local));
        if in_flight {
            let name = &self.module.locals[local.index()].name;
            let message = format!("the accumulator `{name}` is {how} while its wgmma is in flight");
            let help = "wait for it first";
            self.report(&ACCUMULATOR_IN_FLIGHT, span, message, help);
        }
    }
}
