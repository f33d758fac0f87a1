//! Branches and loops: decided at compile time where they can be, structured IR elsewhere.

use super::ty::Ty;
use super::value::{RangeVal, Slot, Val};
use super::{Boundary, Eval, Lowerer, Stop, UNROLL_LIMIT};
use crate::ast::{Arm, Block, Expr, Pattern};
use crate::diag::catalog::types::{
    BRANCH_TYPES, BREAK_UNROLLED, MATCH_NOT_COVERED, RETURN_IN_DEVICE, TYPE_MISMATCH, UNROLL_BOUND,
    UNROLL_LIMIT as UNROLL_LIMIT_ENTRY,
};
use crate::ir::op::{BinaryOp, UnaryOp};
use crate::ir::{self, Comparison, Operand, Scalar, Span, Stmt};

impl<'a> Lowerer<'_, 'a> {
    /// `if condition { then } else { otherwise }`, as a statement or an expression.
    pub(super) fn branch(
        &mut self,
        condition: &'a Expr,
        then: &'a Block,
        otherwise: Option<&'a Expr>,
        expected: Option<&Ty>,
        span: Span,
    ) -> Eval<'a> {
        let value = self.eval(condition, None)?;
        let truth = self.truth(value, condition.span)?;
        if let Some(known) = truth.as_const().and_then(ir::Const::as_bool) {
            return match (known, otherwise) {
                (true, _) => self.block(then, expected),
                (false, Some(otherwise)) => self.eval(otherwise, expected),
                (false, None) => Ok(Val::Unit),
            };
        }
        self.run_time_branch(
            truth,
            span,
            |this| this.block(then, expected),
            |this| otherwise.map_or(Ok(Val::Unit), |e| this.eval(e, expected)),
        )
    }

    /// Both branches in blocks of their own; a value is carried out through locals.
    pub(super) fn run_time_branch(
        &mut self,
        condition: Operand,
        span: Span,
        then: impl FnOnce(&mut Self) -> Eval<'a>,
        otherwise: impl FnOnce(&mut Self) -> Eval<'a>,
    ) -> Eval<'a> {
        let first = self.in_block(Boundary::Branch, then);
        let second = self.in_block(Boundary::Branch, otherwise);
        let ((mut then, a), (mut otherwise, b)) = (first?, second?);
        let result = match (a, b) {
            (Val::Never, Val::Never) => Val::Never,
            (Val::Unit, Val::Unit | Val::Never) | (Val::Never, Val::Unit) => Val::Unit,
            (a, b) => self.join(&mut then, a, &mut otherwise, b, span)?,
        };
        self.push_if(condition, then, otherwise, span);
        match result {
            Val::Unit | Val::Never => Ok(result),
            value => self.read_joined(value, span),
        }
    }

    /// Gives both branches' values one type and assigns them to new locals at the blocks' ends. The
    /// result names the locals: read it after the branch with [`Self::read_joined`].
    fn join(
        &mut self,
        then: &mut ir::Block,
        a: Val<'a>,
        otherwise: &mut ir::Block,
        b: Val<'a>,
        span: Span,
    ) -> Eval<'a> {
        match (a, b) {
            (Val::Tuple(xs), Val::Tuple(ys)) if xs.len() == ys.len() => {
                Ok(Val::Tuple(self.join_all(then, xs, otherwise, ys, span)?))
            }
            (Val::Array(xs), Val::Array(ys)) if xs.len() == ys.len() => {
                Ok(Val::Array(self.join_all(then, xs, otherwise, ys, span)?))
            }
            (Val::Struct(ty, xs), Val::Struct(other, ys)) if ty == other => {
                Ok(Val::Struct(ty, self.join_all(then, xs, otherwise, ys, span)?))
            }
            (Val::Never, value) => self.join_one(otherwise, value, span),
            (value, Val::Never) => self.join_one(then, value, span),
            (a, b) => self.join_scalars(then, a, otherwise, b, span),
        }
    }

    fn join_all(
        &mut self,
        then: &mut ir::Block,
        xs: Vec<Val<'a>>,
        otherwise: &mut ir::Block,
        ys: Vec<Val<'a>>,
        span: Span,
    ) -> Eval<'a, Vec<Val<'a>>> {
        xs.into_iter().zip(ys).map(|(x, y)| self.join(then, x, otherwise, y, span)).collect()
    }

    fn join_one(&mut self, block: &mut ir::Block, value: Val<'a>, span: Span) -> Eval<'a> {
        match value {
            Val::Tuple(items) => {
                let items: Eval<'a, Vec<_>> =
                    items.into_iter().map(|v| self.join_one(block, v, span)).collect();
                Ok(Val::Tuple(items?))
            }
            Val::Array(items) => {
                let items: Eval<'a, Vec<_>> =
                    items.into_iter().map(|v| self.join_one(block, v, span)).collect();
                Ok(Val::Array(items?))
            }
            Val::Struct(ty, items) => {
                let items: Eval<'a, Vec<_>> =
                    items.into_iter().map(|v| self.join_one(block, v, span)).collect();
                Ok(Val::Struct(ty, items?))
            }
            value @ (Val::Scalar(..) | Val::Int(_) | Val::Float(_)) => {
                let (operand, ty) = self.any_scalar(value, span)?;
                let local = self.builder.local(ty, "joined", span);
                block.0.push(Stmt::Assign { local, value: operand, span });
                Ok(Val::Joined(local, ty))
            }
            other => Ok(other),
        }
    }

    fn join_scalars(
        &mut self,
        then: &mut ir::Block,
        a: Val<'a>,
        otherwise: &mut ir::Block,
        b: Val<'a>,
        span: Span,
    ) -> Eval<'a> {
        let (found_a, found_b) = (a.ty(&self.builder.module), b.ty(&self.builder.module));
        let ty = match (&a, &b) {
            (Val::Scalar(_, Scalar::Index), Val::Scalar(_, Scalar::U32))
            | (Val::Scalar(_, Scalar::U32), Val::Scalar(_, Scalar::Index)) => Scalar::Index,
            (Val::Scalar(_, x), Val::Scalar(_, y)) if x == y => *x,
            (Val::Scalar(_, x), Val::Int(_) | Val::Float(_))
            | (Val::Int(_) | Val::Float(_), Val::Scalar(_, x)) => *x,
            (Val::Int(a), Val::Int(b)) => literal_type(*a, *b),
            (Val::Float(_) | Val::Int(_), Val::Float(_) | Val::Int(_)) => Scalar::F32,
            _ => {
                return self.error_help(
                    &BRANCH_TYPES,
                    span,
                    format!("one branch gives {found_a} and the other {found_b}"),
                    "convert one of them, so that both have one type".to_owned(),
                );
            }
        };
        let local = self.builder.local(ty, "joined", span);
        let assign = |this: &mut Self, value: Val<'a>| {
            let value = this.scalar(value, ty, span)?;
            this.builder.push(Stmt::Assign { local, value, span });
            Ok(())
        };
        self.append(then, |this| assign(this, a))?;
        self.append(otherwise, |this| assign(this, b))?;
        Ok(Val::Joined(local, ty))
    }

    fn read_joined(&mut self, value: Val<'a>, span: Span) -> Eval<'a> {
        Ok(match value {
            Val::Joined(local, ty) => self.read(&Slot::Local(local, ty), span),
            Val::Tuple(items) => Val::Tuple(self.read_all(items, span)?),
            Val::Array(items) => Val::Array(self.read_all(items, span)?),
            Val::Struct(ty, items) => Val::Struct(ty, self.read_all(items, span)?),
            other => other,
        })
    }

    fn read_all(&mut self, items: Vec<Val<'a>>, span: Span) -> Eval<'a, Vec<Val<'a>>> {
        items.into_iter().map(|v| self.read_joined(v, span)).collect()
    }

    /// `match`: decided now where the value is known, a chain of comparisons where it is an integer.
    pub(super) fn match_expression(
        &mut self,
        value: &'a Expr,
        arms: &'a [Arm],
        expected: Option<&Ty>,
        span: Span,
    ) -> Eval<'a> {
        let scrutinee = self.eval(value, None)?;
        self.match_arms(&scrutinee, arms, expected, span)
    }

    fn match_arms(
        &mut self,
        scrutinee: &Val<'a>,
        arms: &'a [Arm],
        expected: Option<&Ty>,
        span: Span,
    ) -> Eval<'a> {
        let Some((arm, rest)) = arms.split_first() else {
            return self.error_help(
                &MATCH_NOT_COVERED,
                span,
                "no arm of this match applies".to_owned(),
                "end it with `_ => ..`".to_owned(),
            );
        };
        self.in_scope(|this| {
            let condition = match this.matches(&arm.pattern, scrutinee)? {
                Some(false) => return this.match_arms(scrutinee, rest, expected, span),
                Some(true) => Operand::Const(ir::Const::bool(true)),
                None => this.pattern_condition(&arm.pattern, scrutinee)?,
            };
            let condition = match &arm.guard {
                Some(guard) => {
                    let value = this.eval(guard, None)?;
                    let guard = this.truth(value, guard.span)?;
                    this.binary(BinaryOp::And, condition, guard, span)
                }
                None => condition,
            };
            match condition.as_const().and_then(ir::Const::as_bool) {
                Some(true) => this.eval(&arm.body, expected),
                Some(false) => this.match_arms(scrutinee, rest, expected, span),
                None => this.run_time_branch(
                    condition,
                    span,
                    |this| this.eval(&arm.body, expected),
                    |this| this.match_arms(scrutinee, rest, expected, span),
                ),
            }
        })
    }

    /// `value == pattern` for a run-time integer.
    fn pattern_condition(&mut self, pattern: &'a Pattern, value: &Val<'a>) -> Eval<'a, Operand> {
        match (pattern, value) {
            (
                Pattern::Literal(crate::ast::Literal::Int(wanted, _), span),
                Val::Scalar(operand, ty),
            ) => {
                let wanted = self.scalar(Val::Int(*wanted), *ty, *span)?;
                Ok(self.compare(Comparison::Eq, *operand, wanted, *span))
            }
            (Pattern::Or(patterns, span), _) => {
                let mut any = Operand::Const(ir::Const::bool(false));
                for pattern in patterns {
                    let one = self.pattern_condition(pattern, value)?;
                    any = self.binary(BinaryOp::Or, any, one, *span);
                }
                Ok(any)
            }
            (pattern, value) => {
                let ty = value.ty(&self.builder.module);
                let span = pattern_span(pattern);
                let help = "take `if` for conditions, and `_` or integers as patterns".to_owned();
                let message = format!("this pattern does not fit {ty}");
                self.error_help(&TYPE_MISMATCH, span, message, help)
            }
        }
    }

    /// `loop { .. }`
    pub(super) fn endless_loop(&mut self, body: &'a Block, span: Span) -> Eval<'a> {
        let (body, _) = self.in_block(Boundary::Loop, |this| this.block(body, None))?;
        self.builder.push(Stmt::Loop { body, span });
        Ok(Val::Unit)
    }

    /// `while condition { .. }`: a loop that starts with `if !condition { break }`.
    pub(super) fn while_loop(
        &mut self,
        condition: &'a Expr,
        body: &'a Block,
        span: Span,
    ) -> Eval<'a> {
        let (body, _) = self.in_block(Boundary::Loop, |this| {
            let value = this.eval(condition, None)?;
            let go_on = this.truth(value, condition.span)?;
            let stop = this.unary(UnaryOp::Not, go_on, condition.span);
            let leave = ir::Block(vec![Stmt::Break(condition.span)]);
            this.push_if(stop, leave, ir::Block::default(), condition.span);
            this.block(body, None)
        })?;
        self.builder.push(Stmt::Loop { body, span });
        Ok(Val::Unit)
    }

    /// `for pattern in range { .. }`
    pub(super) fn for_loop(
        &mut self,
        pattern: &'a Pattern,
        range: &'a Expr,
        body: &'a Block,
        span: Span,
    ) -> Eval<'a> {
        let range_val = match self.eval(range, None)? {
            Val::Range(range) => *range,
            Val::Array(items) => return self.for_items(pattern, items, body, span),
            Val::Poison => return Err(Stop::Error),
            other => {
                let ty = other.ty(&self.builder.module);
                return self.error_help(
                    &TYPE_MISMATCH,
                    range.span,
                    format!("a `for` loop walks a range, and this is {ty}"),
                    "write `for i in start..end`".to_owned(),
                );
            }
        };
        if range_val.unrolled {
            return self.unrolled_loop(pattern, &range_val, body, range.span);
        }
        let RangeVal { start, end, step, reverse, .. } = range_val;
        let bounds = match (&start, &end) {
            (Val::Int(_), Val::Int(_)) => {
                let start = self.scalar(start, Scalar::U32, range.span)?;
                Some((start, self.scalar(end, Scalar::U32, range.span)?, Scalar::U32))
            }
            _ => self.unify(start, end, range.span)?,
        };
        let Some((start, end, ty)) = bounds else {
            return self.error(
                &TYPE_MISMATCH,
                range.span,
                "the ends of this range have different types".to_owned(),
            );
        };
        if !ty.is_integer() {
            return self.error(
                &TYPE_MISMATCH,
                range.span,
                format!("a range of {} cannot be walked", ty.name()),
            );
        }
        let step = match step {
            Some(step) => self.scalar(step, ty, range.span)?,
            None => self.constant(ty, 1),
        };
        let variable = self.builder.value(ty, pattern_span(pattern));
        let (body, _) = self.in_block(Boundary::Loop, |this| {
            this.in_scope(|this| {
                this.bind_pattern(pattern, Val::Scalar(Operand::Value(variable), ty), span)?;
                this.block(body, None)
            })
        })?;
        self.builder.push(Stmt::For { variable, start, end, step, reverse, body, span });
        Ok(Val::Unit)
    }

    fn unrolled_loop(
        &mut self,
        pattern: &'a Pattern,
        range: &RangeVal<'a>,
        body: &'a Block,
        span: Span,
    ) -> Eval<'a> {
        let bounds = (range.start.as_int(), range.end.as_int());
        let step = range.step.as_ref().map_or(Some(1), Val::as_int);
        let ((Some(start), Some(end)), Some(step @ 1..)) = (bounds, step) else {
            return self.error_help(
                &UNROLL_BOUND,
                span,
                "the bounds of an unrolled loop must be known at compile time".to_owned(),
                "use const generics for the bounds, or drop `unroll`".to_owned(),
            );
        };
        let ty = match (&range.start, &range.end) {
            (Val::Scalar(_, ty), _) | (_, Val::Scalar(_, ty)) => Some(*ty),
            _ => None,
        };
        let mut values: Vec<i128> =
            (start..end).step_by(usize::try_from(step).unwrap_or(usize::MAX)).collect();
        if range.reverse {
            values.reverse();
        }
        let items = values.into_iter().map(|v| match ty {
            Some(ty) => Val::constant(ir::Const::int(ty, v)),
            None => Val::Int(v),
        });
        self.for_items(pattern, items.collect(), body, span)
    }

    /// One copy of the body for each item.
    fn for_items(
        &mut self,
        pattern: &'a Pattern,
        items: Vec<Val<'a>>,
        body: &'a Block,
        span: Span,
    ) -> Eval<'a> {
        for item in items {
            self.rounds += 1;
            if self.rounds > UNROLL_LIMIT {
                return self.error_help(
                    &UNROLL_LIMIT_ENTRY,
                    span,
                    format!("this kernel unrolls more than {UNROLL_LIMIT} rounds"),
                    "let the outer loop run: drop its `unroll`".to_owned(),
                );
            }
            self.boundaries.push(Boundary::Unrolled);
            let round = self.in_scope(|this| {
                this.bind_pattern(pattern, item, span)?;
                this.block(body, None)
            });
            self.boundaries.pop();
            match round {
                Ok(Val::Never) => return Ok(Val::Never),
                Ok(_) | Err(Stop::Continue) => {}
                Err(Stop::Break) => break,
                Err(stop) => return Err(stop),
            }
        }
        Ok(Val::Unit)
    }

    /// `break` or `continue`.
    pub(super) fn leave_loop(&mut self, leave: bool, span: Span) -> Eval<'a> {
        for boundary in self.boundaries.iter().rev() {
            match boundary {
                Boundary::Loop => {
                    let stmt = if leave { Stmt::Break(span) } else { Stmt::Continue(span) };
                    self.builder.push(stmt);
                    return Ok(Val::Never);
                }
                Boundary::Unrolled if self.boundaries.last() == Some(&Boundary::Unrolled) => {
                    return Err(if leave { Stop::Break } else { Stop::Continue });
                }
                Boundary::Unrolled => {
                    return self.error_help(
                        &BREAK_UNROLLED,
                        span,
                        "an unrolled loop cannot be left under a run-time condition".to_owned(),
                        "put the rest of the body into the `if`, or drop `unroll`".to_owned(),
                    );
                }
                Boundary::Branch => {}
                Boundary::Function => break,
            }
        }
        self.error_help(
            &crate::diag::catalog::types::NOT_ASSIGNABLE,
            span,
            "there is no loop to leave here".to_owned(),
            "use `return` to end the kernel, or put the rest into an `if`".to_owned(),
        )
    }

    /// `return value`
    pub(super) fn return_expression(&mut self, value: Option<&'a Expr>, span: Span) -> Eval<'a> {
        let value = match value {
            Some(value) => self.eval(value, None)?,
            None => Val::Unit,
        };
        if self.calls.is_empty() {
            if !matches!(value, Val::Unit) {
                return self.error_help(
                    &TYPE_MISMATCH,
                    span,
                    "a kernel returns nothing".to_owned(),
                    "store the result to a `&mut [T]` parameter".to_owned(),
                );
            }
            self.builder.push(Stmt::Return(span));
            return Ok(Val::Never);
        }
        for boundary in self.boundaries.iter().rev() {
            match boundary {
                Boundary::Function => break,
                Boundary::Unrolled => {}
                Boundary::Loop | Boundary::Branch => {
                    return self.error_help(
                        &RETURN_IN_DEVICE,
                        span,
                        "a device function cannot return under a run-time condition".to_owned(),
                        "make the whole `if` the function's value: `if c { a } else { b }`"
                            .to_owned(),
                    );
                }
            }
        }
        Err(Stop::Return(value))
    }
}

/// The type of a choice between two literals: `u32`, unless one is negative.
pub(super) fn literal_type(a: i128, b: i128) -> Scalar {
    if a < 0 || b < 0 { Scalar::I32 } else { Scalar::U32 }
}

fn pattern_span(pattern: &Pattern) -> Span {
    match pattern {
        Pattern::Name(name, _) => name.span,
        Pattern::Path(path) => path.last().map(|n| n.span).unwrap_or_default(),
        Pattern::Tuple(_, span)
        | Pattern::Wildcard(span)
        | Pattern::Literal(_, span)
        | Pattern::Or(_, span) => *span,
    }
}
