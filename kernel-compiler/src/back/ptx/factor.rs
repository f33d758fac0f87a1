//! Which power of two divides an index: what alignment the text may rely on.

use crate::ir::op::{ArithOp, Base, BinaryOp};
use crate::ir::{Comparison, Condition, Op, Operand, ParamId, ParamKind, Sym, ValueId};

use super::emitter::Emitter;

/// More than any alignment asked for.
const LARGEST: u64 = 1 << 16;

impl Emitter<'_> {
    /// A power of two that divides an operand; wrapping at 32 bits keeps it.
    pub fn factor(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Const(c) => power(c.bits),
            Operand::Value(value) => self.value_factor(value),
        }
    }

    fn value_factor(&self, value: ValueId) -> u64 {
        if let Some((start, step)) = self.ranges.get(&value) {
            return self.factor(*start).min(self.factor(*step));
        }
        match self.definitions[value.index()] {
            Some(Op::Param(param)) => self.launcher_factor(*param),
            Some(Op::Arith(ArithOp::Convert(to, a)))
                if to.is_integer() && self.module.type_of(*a).is_integer() =>
            {
                self.factor(*a)
            }
            Some(Op::Arith(ArithOp::Select { a, b, .. })) => self.factor(*a).min(self.factor(*b)),
            Some(Op::Arith(ArithOp::Binary { op, a, b, .. })) => match op {
                BinaryOp::Add
                | BinaryOp::Sub
                | BinaryOp::Or
                | BinaryOp::Xor
                | BinaryOp::Min
                | BinaryOp::Max => self.factor(*a).min(self.factor(*b)),
                BinaryOp::Mul => (self.factor(*a) * self.factor(*b)).min(LARGEST),
                BinaryOp::And => self.factor(*a).max(self.factor(*b)),
                BinaryOp::Shl => match b.as_int() {
                    Some(amount @ 0..=16) => (self.factor(*a) << amount).min(LARGEST),
                    _ => self.factor(*a),
                },
                _ => 1,
            },
            _ => 1,
        }
    }

    /// From conditions `param % n == 0`.
    fn launcher_factor(&self, param: ParamId) -> u64 {
        let known = self.module.conditions.iter().filter_map(|condition| {
            let Condition::Compare(Sym::Rem(dividend, divisor), Comparison::Eq, Sym::Const(0)) =
                condition
            else {
                return None;
            };
            match (&**dividend, &**divisor) {
                (Sym::Param(p), Sym::Const(n)) if *p == param => Some(power(*n)),
                _ => None,
            }
        });
        known.max().unwrap_or(1)
    }

    /// A power of two that divides the byte address of an array's first element.
    pub fn base_factor(&self, base: Base) -> u64 {
        match base {
            Base::Buffer(param) => match &self.module.params[param.index()].kind {
                ParamKind::Buffer { align, .. } => power(u64::from(*align)),
                ParamKind::Scalar(_) | ParamKind::TensorMap { .. } => 1,
            },
            Base::Shared(array) | Base::Cluster { array, .. } => {
                // The symbol itself is aligned to 16 bytes at least.
                let (offsets, _) = self.module.shared_layout();
                power(u64::from(offsets[array.index()])).min(16)
            }
        }
    }
}

/// The largest power of two that divides `n`; 0 is divided by all.
fn power(n: u64) -> u64 {
    if n == 0 { LARGEST } else { (1 << n.trailing_zeros().min(16)).min(LARGEST) }
}
