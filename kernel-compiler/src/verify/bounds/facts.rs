//! What a condition says about numbers.

use super::super::symbolic::Poly;
use super::{Bounds, Held};
use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Comparison, Op, Operand};

/// What a condition says: polynomials that are not negative, and multiples.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// Not negative.
    pub positive: Vec<Poly>,
    /// Multiples of a number.
    pub divisible: Vec<(Poly, u64)>,
}

/// `a comparison b` as polynomials that are not negative.
pub(super) fn compared(comparison: Comparison, a: &Poly, b: &Poly) -> Vec<Poly> {
    match comparison {
        Comparison::Lt => vec![b.sub(a).add_constant(-1)],
        Comparison::Le => vec![b.sub(a)],
        Comparison::Gt => vec![a.sub(b).add_constant(-1)],
        Comparison::Ge => vec![a.sub(b)],
        Comparison::Eq => vec![a.sub(b), b.sub(a)],
        // Of two numbers that are not negative, one being 0, the other is at least 1.
        Comparison::Ne if b.as_constant() == Some(0) && a.is_plainly_positive() => {
            vec![a.add_constant(-1)]
        }
        Comparison::Ne => Vec::new(),
    }
}

fn negated(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Eq => Comparison::Ne,
        Comparison::Ne => Comparison::Eq,
        Comparison::Lt => Comparison::Ge,
        Comparison::Le => Comparison::Gt,
        Comparison::Gt => Comparison::Le,
        Comparison::Ge => Comparison::Lt,
    }
}

impl Bounds<'_, '_> {
    /// States here that a condition is `holds`.
    pub(super) fn state(&mut self, condition: Operand, holds: bool) {
        let mut facts = Facts::default();
        self.collect(condition, holds, &mut facts, 16);
        facts.positive.into_iter().for_each(|fact| self.symbols.assume(fact));
        for (poly, number) in facts.divisible {
            self.symbols.assume_divisible(poly, number);
        }
    }

    /// Registers what the condition of a select says in each case.
    pub(super) fn outcome(&mut self, condition: Operand) {
        let mut outcome = [Facts::default(), Facts::default()];
        self.collect(condition, true, &mut outcome[0], 16);
        self.collect(condition, false, &mut outcome[1], 16);
        let [holds, fails] = outcome;
        self.symbols.outcome(condition, (holds.positive, fails.positive));
    }

    fn collect(&mut self, condition: Operand, holds: bool, facts: &mut Facts, depth: u32) {
        let Operand::Value(id) = condition else { return };
        let Some(Some(op)) = self.definitions.get(id.index()).copied() else { return };
        if depth == 0 {
            return;
        }
        match op {
            Op::Read(_) => {
                if let Some(held) = self.truths.get(&id).cloned() {
                    self.collect(held, holds, facts, depth - 1);
                }
            }
            Op::Arith(ArithOp::Unary(UnaryOp::Not, a)) => {
                self.collect(*a, !holds, facts, depth - 1);
            }
            Op::Arith(ArithOp::Binary { op: BinaryOp::And, a, b, .. }) if holds => {
                self.collect(*a, true, facts, depth - 1);
                self.collect(*b, true, facts, depth - 1);
            }
            Op::Arith(ArithOp::Binary { op: BinaryOp::Or, a, b, .. }) if !holds => {
                self.collect(*a, false, facts, depth - 1);
                self.collect(*b, false, facts, depth - 1);
            }
            Op::Arith(ArithOp::Select { condition, a, b }) => {
                let truth = |o: &Operand| o.as_const().and_then(crate::ir::Const::as_bool);
                match (holds, truth(a), truth(b)) {
                    (true, _, Some(false)) => {
                        self.collect(*condition, true, facts, depth - 1);
                        self.collect(*a, true, facts, depth - 1);
                    }
                    (false, Some(true), _) => {
                        self.collect(*condition, false, facts, depth - 1);
                        self.collect(*b, false, facts, depth - 1);
                    }
                    _ => {}
                }
            }
            Op::Arith(ArithOp::Compare(comparison, a, b)) => {
                if !self.module.type_of(*a).is_integer() {
                    return;
                }
                let (left, right) = (self.poly(*a), self.poly(*b));
                let comparison = if holds { *comparison } else { negated(*comparison) };
                facts.positive.extend(compared(comparison, &left, &right));
                if comparison == Comparison::Eq && right.as_constant() == Some(0) {
                    self.divisible(*a, facts);
                }
            }
            _ => {}
        }
    }

    /// `number % c == 0`
    fn divisible(&mut self, remainder: Operand, facts: &mut Facts) {
        let Operand::Value(id) = remainder else { return };
        let Some(Some(Op::Arith(ArithOp::Binary { op, a, b, .. }))) =
            self.definitions.get(id.index()).copied()
        else {
            return;
        };
        let number = match (op, b.as_int()) {
            (BinaryOp::Rem, Some(by)) => by,
            (BinaryOp::And, Some(mask)) if (mask + 1).count_ones() == 1 => mask + 1,
            _ => return,
        };
        if let Ok(number) = u64::try_from(number) {
            let poly = self.poly(*a);
            facts.divisible.push((poly, number));
        }
    }

    /// What a local of type `Bool` holds.
    pub(super) fn held_truth(held: Option<&Held>) -> Option<Operand> {
        match held {
            Some(Held::Truth(operand)) => Some(*operand),
            _ => None,
        }
    }
}
