//! Flattens a module's body to code with a program counter, so that any thread can stop anywhere.

use crate::ir::op::{AsyncOp, Base, MatrixOp, MemoryOp, MemoryOrder};
use crate::ir::{Block, LocalId, Module, Op, Operand, ParamKind, Scalar, Span, Stmt, ValueId};

/// One step of a thread.
#[derive(Debug, Clone)]
pub(super) enum Instr<'m> {
    /// Runs an operation.
    Op { op: &'m Op, results: &'m [ValueId], span: Span },
    /// Writes a local.
    Assign { local: LocalId, value: Operand, span: Span },
    /// Jumps unless the condition holds.
    Unless { condition: Operand, target: u32 },
    /// Jumps.
    Jump(u32),
    /// Computes a counted loop's rounds; its three registers start at `state`.
    ForStart { state: u32, start: Operand, end: Operand, step: Operand, reverse: bool },
    /// Starts the next round or jumps to `done`.
    ForNext { state: u32, variable: ValueId, done: u32 },
    /// Each warp jumps to its role's program: `(first warp behind it, target)`, in order.
    Roles { roles: Vec<(u32, u32)>, done: u32 },
    /// One thread of the subgroup goes on, the others jump to `join`.
    ElectEnter { join: u32, span: Span },
    /// The subgroup meets again.
    ElectJoin { span: Span },
    /// Checks a condition.
    Assume { condition: Operand, span: Span },
    /// Ends the thread.
    Exit(Span),
}

/// A module in flat form, and what follows from its text.
#[derive(Debug)]
pub(super) struct Code<'m> {
    pub(super) instructions: Vec<Instr<'m>>,
    /// Registers per thread: values, then loop states.
    pub(super) registers: usize,
    /// Values that a `wgmma` reads as A: they must not be redefined while it is in flight.
    pub(super) wgmma_inputs: Vec<bool>,
    /// Smallest access to each parameter and to workgroup memory, in bytes: 1 to 16.
    pub(super) param_granules: Vec<u32>,
    pub(super) shared_granule: u32,
    /// Workgroups may wait for each other.
    pub(super) communicates: bool,
    /// Lets the next kernel start early.
    pub(super) launches_dependents: bool,
}

impl<'m> Code<'m> {
    pub(super) fn flatten(module: &'m Module) -> Code<'m> {
        let mut code = Code {
            instructions: Vec::new(),
            registers: module.values.len(),
            wgmma_inputs: vec![false; module.values.len()],
            param_granules: vec![16; module.params.len()],
            shared_granule: 16,
            communicates: false,
            launches_dependents: false,
        };
        for (param, granule) in module.params.iter().zip(&mut code.param_granules) {
            if let ParamKind::TensorMap { element, .. } = &param.kind {
                *granule = element.size();
            }
        }
        let mut flattener = Flattener { module, code, loops: Vec::new() };
        flattener.block(&module.body);
        flattener.push(Instr::Exit(Span::default()));
        flattener.code
    }
}

struct Flattener<'m> {
    module: &'m Module,
    code: Code<'m>,
    loops: Vec<OpenLoop>,
}

/// A loop whose end is not known yet.
struct OpenLoop {
    next: u32,
    breaks: Vec<usize>,
}

impl<'m> Flattener<'m> {
    fn here(&self) -> u32 {
        self.code.instructions.len() as u32
    }

    fn push(&mut self, instr: Instr<'m>) -> usize {
        self.code.instructions.push(instr);
        self.code.instructions.len() - 1
    }

    /// Makes the forward jump at `at` go here.
    fn land(&mut self, at: usize) {
        let here = self.here();
        if let Some(
            Instr::Unless { target, .. }
            | Instr::Jump(target)
            | Instr::ForNext { done: target, .. }
            | Instr::Roles { done: target, .. }
            | Instr::ElectEnter { join: target, .. },
        ) = self.code.instructions.get_mut(at)
        {
            *target = here;
        }
    }

