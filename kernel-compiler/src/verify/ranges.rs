//! Intervals and common divisors of integer locals, over the whole program at once.
//!
//! What a loop carries (a stage, a phase bit, a running offset) is unknown at the loop's head, except for
//! what every assignment to it has in common. All locals start without a value; the statements are
//! evaluated on intervals until nothing grows, and bounds that keep growing are given up.

use super::symbolic::gcd;
use super::walk;
use crate::ir::op::{ArithOp, BinaryOp, Builtin};
use crate::ir::{Module, Op, Operand, Scalar, Stmt};

/// Every number that a value may be: within bounds, and a multiple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// The least.
    pub low: i128,
    /// The greatest.
    pub high: i128,
    /// It divides all of them; 0 if all are 0.
    pub multiple: u64,
}

const PATIENCE: u32 = 4;
const ROUNDS: u32 = 80;

impl Range {
    fn point(value: i128) -> Range {
        let multiple = u64::try_from(value.unsigned_abs()).unwrap_or(1);
        Range { low: value, high: value, multiple }
    }

    /// All numbers of a type.
    fn of_type(ty: Scalar) -> Range {
        let bits = if ty == Scalar::Bool { 1 } else { 8 * ty.size() };
        let (low, high) = match ty.is_signed() {
            true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            false => (0, (1i128 << bits) - 1),
        };
        Range { low, high, multiple: 1 }
    }

    fn join(self, other: Range) -> Range {
        Range {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            multiple: gcd(self.multiple, other.multiple),
        }
    }

    /// Itself if it fits the type, else what is left of it when it wraps.
    fn fit(self, ty: Scalar) -> Range {
        let all = Range::of_type(ty);
        if self.low >= all.low && self.high <= all.high {
            return self;
        }
        Range { multiple: 1 << self.multiple.trailing_zeros().min(31), ..all }
    }
}

/// The range of every local; that of its type where nothing is known.
pub(super) fn locals(module: &Module) -> Vec<Range> {
    let mut ranges = Ranges {
        module,
        values: vec![None; module.values.len()],
        locals: vec![None; module.locals.len()],
        changed: false,
        widen: false,
    };
    for round in 0..ROUNDS {
        ranges.changed = false;
        ranges.widen = round >= PATIENCE;
        walk::statements(&module.body, &mut |stmt| ranges.statement(stmt));
        if !ranges.changed {
            break;
        }
    }
    let settled = !ranges.changed;
    let types = module.locals.iter().map(|local| local.ty);
    let known = ranges.locals.iter().zip(types);
    known.map(|(r, ty)| r.filter(|_| settled).unwrap_or(Range::of_type(ty))).collect()
}

struct Ranges<'m> {
    module: &'m Module,
    values: Vec<Option<Range>>,
    locals: Vec<Option<Range>>,
    changed: bool,
    widen: bool,
}

