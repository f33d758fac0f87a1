//! Follows the program: values, locals, and the facts that hold at each statement.

use super::super::symbolic::{Kind, Poly};
use super::{Bounds, Held};
use crate::ir::{Block, LocalId, Operand, Role, Scalar, Stmt, ValueId};
use std::collections::BTreeMap;

/// Whether the end of a block is reached.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Falls,
    Leaves,
}

impl<'m> Bounds<'m, '_> {
    /// Checks a block; facts stated in it end with it.
    pub(super) fn block(&mut self, block: &'m Block) {
        self.inner(block);
    }

    fn inner(&mut self, block: &'m Block) -> End {
        let mark = self.symbols.mark();
        let mut end = End::Falls;
        for stmt in &block.0 {
            end = self.statement(stmt);
        }
        self.symbols.reset(mark);
        end
    }

    fn statement(&mut self, stmt: &'m Stmt) -> End {
        match stmt {
            Stmt::Let { results, op, span } => {
                self.access(op, *span);
                self.define(op, results);
            }
            Stmt::Assign { local, value, .. } => self.assign(*local, *value),
            Stmt::If { condition, then, otherwise, .. } => {
                return self.branch(*condition, then, otherwise);
            }
            Stmt::For { variable, start, end, step, body, .. } => {
                self.counted(*variable, [*start, *end, *step], body);
            }
            Stmt::Loop { body, .. } => {
                self.repeat(body);
                // Without a break nothing follows.
                return if breaks(body) { End::Falls } else { End::Leaves };
            }
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Return(_) => return End::Leaves,
            Stmt::Roles { roles, .. } => self.roles(roles),
            Stmt::ElectOne { body, .. } => {
                let assigned = assigned(body);
                self.inner(body);
                self.forget(&assigned);
            }
            Stmt::Assume { condition, .. } => self.state(*condition, true),
        }
        End::Falls
    }

    fn assign(&mut self, local: LocalId, value: Operand) {
        let ty = self.module.locals[local.index()].ty;
        let held = match ty {
            Scalar::Bool => Some(Held::Truth(value)),
            _ if ty.is_integer() => Some(Held::Number(self.poly(value))),
            _ => return,
        };
        self.hold(local, held);
    }

    fn hold(&mut self, local: LocalId, held: Option<Held>) {
        let old = std::mem::replace(&mut self.locals[local.index()], held);
        self.log.push((local, old));
    }

    fn forget(&mut self, locals: &[LocalId]) {
        locals.iter().for_each(|local| self.hold(*local, None));
    }

    /// What locals assigned since `mark` hold now; they hold again what they held then.
    fn rollback(&mut self, mark: usize) -> BTreeMap<LocalId, Option<Held>> {
        let mut now = BTreeMap::new();
        while self.log.len() > mark {
            let Some((local, old)) = self.log.pop() else { break };
            let held = std::mem::replace(&mut self.locals[local.index()], old);
            now.entry(local).or_insert(held);
        }
        now
    }

    fn branch(&mut self, condition: Operand, then: &'m Block, otherwise: &'m Block) -> End {
        let log = self.log.len();
        let side = |this: &mut Self, block: &'m Block, holds: bool| {
            let mark = this.symbols.mark();
            this.state(condition, holds);
            let end = this.inner(block);
            this.symbols.reset(mark);
            (end, this.rollback(log))
        };
        let (then_end, then_locals) = side(self, then, true);
        let (else_end, else_locals) = side(self, otherwise, false);
        match (then_end, else_end) {
            (End::Leaves, End::Leaves) => return End::Leaves,
            (End::Leaves, End::Falls) => {
                self.state(condition, false);
                else_locals.into_iter().for_each(|(local, held)| self.hold(local, held));
            }
            (End::Falls, End::Leaves) => {
                self.state(condition, true);
                then_locals.into_iter().for_each(|(local, held)| self.hold(local, held));
            }
            (End::Falls, End::Falls) => self.join(condition, &then_locals, &else_locals),
        }
        End::Falls
    }

    fn join(
        &mut self,
        condition: Operand,
        then: &BTreeMap<LocalId, Option<Held>>,
        otherwise: &BTreeMap<LocalId, Option<Held>>,
    ) {
        let mut locals: Vec<LocalId> = then.keys().chain(otherwise.keys()).copied().collect();
        locals.sort_unstable();
        locals.dedup();
        for local in locals {
            let before = self.locals[local.index()].clone();
            let a = then.get(&local).cloned().unwrap_or_else(|| before.clone());
            let b = otherwise.get(&local).cloned().unwrap_or(before);
            let ty = self.module.locals[local.index()].ty;
            let held = match (a, b) {
                (Some(Held::Number(a)), Some(Held::Number(b))) => {
                    Some(Held::Number(self.select(condition, &a, &b, ty)))
                }
                (a, b) if a == b => a,
                _ => None,
            };
            self.hold(local, held);
        }
    }

    fn repeat(&mut self, body: &'m Block) {
        let assigned = assigned(body);
        self.forget(&assigned);
        self.inner(body);
        self.forget(&assigned);
    }

    fn counted(&mut self, variable: ValueId, range: [Operand; 3], body: &'m Block) {
        let [start, end, step] = range.map(|o| self.poly(o));
        let mark = self.symbols.mark();
        let poly = self.variable(variable, &start, &end, &step);
        self.symbols.assume(end.sub(&start).add_constant(-1));
        self.set(variable, poly);
        self.repeat(body);
        self.symbols.reset(mark);
    }

    /// A loop variable: from `start` to below `end`, in steps.
    fn variable(&mut self, id: ValueId, start: &Poly, end: &Poly, step: &Poly) -> Poly {
        let ty = self.module.values[id.index()].ty;
        let s = &mut self.symbols;
        if s.low(start) < 0 {
            let poly = self.unknown(ty);
            self.symbols.assume(end.add_constant(-1).sub(&poly));
            self.symbols.assume(poly.sub(start));
            return poly;
        }
        let stride = s.multiple(step);
        let multiple = super::super::symbolic::gcd(s.multiple(start), stride);
        let high = s.high(&end.add_constant(-1)).max(0);
        let poly = s.atom(Kind::Opaque, high, multiple);
        // The last value below `end` that both are multiples of.
        let grain = super::super::symbolic::gcd(s.multiple_here(end), multiple).max(1);
        s.fact_of_newest(end.add_constant(-i128::from(grain)).sub(&poly));
        if let Some(step) = step.as_constant()
            && step > 1
            && s.multiple_here(end).is_multiple_of(step as u64)
        {
            s.fact_of_newest(end.add(start).add_constant(-step).sub(&poly));
        }
        s.fact_of_newest(poly.sub(start));
        poly
    }

    fn roles(&mut self, roles: &'m [Role]) {
        let mut first = 0i128;
        let log = self.log.len();
        let mut touched = Vec::new();
        for role in roles {
            let mark = self.symbols.mark();
            let last = first + i128::from(role.warps);
            if let Some((subgroup, _)) = self.split.clone() {
                self.symbols.assume(subgroup.add_constant(-first));
                self.symbols.assume(Poly::constant(last - 1).sub(&subgroup));
            } else if self.module.threads[1] * self.module.threads[2] == 1 {
                let thread = self.builtin(crate::ir::op::Builtin::ThreadId(0));
                self.symbols.assume(thread.add_constant(-first * 32));
                self.symbols.assume(Poly::constant(last * 32 - 1).sub(&thread));
            }
            self.inner(&role.body);
            self.symbols.reset(mark);
            touched.extend(self.rollback(log).into_keys());
            first = last;
        }
        self.forget(&touched);
    }
}

/// The locals that a block assigns, inner blocks included.
fn assigned(block: &Block) -> Vec<LocalId> {
    let mut locals = Vec::new();
    super::super::walk::statements(block, &mut |stmt| {
        if let Stmt::Assign { local, .. } = stmt {
            locals.push(*local);
        }
    });
    locals.sort_unstable();
    locals.dedup();
    locals
}

/// Whether a loop's body leaves it.
fn breaks(body: &Block) -> bool {
    body.0.iter().any(|stmt| match stmt {
        Stmt::Break(_) => true,
        Stmt::If { then, otherwise, .. } => breaks(then) || breaks(otherwise),
        _ => false,
    })
}