    fn block(&mut self, block: &'m Block) {
        for stmt in &block.0 {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::Let { results, op, span } => {
                self.note(op);
                self.push(Instr::Op { op, results, span: *span });
            }
            Stmt::Assign { local, value, span } => {
                self.push(Instr::Assign { local: *local, value: *value, span: *span });
            }
            Stmt::If { condition, then, otherwise, .. } => {
                let skip = self.push(Instr::Unless { condition: *condition, target: 0 });
                self.block(then);
                if otherwise.0.is_empty() {
                    return self.land(skip);
                }
                let done = self.push(Instr::Jump(0));
                self.land(skip);
                self.block(otherwise);
                self.land(done);
            }
            Stmt::For { variable, start, end, step, reverse, body, .. } => {
                let state = self.code.registers as u32;
                self.code.registers += 3;
                let (start, end, step, reverse) = (*start, *end, *step, *reverse);
                self.push(Instr::ForStart { state, start, end, step, reverse });
                let next = self.here();
                let head = self.push(Instr::ForNext { state, variable: *variable, done: 0 });
                self.looped(body, next);
                self.land(head);
            }
            Stmt::Loop { body, .. } => {
                let next = self.here();
                self.looped(body, next);
            }
            Stmt::Break(_) => {
                let jump = self.push(Instr::Jump(0));
                if let Some(open) = self.loops.last_mut() {
                    open.breaks.push(jump);
                }
            }
            Stmt::Continue(_) => {
                let next = self.loops.last().map_or(0, |open| open.next);
                self.push(Instr::Jump(next));
            }
            Stmt::Return(span) => {
                self.push(Instr::Exit(*span));
            }
            Stmt::Roles { roles, .. } => self.roles(roles),
            Stmt::ElectOne { body, span } => {
                let enter = self.push(Instr::ElectEnter { join: 0, span: *span });
                self.block(body);
                self.land(enter);
                self.push(Instr::ElectJoin { span: *span });
            }
            Stmt::Assume { condition, span } => {
                self.push(Instr::Assume { condition: *condition, span: *span });
            }
        }
    }

    /// A loop's body, the jump back, and the landing of its breaks.
    fn looped(&mut self, body: &'m Block, next: u32) {
        self.loops.push(OpenLoop { next, breaks: Vec::new() });
        self.block(body);
        self.push(Instr::Jump(next));
        for at in self.loops.pop().map_or_else(Vec::new, |open| open.breaks) {
            self.land(at);
        }
    }

    fn roles(&mut self, roles: &'m [crate::ir::Role]) {
        let fork = self.push(Instr::Roles { roles: Vec::new(), done: 0 });
        let (mut table, mut ends, mut warps) = (Vec::new(), Vec::new(), 0);
        for role in roles {
            warps += role.warps;
            table.push((warps, self.here()));
            self.block(&role.body);
            ends.push(self.push(Instr::Jump(0)));
        }
        ends.into_iter().for_each(|at| self.land(at));
        self.land(fork);
        if let Some(Instr::Roles { roles, .. }) = self.code.instructions.get_mut(fork) {
            *roles = table;
        }
    }

    /// Learns from an operation what the whole module needs.
    fn note(&mut self, op: &Op) {
        match op {
            Op::Memory(op) => self.note_memory(op),
            Op::Matrix(MatrixOp::Wgmma { a: crate::ir::op::WgmmaA::Registers(a), .. }) => {
                for operand in a {
                    if let Operand::Value(id) = operand {
                        self.code.wgmma_inputs[id.index()] = true;
                    }
                }
            }
            Op::Matrix(
                MatrixOp::FragmentLoad { fragment, place, .. }
                | MatrixOp::FragmentStore { fragment, place, .. },
            ) => {
                let element = self.module.fragments[fragment.index()].element;
                self.touch(place.base, element.size());
            }
            Op::Async(AsyncOp::CopyAsync { to, from, bytes, .. }) => {
                self.touch(to.base, *bytes);
                self.touch(from.base, *bytes);
            }
            Op::Async(AsyncOp::GridDependencyLaunch) => self.code.launches_dependents = true,
            _ => {}
        }
    }

    fn note_memory(&mut self, op: &MemoryOp) {
        let size = |ty: Scalar| ty.size();
        match op {
            MemoryOp::Load { place, ty, count, .. } => self.touch(place.base, size(*ty) * count),
            MemoryOp::Store { place, values, .. } => {
                let total = values.iter().map(|v| self.module.type_of(*v).size()).sum();
                self.touch(place.base, total);
            }
            MemoryOp::LoadOrdered { place, ty, .. } => {
                self.code.communicates = true;
                self.touch(place.base, size(*ty));
            }
            MemoryOp::Atomic { place, value, returns, order, .. } => {
                // A lock or a ticket that others wait for.
                self.code.communicates |= *returns && *order != MemoryOrder::Relaxed;
                self.touch(place.base, self.module.type_of(*value).size());
            }
            MemoryOp::StoreOrdered { place, value, .. } => {
                self.touch(place.base, self.module.type_of(*value).size());
            }
            MemoryOp::CompareExchange { place, value, .. } => {
                self.code.communicates = true;
                self.touch(place.base, self.module.type_of(*value).size());
            }
            MemoryOp::SharedAddress(_) | MemoryOp::Prefetch(_) => {}
        }
    }

    fn touch(&mut self, base: Base, bytes: u32) {
        let granule = match base {
            Base::Buffer(id) => &mut self.code.param_granules[id.index()],
            Base::Shared(_) | Base::Cluster { .. } => &mut self.code.shared_granule,
        };
        *granule = (*granule).min(1 << bytes.max(1).trailing_zeros().min(4));
    }
}
