//! Appending operations, with constant folding and reuse of pure results.

use super::fold::fold;
use super::value::Val;
use super::{Boundary, Eval, Lowerer, Pure, Stop};
use crate::ir::op::{ArithOp, BinaryOp, Builtin, Op, UnaryOp};
use crate::ir::{Block, Comparison, Const, Operand, ParamId, Scalar, Span, Stmt};
use std::collections::HashMap;

impl<'a> Lowerer<'_, 'a> {
    /// Appends a pure operation, or finds that it is known already. Gives its first result.
    pub(super) fn arith(&mut self, op: ArithOp, span: Span) -> Operand {
        if let Some(constant) = fold(&op, &self.builder.module) {
            return constant;
        }
        self.pure(Pure::Arith(op), Op::Arith(op), span)[0]
    }

    /// Appends a pure operation with several results.
    pub(super) fn arith_many(&mut self, op: ArithOp, span: Span) -> Vec<Operand> {
        self.pure(Pure::Arith(op), Op::Arith(op), span)
    }

    /// A thread coordinate.
    pub(super) fn builtin(&mut self, builtin: Builtin, span: Span) -> Val<'a> {
        let operand = self.pure(Pure::Builtin(builtin), Op::Builtin(builtin), span)[0];
        Val::Scalar(operand, Scalar::U32)
    }

    /// A scalar parameter.
    pub(super) fn param(&mut self, param: ParamId, ty: Scalar, span: Span) -> Val<'a> {
        Val::Scalar(self.pure(Pure::Param(param), Op::Param(param), span)[0], ty)
    }

    fn pure(&mut self, key: Pure, op: Op, span: Span) -> Vec<Operand> {
        if let Some(known) = self.known.iter().rev().find_map(|block| block.get(&key)) {
            return known.clone();
        }
        let results: Vec<Operand> =
            self.builder.emit(op, span).into_iter().map(Operand::Value).collect();
        if let Some(block) = self.known.last_mut() {
            block.insert(key, results.clone());
        }
        results
    }

    /// Appends an effect.
    pub(super) fn effect(&mut self, op: Op, span: Span) {
        self.builder.emit(op, span);
    }

    /// `a op b` on operands of one type.
    pub(super) fn binary(&mut self, op: BinaryOp, a: Operand, b: Operand, span: Span) -> Operand {
        self.arith(ArithOp::Binary { op, a, b, ftz: false }, span)
    }

    /// `op a`.
    pub(super) fn unary(&mut self, op: UnaryOp, a: Operand, span: Span) -> Operand {
        self.arith(ArithOp::Unary(op, a), span)
    }

    /// `a op b` as a truth value.
    pub(super) fn compare(
        &mut self,
        op: Comparison,
        a: Operand,
        b: Operand,
        span: Span,
    ) -> Operand {
        self.arith(ArithOp::Compare(op, a, b), span)
    }

    /// A number converted to another type.
    pub(super) fn convert(&mut self, operand: Operand, to: Scalar, span: Span) -> Operand {
        if self.builder.module.type_of(operand) == to {
            return operand;
        }
        self.arith(ArithOp::Convert(to, operand), span)
    }

    /// Lowers `body` into a block of its own.
    pub(super) fn in_block(
        &mut self,
        boundary: Boundary,
        body: impl FnOnce(&mut Self) -> Eval<'a>,
    ) -> Eval<'a, (Block, Val<'a>)> {
        self.builder.open();
        self.known.push(HashMap::new());
        self.boundaries.push(boundary);
        let result = body(self);
        self.boundaries.pop();
        self.known.pop();
        let block = self.builder.close();
        match result {
            Ok(value) => Ok((block, value)),
            Err(stop) => Err(stop),
        }
    }

    /// Appends statements to a block that was already closed.
    pub(super) fn append(
        &mut self,
        block: &mut Block,
        body: impl FnOnce(&mut Self) -> Eval<'a, ()>,
    ) -> Eval<'a, ()> {
        let (tail, _) = self.in_block(Boundary::Branch, |this| {
            body(this)?;
            Ok(Val::Unit)
        })?;
        block.0.extend(tail.0);
        Ok(())
    }

    /// Runs `body` with a variable scope of its own.
    pub(super) fn in_scope<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Eval<'a, T>,
    ) -> Eval<'a, T> {
        self.frame.scopes.push(HashMap::new());
        let result = body(self);
        self.frame.scopes.pop();
        result
    }

    /// A scalar of type `Bool`, constant or not.
    pub(super) fn truth(&mut self, value: Val<'a>, span: Span) -> Eval<'a, Operand> {
        match value {
            Val::Scalar(operand, Scalar::Bool) => Ok(operand),
            Val::Poison => Err(Stop::Error),
            other => {
                let ty = other.ty(&self.builder.module);
                self.error_help(
                    &crate::diag::catalog::types::TYPE_MISMATCH,
                    span,
                    format!("a condition is a bool, and this is {ty}"),
                    "compare it: `x != 0`".to_owned(),
                )
            }
        }
    }

    /// Appends `if condition { then } else { otherwise }`, or only what remains of it.
    pub(super) fn push_if(
        &mut self,
        condition: Operand,
        then: Block,
        otherwise: Block,
        span: Span,
    ) {
        self.builder.push(Stmt::If { condition, then, otherwise, span });
    }

    /// A typed constant.
    pub(super) fn constant(&self, ty: Scalar, value: i128) -> Operand {
        Operand::Const(Const::int(ty, value))
    }
}