impl Ranges<'_> {
    fn operand(&self, operand: Operand) -> Option<Range> {
        match operand {
            Operand::Const(c) => Some(c.as_int().map_or(Range::of_type(c.ty), Range::point)),
            Operand::Value(id) => self.values[id.index()],
        }
    }

    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Let { results, op, .. } => {
                for id in results {
                    let ty = self.module.values[id.index()].ty;
                    if ty.is_integer() || ty == Scalar::Bool {
                        self.values[id.index()] = self.result(op, ty);
                    }
                }
            }
            Stmt::For { variable, start, end, step, .. } => {
                let ty = self.module.values[variable.index()].ty;
                let bounds = (self.operand(*start), self.operand(*end), self.operand(*step));
                self.values[variable.index()] = match bounds {
                    (Some(start), Some(end), Some(step)) => Some(Range {
                        low: start.low,
                        high: (end.high - 1).max(start.low),
                        multiple: gcd(start.multiple, step.multiple),
                    }),
                    _ => Some(Range::of_type(ty)),
                };
            }
            Stmt::Assign { local, value, .. } => {
                let ty = self.module.locals[local.index()].ty;
                if ty.is_integer()
                    && let Some(new) = self.operand(*value)
                {
                    self.join(local.index(), new, ty);
                }
            }
            _ => {}
        }
    }

    fn join(&mut self, local: usize, new: Range, ty: Scalar) {
        let old = self.locals[local];
        let mut joined = old.map_or(new, |old| old.join(new));
        if old == Some(joined) {
            return;
        }
        if let (true, Some(old)) = (self.widen, old) {
            let all = Range::of_type(ty);
            if joined.low < old.low {
                joined.low = all.low;
            }
            if joined.high > old.high {
                joined.high = all.high;
            }
        }
        self.changed = true;
        self.locals[local] = Some(joined);
    }

    fn result(&self, op: &Op, ty: Scalar) -> Option<Range> {
        match op {
            Op::Read(local) => self.locals[local.index()],
            Op::Builtin(Builtin::ThreadId(axis)) => {
                let count = self.module.threads.get(usize::from(*axis)).copied().unwrap_or(1);
                Some(Range { low: 0, high: i128::from(count) - 1, multiple: 1 })
            }
            Op::Arith(ArithOp::Binary { op, a, b, .. }) => {
                self.binary(*op, self.operand(*a)?, self.operand(*b)?, ty)
            }
            Op::Arith(ArithOp::Select { a, b, .. }) => match (self.operand(*a), self.operand(*b)) {
                (Some(a), Some(b)) => Some(a.join(b)),
                (one, other) => one.or(other),
            },
            Op::Arith(ArithOp::Convert(_, a)) => {
                let from = self.module.type_of(*a);
                match from.is_integer() || from == Scalar::Bool {
                    true => Some(self.operand(*a)?.fit(ty)),
                    false => Some(Range::of_type(ty)),
                }
            }
            _ => Some(Range::of_type(ty)),
        }
    }

    fn binary(&self, op: BinaryOp, a: Range, b: Range, ty: Scalar) -> Option<Range> {
        let all = Range::of_type(ty);
        let positive = a.low >= 0 && b.low >= 0;
        let range = |low: i128, high: i128, multiple: u64| Range { low, high, multiple };
        let common = gcd(a.multiple, b.multiple);
        let ones = |high: i128| (1i128 << (128 - high.leading_zeros()).min(100)) - 1;
        Some(match op {
            BinaryOp::Add => range(a.low + b.low, a.high + b.high, common).fit(ty),
            BinaryOp::Sub => range(a.low - b.high, a.high - b.low, common).fit(ty),
            BinaryOp::Mul if positive => {
                let multiple = a.multiple.checked_mul(b.multiple).unwrap_or(1);
                let high = a.high.checked_mul(b.high).unwrap_or(i128::MAX);
                range(a.low.saturating_mul(b.low), high, multiple).fit(ty)
            }
            BinaryOp::Div if positive => range(0, a.high / b.low.max(1), 1),
            BinaryOp::Rem if positive => {
                let multiple = if b.low == b.high { common } else { 1 };
                range(0, a.high.min((b.high - 1).max(0)), multiple)
            }
            BinaryOp::Min => range(a.low.min(b.low), a.high.min(b.high), common),
            BinaryOp::Max => range(a.low.max(b.low), a.high.max(b.high), common),
            BinaryOp::And if positive => range(0, a.high.min(b.high), 1),
            BinaryOp::Or | BinaryOp::Xor if positive => {
                range(0, ones(a.high).max(ones(b.high)), 1 << common.trailing_zeros().min(31))
            }
            BinaryOp::Shr if positive => range(0, a.high >> b.low.min(100), 1),
            BinaryOp::Shl if positive && b.low == b.high && b.high < 64 => {
                let multiple = a.multiple.checked_shl(b.high as u32).unwrap_or(1);
                range(a.low << b.high, a.high << b.high, multiple).fit(ty)
            }
            _ => all,
        })
    }
}
