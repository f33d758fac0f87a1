//! Statements and loops.

use super::writer::{Input, Level, Text, Writer, zero};
use crate::ir::op::{Builtin, Op};
use crate::ir::{Block, Operand, ParamKind, Scalar, Stmt, ValueId};

impl Writer<'_> {
    /// The statements of a block.
    pub(super) fn block(&mut self, block: &Block) {
        for stmt in &block.0 {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { results, op, .. } => self.op(results, op),
            Stmt::Assign { local, value, .. } => {
                let value = self.operand(*value, Level::Comparison);
                self.settle(Some(*local));
                self.used_locals.insert(*local);
                self.line(&format!("{} = {value};", self.locals[local.index()]));
            }
            Stmt::If { condition, then, otherwise, .. } => {
                self.branch(*condition, then, otherwise);
            }
            Stmt::For { variable, start, end, step, reverse, body, .. } => {
                if *reverse {
                    self.settle(None);
                    self.count_down(*variable, *start, *end, *step, body);
                } else {
                    self.count_up(*variable, *start, *end, *step, body);
                }
            }
            Stmt::Loop { body, .. } => {
                self.settle(None);
                self.nested("loop", |w| w.block(body));
            }
            Stmt::ElectOne { body, .. } => {
                self.settle(None);
                let lane = self.input(Input::Lane);
                let head = format!("if (subgroupBroadcastFirst({lane}) == {lane})");
                self.nested(&head, |w| w.block(body));
            }
            Stmt::Break(_) => self.line("break;"),
            Stmt::Continue(_) => self.line("continue;"),
            Stmt::Return(_) => self.line("return;"),
            // Legalisation refuses roles and drops assumptions.
            Stmt::Roles { .. } | Stmt::Assume { .. } => {}
        }
    }

    fn branch(&mut self, condition: Operand, then: &Block, otherwise: &Block) {
        let mut condition = self.text(condition);
        self.settle(None);
        let (mut then, mut otherwise) = (then, otherwise);
        if then.0.is_empty() {
            std::mem::swap(&mut then, &mut otherwise);
            condition = Text::new(format!("!{}", condition.at(Level::Atom)), Level::Sum);
        }
        let head = format!("if ({})", condition.text);
        self.nested(&head, |w| {
            w.block(then);
            if !otherwise.0.is_empty() {
                w.otherwise();
                w.block(otherwise);
            }
        });
    }

    /// `i + step` may pass the type's largest value: then the loop jumps to its end instead.
    fn count_up(
        &mut self,
        variable: ValueId,
        start: Operand,
        end: Operand,
        step: Operand,
        body: &Block,
    ) {
        let ty = self.module.values[variable.index()].ty;
        let plain = stays_in_range(ty, start, end, step);
        let start = self.argument(start);
        self.settle(None);
        let end = self.operand(end, Level::Product);
        let step = self.operand(step, Level::Product);
        let i = self.names.numbered("i");
        let stride = unsigned(&step);
        let next = if plain {
            format!("{i} += {step}")
        } else if ty == Scalar::I32 {
            let beyond = format!("bitcast<u32>({end} - {i}) > {stride}");
            format!("{i} = select({end}, {i} + {step}, ({beyond}))")
        } else {
            format!("{i} = select({end}, {i} + {step}, ({end} - {i} > {step}))")
        };
        self.alias(variable, Text::atom(i.clone()));
        let head = format!("for (var {i} = {start}; {i} < {end}; {next})");
        self.nested(&head, |w| w.block(body));
    }

    fn count_down(
        &mut self,
        variable: ValueId,
        start: Operand,
        end: Operand,
        step: Operand,
        body: &Block,
    ) {
        let ty = self.module.values[variable.index()].ty;
        let one = if ty == Scalar::I32 { "1i" } else { "1u" };
        let unit = step.as_int() == Some(1);
        let start = self.operand(start, Level::Product);
        let end = self.operand(end, Level::Product);
        let step = self.operand(step, Level::Atom);
        let (i, after) = (self.names.numbered("i"), self.names.numbered("rounds_"));
        self.alias(variable, Text::atom(i.clone()));
        if unit {
            let head = format!("for (var {after} = {end}; {after} > {start}; {after} -= {one})");
            return self.nested(&head, |w| {
                w.line(&format!("let {i} = {after} - {one};"));
                w.block(body);
            });
        }
        let (span, stride) = match ty {
            Scalar::I32 => (format!("bitcast<u32>({end} - {start})"), unsigned(&step)),
            _ => (format!("({end} - {start})"), step.clone()),
        };
        let rounds = format!("select(0u, ({span} - 1u) / {stride} + 1u, ({start} < {end}))");
        let head = format!("for (var {after} = {rounds}; {after} > 0u; {after} -= 1u)");
        self.nested(&head, |w| {
            let conversion = if ty == Scalar::I32 { "i32" } else { "" };
            let steps = format!("{conversion}({after} - 1u)");
            w.line(&format!("let {i} = {start} + {steps} * {step};"));
            w.block(body);
        });
    }

    fn op(&mut self, results: &[ValueId], op: &Op) {
        match (op, results) {
            (Op::Read(local), [id]) => self.define_read(*id, *local),
            (Op::Param(param), [id]) => {
                let field = format!("scalars.{}", self.params[param.index()]);
                let boolean = matches!(
                    self.module.params[param.index()].kind,
                    ParamKind::Scalar(Scalar::Bool)
                );
                let text = if boolean { format!("({field} != 0u)") } else { field };
                self.alias(*id, Text::atom(text));
            }
            (Op::Builtin(builtin), [id]) => {
                let text = self.builtin(*builtin);
                self.alias(*id, text);
            }
            (Op::Arith(arith), [id]) => {
                let text = self.arith(arith);
                self.define(*id, text);
            }
            (Op::Memory(memory), _) => self.memory(results, memory),
            (Op::Sync(sync), _) => self.sync(sync),
            (Op::Subgroup(subgroup), [id]) => {
                let text = self.subgroup(subgroup);
                self.name(*id, "v", &text);
            }
            (Op::Matrix(matrix), _) => self.matrix(matrix),
            _ => {}
        }
    }

    fn builtin(&mut self, builtin: Builtin) -> Text {
        let axis = |axis: u8| ["x", "y", "z"][usize::from(axis.min(2))];
        Text::atom(match builtin {
            Builtin::ThreadId(a) => format!("{}.{}", self.input(Input::Thread), axis(a)),
            Builtin::BlockId(0) if self.folds_grid => "block".to_owned(),
            Builtin::GridDim(0) if self.folds_grid => "scalars.grid_linear".to_owned(),
            Builtin::BlockId(a) => format!("{}.{}", self.input(Input::Workgroup), axis(a)),
            Builtin::GridDim(a) => format!("{}.{}", self.input(Input::Workgroups), axis(a)),
            Builtin::LaneId => return self.lane(),
            Builtin::SubgroupId if self.target.subgroup.is_some() => {
                self.input(Input::Subgroup).to_owned()
            }
            Builtin::SubgroupId => format!("({} / 32u)", self.input(Input::ThreadIndex)),
            Builtin::ClusterRank => zero(Scalar::U32).to_owned(),
        })
    }

    /// The lane: without subgroups, of the 32 neighbouring threads that share a fragment.
    pub(super) fn lane(&mut self) -> Text {
        Text::atom(match self.target.subgroup {
            Some(_) => self.input(Input::Lane).to_owned(),
            None => format!("({} % 32u)", self.input(Input::ThreadIndex)),
        })
    }
}

/// An `i32` expression that is not negative as `u32`.
fn unsigned(text: &str) -> String {
    match text.strip_suffix('i') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => format!("{digits}u"),
        _ => format!("u32({text})"),
    }
}

/// Whether `i + step` fits the type for every `i` below `end`.
fn stays_in_range(ty: Scalar, start: Operand, end: Operand, step: Operand) -> bool {
    if step.as_int() == Some(1) {
        return true;
    }
    let largest = if ty == Scalar::I32 { i128::from(i32::MAX) } else { i128::from(u32::MAX) };
    match (start.as_int(), end.as_int(), step.as_int()) {
        (_, Some(end), Some(step)) => end + step <= largest,
        _ => false,
    }
}
