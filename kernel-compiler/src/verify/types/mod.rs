//! Types: of operands, results and sizes of every operation.

mod arith;
mod asynchronous;
mod matrix;
mod memory;

use super::scope::internal;
use crate::diag::catalog::resources::OPERATION_SIZE;
use crate::diag::catalog::types::OPERAND;
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::op::{Builtin, SubgroupOp, SyncOp};
use crate::ir::{Block, Module, Op, Operand, Scalar, Span, Stmt};

/// Checks the types of a module whose identifiers are in order.
pub(super) fn check(module: &Module, sink: &mut Diagnostics) {
    let mut types = Types { module, sink, op: None, span: Span::default() };
    types.header();
    types.block(&module.body);
}

struct Types<'m, 's> {
    module: &'m Module,
    sink: &'s mut Diagnostics,
    op: Option<&'m Op>,
    span: Span,
}

impl<'m> Types<'m, '_> {
    /// An ill-typed operation: lowering should not have made it.
    fn wrong(&mut self, message: String) {
        let message = match self.op {
            Some(op) => format!("{message}: `{}`", self.module.print(op)),
            None => message,
        };
        self.sink.report(internal(self.span, message));
    }

    /// A type or a memory space that a user may have chosen.
    fn misused(&mut self, message: String, help: &str) {
        self.sink.report(Diagnostic::new(&OPERAND, self.span, message).help(help));
    }

    /// A size that a user may have chosen.
    fn size(&mut self, message: String, help: String) {
        self.sink.report(Diagnostic::new(&OPERATION_SIZE, self.span, message).help(help));
    }

    fn of(&self, operand: Operand) -> Scalar {
        self.module.type_of(operand)
    }

    /// That `operand` has type `ty`.
    fn is(&mut self, operand: Operand, ty: Scalar) {
        let found = self.of(operand);
        if found != ty {
            self.wrong(format!("expected {}, found {}", ty.name(), found.name()));
        }
    }

    /// That `operand` is one of `types`.
    fn one_of(&mut self, operand: Operand, types: &[Scalar]) {
        let found = self.of(operand);
        if !types.contains(&found) {
            let names: Vec<&str> = types.iter().map(|t| t.name()).collect();
            let message =
                format!("this operation takes {}, and not {}", list(&names), found.name());
            self.misused(message, "convert the value, or keep it in another type");
        }
    }

    /// That both operands have one type, which is given.
    fn same(&mut self, a: Operand, b: Operand) -> Scalar {
        let ty = self.of(a);
        self.is(b, ty);
        ty
    }

    fn header(&mut self) {
        if !matches!(self.module.index_bits, 32 | 64) {
            self.wrong(format!("an index of {} bits", self.module.index_bits));
        }
        for array in &self.module.shared {
            self.span = array.span;
            if matches!(array.element, Scalar::Bool | Scalar::Index) {
                let message = format!(
                    "workgroup memory cannot hold {} (`{}`)",
                    array.element.name(),
                    array.name
                );
                self.misused(message, "keep it as u32");
            }
            if !array.align.is_power_of_two() {
                let message = format!("`{}` cannot be aligned to {}", array.name, array.align);
                self.misused(message, "alignments are powers of two, in bytes");
            }
        }
        for fragment in &self.module.fragments {
            self.span = fragment.span;
            self.fragment_declaration(fragment);
        }
    }

    fn block(&mut self, block: &'m Block) {
        for stmt in &block.0 {
            self.op = None;
            self.span = super::scope::span_of(stmt);
            self.statement(stmt);
            stmt.blocks().into_iter().for_each(|inner| self.block(inner));
        }
    }

    fn statement(&mut self, stmt: &'m Stmt) {
        match stmt {
            Stmt::Let { results, op, .. } => {
                self.op = Some(op);
                let types = op.result_types(self.module);
                let found: Vec<Scalar> = results.iter().map(|r| self.of((*r).into())).collect();
                if types != found {
                    let names: Vec<&str> = types.iter().map(|t| t.name()).collect();
                    self.wrong(format!("the results should be [{}]", names.join(", ")));
                }
                self.operation(op);
            }
            Stmt::Assign { local, value, .. } => {
                let ty = self.module.locals[local.index()].ty;
                self.is(*value, ty);
            }
            Stmt::If { condition, .. } | Stmt::Assume { condition, .. } => {
                self.is(*condition, Scalar::Bool);
            }
            Stmt::For { variable, start, end, step, .. } => {
                let ty = self.same(*start, *end);
                self.is(*step, ty);
                self.is((*variable).into(), ty);
                if !ty.is_integer() {
                    self.wrong(format!("a loop over {}", ty.name()));
                }
                if step.as_int().is_some_and(|step| step <= 0) {
                    self.size(
                        "a loop whose step is 0 never ends".to_owned(),
                        "give `step_by` a positive number".to_owned(),
                    );
                }
            }
            Stmt::Loop { .. }
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Return(_)
            | Stmt::Roles { .. }
            | Stmt::ElectOne { .. } => {}
        }
    }

    fn operation(&mut self, op: &'m Op) {
        match op {
            Op::Read(_) | Op::Param(_) => {}
            Op::Builtin(builtin) => match builtin {
                Builtin::ThreadId(axis) | Builtin::BlockId(axis) | Builtin::GridDim(axis) => {
                    if *axis > 2 {
                        self.wrong(format!("axis {axis}"));
                    }
                }
                Builtin::LaneId | Builtin::SubgroupId | Builtin::ClusterRank => {}
            },
            Op::Arith(op) => self.arith(op),
            Op::Memory(op) => self.memory(op),
            Op::Sync(op) => self.sync(op),
            Op::Subgroup(op) => self.subgroup(op),
            Op::Matrix(op) => self.matrix(op),
            Op::Async(op) => self.asynchronous(op),
        }
    }

    fn sync(&mut self, op: &SyncOp) {
        let SyncOp::Named { id, threads, .. } = op else { return };
        self.is(*id, Scalar::U32);
        if let Some(id) = id.as_int()
            && !(1..=15).contains(&id)
        {
            self.size(
                format!("there is no named barrier {id}"),
                "named barriers are 1 to 15; 0 is the workgroup's own".to_owned(),
            );
        }
        let all = self.module.thread_count();
        if *threads == 0 || threads % 32 != 0 || *threads > all {
            self.size(
                format!("a named barrier of {threads} threads in a workgroup of {all}"),
                format!("take a multiple of 32 up to {all}"),
            );
        }
    }

    fn subgroup(&mut self, op: &SubgroupOp) {
        const WORDS: [Scalar; 5] =
            [Scalar::U32, Scalar::I32, Scalar::F32, Scalar::F16x2, Scalar::Bf16x2];
        match op {
            SubgroupOp::Shuffle { value, lane, .. } => {
                self.one_of(*value, &WORDS);
                self.is(*lane, Scalar::U32);
            }
            SubgroupOp::Reduce(op, value) => {
                use crate::ir::op::ReduceOp::{Add, And, Max, Min, Or, Xor};
                match op {
                    Add | Min | Max => self.one_of(*value, &WORDS[..3]),
                    And | Or | Xor => self.one_of(*value, &WORDS[..2]),
                }
            }
            SubgroupOp::Vote(_, value) => self.is(*value, Scalar::Bool),
            SubgroupOp::BroadcastFirst(value) => self.one_of(*value, &WORDS),
        }
    }
}

/// "a, b or c"
fn list(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}
