//! Structured control flow: labels and branches, roles, one-thread regions.

use crate::ir::op::Builtin;
use crate::ir::{Block, Op, Operand, Role, Scalar, Stmt, ValueId};

use super::emitter::{Arg, Emitter};
use super::needed::is_removable;
use super::registers::{Class, Reg};
use super::tables;

/// Where `Break` and `Continue` go.
#[derive(Debug, Clone)]
pub(super) struct LoopLabels {
    after: String,
    next: String,
}

impl Emitter<'_> {
    /// Emits the statements of a block.
    pub fn block(&mut self, block: &Block) {
        self.addresses.open();
        for stmt in &block.0 {
            self.stmt(stmt);
        }
        self.addresses.close();
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { results, op, span } => {
                self.span = *span;
                self.operation(results, op);
            }
            Stmt::Assign { local, value, span } => {
                self.span = *span;
                let value = self.arg(*value);
                let d = self.local(*local);
                self.mov(d, &value);
            }
            Stmt::If { condition, then, otherwise, span } => {
                self.span = *span;
                self.branch(*condition, then, otherwise);
            }
            Stmt::For { variable, start, end, step, reverse, body, span } => {
                self.span = *span;
                let range = Range { variable: *variable, start: *start, end: *end, step: *step };
                if *reverse { self.count_down(&range, body) } else { self.count_up(&range, body) }
            }
            Stmt::Loop { body, span } => {
                self.span = *span;
                let labels = self.open_loop();
                let again = labels.next.clone();
                self.label(&again);
                self.nested(body);
                self.line(format_args!("bra {again};"));
                self.close_loop();
            }
            Stmt::Break(span) => {
                self.span = *span;
                if let Some(labels) = self.loops.last().cloned() {
                    self.line(format_args!("bra {};", labels.after));
                }
            }
            Stmt::Continue(span) => {
                self.span = *span;
                if let Some(labels) = self.loops.last().cloned() {
                    self.line(format_args!("bra {};", labels.next));
                }
            }
            Stmt::Return(_) => self.line("ret;"),
            Stmt::Roles { roles, span } => {
                self.span = *span;
                self.roles(roles);
            }
            Stmt::ElectOne { body, span } => {
                self.span = *span;
                self.elect_one(body);
            }
            Stmt::Assume { condition: _, span: _ } => {}
        }
    }

    fn operation(&mut self, results: &[ValueId], op: &Op) {
        let used = results.iter().any(|value| self.needed[value.index()]);
        if !used && is_removable(op) {
            return;
        }
        match op {
            Op::Read(local) => {
                let from = self.local(*local);
                let Some(result) = results.first() else { return };
                if self.forwarded[result.index()] {
                    self.bind(*result, from);
                } else {
                    let d = self.fresh(from.class);
                    self.mov(d, &Arg::Reg(from));
                    self.bind(*result, d);
                }
            }
            Op::Param(param) => {
                let reg = self.scalar_param(*param);
                self.bind_first(results, reg);
            }
            Op::Builtin(builtin) => {
                let reg = self.builtin(*builtin);
                self.bind_first(results, reg);
            }
            Op::Arith(op) => self.arith(op, results),
            Op::Memory(op) => self.memory(op, results),
            Op::Sync(op) => self.sync(op),
            Op::Subgroup(op) => self.subgroup(op, results),
            Op::Matrix(op) => self.matrix(op, results),
            Op::Async(op) => self.asynchronous(op, results),
        }
    }

    /// A block one level deeper.
    fn nested(&mut self, block: &Block) {
        self.depth += 1;
        self.block(block);
        self.depth -= 1;
    }

    fn branch(&mut self, condition: Operand, then: &Block, otherwise: &Block) {
        if let Some(known) = condition.as_const() {
            return self.block(if known.bits != 0 { then } else { otherwise });
        }
        let p = self.reg(condition);
        let n = self.label_number();
        match (then.0.is_empty(), otherwise.0.is_empty()) {
            (true, true) => {}
            (true, false) => {
                self.line(format_args!("@{p} bra $endif_{n};"));
                self.nested(otherwise);
                self.label(&format!("$endif_{n}"));
            }
            (false, true) => {
                self.line(format_args!("@!{p} bra $endif_{n};"));
                self.nested(then);
                self.label(&format!("$endif_{n}"));
            }
            (false, false) => {
                self.line(format_args!("@!{p} bra $else_{n};"));
                self.nested(then);
                self.line(format_args!("bra $endif_{n};"));
                self.label(&format!("$else_{n}"));
                self.nested(otherwise);
                self.label(&format!("$endif_{n}"));
            }
        }
    }

    fn open_loop(&mut self) -> LoopLabels {
        let n = self.label_number();
        let labels = LoopLabels { after: format!("$end_{n}"), next: format!("$next_{n}") };
        self.loops.push(labels.clone());
        labels
    }

    fn close_loop(&mut self) {
        if let Some(labels) = self.loops.pop() {
            self.label(&labels.after);
        }
    }

    fn loop_register(&mut self, range: &Range) -> (Scalar, Reg, &'static str) {
        let ty = self.module.values[range.variable.index()].ty;
        let i = self.fresh(self.class(ty));
        self.bind(range.variable, i);
        self.ranges.insert(range.variable, (range.start, range.step));
        (ty, i, self.int(ty))
    }

    fn count_up(&mut self, range: &Range, body: &Block) {
        let (ty, i, int) = self.loop_register(range);
        let (start, end) = (self.arg(range.start), self.arg(range.end));
        let step = self.arg(range.step);
        let labels = self.open_loop();
        let again = labels.after.replace("end", "loop");
        let never_empty =
            matches!((range.start.as_int(), range.end.as_int()), (Some(s), Some(e)) if s < e);
        self.mov(i, &start);
        if !never_empty {
            let done = self.op(Class::Pred, &format!("setp.ge.{int}"), &[&i, &end]);
            self.line(format_args!("@{done} bra {};", labels.after));
        }
        self.label(&again);
        self.nested(body);
        self.label(&labels.next);
        if self.cannot_wrap(range, ty) {
            self.op_to(i, &format!("add.{int}"), &[&i, &step]);
            let more = self.op(Class::Pred, &format!("setp.lt.{int}"), &[&i, &end]);
            self.line(format_args!("@{more} bra {again};"));
        } else {
            // `i + step` might pass the type's end: what is left is compared instead.
            let unsigned = int.replace('s', "u");
            let left = self.op(i.class, &format!("sub.{int}"), &[&end, &i]);
            let done = self.op(Class::Pred, &format!("setp.le.{unsigned}"), &[&left, &step]);
            self.line(format_args!("@{done} bra {};", labels.after));
            self.op_to(i, &format!("add.{int}"), &[&i, &step]);
            self.line(format_args!("bra {again};"));
        }
        self.close_loop();
    }

    /// Whether the first value past the end is representable.
    fn cannot_wrap(&self, range: &Range, ty: Scalar) -> bool {
        let bits = if self.class(ty) == Class::B64 { 64 } else { 32 };
        let narrow = ty.size() < 4;
        let limit = if ty.is_signed() { 1i128 << (bits - 1) } else { 1i128 << bits };
        ty == Scalar::Index
            || narrow
            || range.step.as_int() == Some(1)
            || matches!((range.end.as_int(), range.step.as_int()), (Some(e), Some(s)) if e + s <= limit)
    }

    fn count_down(&mut self, range: &Range, body: &Block) {
        let (_, i, int) = self.loop_register(range);
        let (start, end) = (self.arg(range.start), self.arg(range.end));
        let step = self.arg(range.step);
        let labels = self.open_loop();
        let again = labels.after.replace("end", "loop");
        let first = self.reg(range.start);
        let empty = self.op(Class::Pred, &format!("setp.ge.{int}"), &[&first, &end]);
        self.line(format_args!("@{empty} bra {};", labels.after));
        // The last value counting up: start + (end - 1 - start) / step * step.
        let unsigned = int.replace('s', "u");
        let last = self.reg(range.end);
        let mut span = self.op(i.class, &format!("sub.{int}"), &[&last, &start]);
        span = self.op(i.class, &format!("sub.{int}"), &[&span, &1]);
        if range.step.as_int() != Some(1) {
            let rest = match range.step.as_int() {
                Some(divisor) if i.class == Class::B32 => self.rem_u32_const(span, divisor as u32),
                _ => self.op(i.class, &format!("rem.{unsigned}"), &[&span, &step]),
            };
            span = self.op(i.class, &format!("sub.{int}"), &[&span, &rest]);
        }
        self.op_to(i, &format!("add.{int}"), &[&span, &start]);
        self.label(&again);
        self.nested(body);
        self.label(&labels.next);
        let done = self.op(Class::Pred, &format!("setp.eq.{int}"), &[&i, &start]);
        self.line(format_args!("@{done} bra {};", labels.after));
        self.op_to(i, &format!("sub.{int}"), &[&i, &step]);
        self.line(format_args!("bra {again};"));
        self.close_loop();
    }

    /// One branch of an if/else chain over the warp's number per role.
    fn roles(&mut self, roles: &[Role]) {
        let warp = self.builtin(Builtin::SubgroupId);
        let n = self.label_number();
        let mut end = 0;
        for (k, role) in roles.iter().enumerate() {
            self.span = role.span;
            end += role.warps;
            let last = k + 1 == roles.len();
            if k > 0 {
                self.label(&format!("$role_{n}_{k}"));
            }
            self.line(format_args!("// role {}: {} warps", role.name, role.warps));
            let covers_rest = end * 32 >= self.module.thread_count();
            let other =
                if last { format!("$roles_{n}_end") } else { format!("$role_{n}_{}", k + 1) };
            if !(last && covers_rest) {
                let p = self.op(Class::Pred, "setp.ge.u32", &[&warp, &end]);
                self.line(format_args!("@{p} bra {other};"));
            }
            self.depth += 1;
            if let Some(registers) = role.registers {
                self.set_registers(registers);
            }
            self.block(&role.body);
            if !last {
                self.line(format_args!("bra $roles_{n}_end;"));
            }
            self.depth -= 1;
        }
        self.label(&format!("$roles_{n}_end"));
    }

    /// `setmaxnreg` from the launch's equal share, which ptxas takes from the launch bounds.
    fn set_registers(&mut self, registers: u32) {
        self.need(tables::MAXIMUM_REGISTERS);
        let threads = self.module.thread_count() * self.module.min_blocks.unwrap_or(1);
        let share = (65536 / threads.max(1)).min(256) / 8 * 8;
        let direction = if registers > share { "inc" } else { "dec" };
        self.line(format_args!("setmaxnreg.{direction}.sync.aligned.u32 {registers};"));
    }

    fn elect_one(&mut self, body: &Block) {
        let n = self.label_number();
        let p = if tables::ELECT.on(self.ptx) {
            self.need(tables::ELECT);
            let p = self.fresh(Class::Pred);
            self.line(format_args!("elect.sync _|{p}, 0xffffffff;"));
            p
        } else {
            let lane = self.builtin(Builtin::LaneId);
            self.op(Class::Pred, "setp.eq.u32", &[&lane, &0])
        };
        self.line(format_args!("@!{p} bra $elected_{n};"));
        self.nested(body);
        self.label(&format!("$elected_{n}"));
        self.line("bar.warp.sync 0xffffffff;");
    }
}

/// The range of a counted loop.
struct Range {
    variable: ValueId,
    start: Operand,
    end: Operand,
    step: Operand,
}
