//! Operators and casts.

use super::ty::Ty;
use super::value::Val;
use super::{Boundary, Eval, Lowerer, Stop};
use crate::ast::{BinaryOperator, Expr, UnaryOperator};
use crate::diag::catalog::types::{CAST, CONST_OVERFLOW, DTYPE_MIX, OPERATOR_TYPE};
use crate::ir::op::{ArithOp, BinaryOp, UnaryOp};
use crate::ir::{Comparison, Const, Operand, Scalar, Span, Stmt};

impl<'a> Lowerer<'_, 'a> {
    /// `op inner`
    pub(super) fn unary_operator(
        &mut self,
        op: UnaryOperator,
        inner: &'a Expr,
        expected: Option<&Ty>,
        span: Span,
    ) -> Eval<'a> {
        let value = self.eval(inner, expected)?;
        match (op, value) {
            (_, Val::Poison) => Err(Stop::Error),
            (UnaryOperator::Deref, value) => Ok(value),
            (UnaryOperator::Neg, Val::Int(v)) => Ok(Val::Int(-v)),
            (UnaryOperator::Neg, Val::Float(v)) => Ok(Val::Float(-v)),
            (UnaryOperator::Neg, Val::Scalar(operand, ty)) if ty.is_float() || ty.is_signed() => {
                Ok(Val::Scalar(self.negate(operand, span), ty))
            }
            (UnaryOperator::Not, Val::Scalar(operand, ty)) if !ty.is_float() => {
                Ok(Val::Scalar(self.unary(UnaryOp::Not, operand, span), ty))
            }
            (_, value) => {
                let ty = value.ty(&self.builder.module);
                self.error(&OPERATOR_TYPE, span, format!("{ty} does not have this operator"))
            }
        }
    }

    /// `a op b`
    pub(super) fn binary_operator(
        &mut self,
        op: BinaryOperator,
        a: &'a Expr,
        b: &'a Expr,
        expected: Option<&Ty>,
        span: Span,
    ) -> Eval<'a> {
        match op {
            BinaryOperator::And | BinaryOperator::Or => return self.short_circuit(op, a, b, span),
            _ => {}
        }
        let hint = if comparison(op).is_some() { None } else { expected };
        let left = self.eval(a, hint)?;
        let right = self.eval(b, hint)?;
        self.operate(op, left, right, span)
    }

    /// An operator on two values.
    pub(super) fn operate(
        &mut self,
        op: BinaryOperator,
        left: Val<'a>,
        right: Val<'a>,
        span: Span,
    ) -> Eval<'a> {
        match (&left, &right) {
            (Val::Int(x), Val::Int(y)) => return self.const_integers(op, *x, *y, span),
            (Val::Variant(_, x), Val::Variant(_, y)) => match op {
                BinaryOperator::Eq => return Ok(Val::bool(x == y)),
                BinaryOperator::Ne => return Ok(Val::bool(x != y)),
                _ => {}
            },
            (Val::Float(x), Val::Float(y)) if comparison(op).is_none() => {
                return self.const_floats(op, *x, *y, span);
            }
            _ => {}
        }
        if matches!(op, BinaryOperator::Shl | BinaryOperator::Shr) {
            return self.shift(op, left, right, span);
        }
        let names = (left.ty(&self.builder.module), right.ty(&self.builder.module));
        let Some((x, y, ty)) = self.unify(left, right, span)? else {
            return self.error_help(
                &DTYPE_MIX,
                span,
                format!(
                    "{} {} {}: the two sides have different types",
                    names.0,
                    symbol(op),
                    names.1
                ),
                mix_help(&names.0, &names.1),
            );
        };
        if let Some(comparison) = comparison(op) {
            return Ok(Val::Scalar(self.compare(comparison, x, y, span), Scalar::Bool));
        }
        let Some(operation) = arithmetic(op).filter(|op| supports(*op, ty)) else {
            return self.error_help(
                &OPERATOR_TYPE,
                span,
                format!("{} does not have the operator `{}`", ty.name(), symbol(op)),
                match op {
                    BinaryOperator::Rem => "write `x - y * trunc(x / y)`".to_owned(),
                    _ => "convert to an integer, or take the bits with `x.to_bits()`".to_owned(),
                },
            );
        };
        self.check_constants(operation, x, y, ty, span)?;
        Ok(Val::Scalar(self.binary(operation, x, y, span), ty))
    }

    /// Typed constants that wrap are almost surely a mistake: they are computed here and now.
    fn check_constants(
        &mut self,
        op: BinaryOp,
        x: Operand,
        y: Operand,
        ty: Scalar,
        span: Span,
    ) -> Eval<'a, ()> {
        let (Some(x), Some(y)) = (x.as_int(), y.as_int()) else { return Ok(()) };
        let exact = match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x.wrapping_mul(y),
            BinaryOp::Div | BinaryOp::Rem if y == 0 => {
                return self.error(&CONST_OVERFLOW, span, format!("{x} divided by zero"));
            }
            _ => return Ok(()),
        };
        if ty == Scalar::Bool || Const::int(ty, exact).as_int() == Some(exact) {
            return Ok(());
        }
        self.error(
            &CONST_OVERFLOW,
            span,
            format!(
                "this compile-time {} gives {exact}, which does not fit {}",
                name(op),
                ty.name()
            ),
        )
    }

    fn shift(&mut self, op: BinaryOperator, left: Val<'a>, right: Val<'a>, span: Span) -> Eval<'a> {
        let (value, ty) = self.any_scalar(left, span)?;
        if !ty.is_integer() {
            let message = format!("{} does not have the operator `{}`", ty.name(), symbol(op));
            let help = "multiply by a power of two, or take the bits with `x.to_bits()`".to_owned();
            return self.error_help(&OPERATOR_TYPE, span, message, help);
        }
        let amount = match right {
            Val::Scalar(amount, ty) if ty.is_integer() => self.convert(amount, Scalar::U32, span),
            other => self.scalar(other, Scalar::U32, span)?,
        };
        let op = if op == BinaryOperator::Shl { BinaryOp::Shl } else { BinaryOp::Shr };
        Ok(Val::Scalar(self.binary(op, value, amount, span), ty))
    }

    fn const_integers(&mut self, op: BinaryOperator, x: i128, y: i128, span: Span) -> Eval<'a> {
        let value = match op {
            BinaryOperator::Add => x.checked_add(y),
            BinaryOperator::Sub => x.checked_sub(y),
            BinaryOperator::Mul => x.checked_mul(y),
            BinaryOperator::Div => x.checked_div(y),
            BinaryOperator::Rem => x.checked_rem(y),
            BinaryOperator::BitAnd => Some(x & y),
            BinaryOperator::BitOr => Some(x | y),
            BinaryOperator::BitXor => Some(x ^ y),
            BinaryOperator::Shl => u32::try_from(y).ok().and_then(|y| x.checked_shl(y)),
            BinaryOperator::Shr => u32::try_from(y).ok().and_then(|y| x.checked_shr(y)),
            BinaryOperator::Eq => return Ok(Val::bool(x == y)),
            BinaryOperator::Ne => return Ok(Val::bool(x != y)),
            BinaryOperator::Lt => return Ok(Val::bool(x < y)),
            BinaryOperator::Le => return Ok(Val::bool(x <= y)),
            BinaryOperator::Gt => return Ok(Val::bool(x > y)),
            BinaryOperator::Ge => return Ok(Val::bool(x >= y)),
            BinaryOperator::And | BinaryOperator::Or => None,
        };
        match value {
            Some(value) => Ok(Val::Int(value)),
            None => self.error(
                &CONST_OVERFLOW,
                span,
                format!("compile-time arithmetic overflows: {x} {} {y}", symbol(op)),
            ),
        }
    }

    fn const_floats(&mut self, op: BinaryOperator, x: f64, y: f64, span: Span) -> Eval<'a> {
        Ok(Val::Float(match op {
            BinaryOperator::Add => x + y,
            BinaryOperator::Sub => x - y,
            BinaryOperator::Mul => x * y,
            BinaryOperator::Div => x / y,
            _ => {
                let message = format!("f32 does not have the operator `{}`", symbol(op));
                return self.error(&OPERATOR_TYPE, span, message);
            }
        }))
    }

    /// `a && b`, `a || b`: the right side runs only where it decides, unless it is without effects.
    fn short_circuit(
        &mut self,
        op: BinaryOperator,
        a: &'a Expr,
        b: &'a Expr,
        span: Span,
    ) -> Eval<'a> {
        let and = op == BinaryOperator::And;
        let left = self.eval(a, None)?;
        let left = self.truth(left, a.span)?;
        if let Some(known) = left.as_const().and_then(Const::as_bool) {
            return if known == and { self.eval(b, None) } else { Ok(Val::bool(known)) };
        }
        let (block, value) = self.in_block(Boundary::Branch, |this| {
            let value = this.eval(b, None)?;
            Ok(Val::Scalar(this.truth(value, b.span)?, Scalar::Bool))
        })?;
        let right = self.truth(value, b.span)?;
        let pure = block.0.iter().all(|stmt| match stmt {
            Stmt::Let { op, .. } => op.is_pure() || matches!(op, crate::ir::op::Op::Read(_)),
            _ => false,
        });
        if pure {
            block.0.into_iter().for_each(|stmt| self.builder.push(stmt));
            let op = if and { BinaryOp::And } else { BinaryOp::Or };
            return Ok(Val::Scalar(self.binary(op, left, right, span), Scalar::Bool));
        }
        let local = self.builder.local(Scalar::Bool, "decided", span);
        self.builder.push(Stmt::Assign { local, value: left, span });
        let mut block = block;
        block.0.push(Stmt::Assign { local, value: right, span });
        let empty = crate::ir::Block::default();
        let (then, otherwise) = if and { (block, empty) } else { (empty, block) };
        self.push_if(left, then, otherwise, span);
        Ok(self.read(&super::value::Slot::Local(local, Scalar::Bool), span))
    }

    /// `inner as T`
    pub(super) fn cast(
        &mut self,
        inner: &'a Expr,
        ty: &'a crate::ast::Type,
        span: Span,
    ) -> Eval<'a> {
        let to = self.resolve(ty)?;
        let value = self.eval(inner, None)?;
        let Ty::Scalar(to) = to else {
            return self.error(&CAST, span, format!("nothing can be cast to {to}"));
        };
        self.cast_to(value, to, span)
    }

    /// A number as another type.
    pub(super) fn cast_to(&mut self, value: Val<'a>, to: Scalar, span: Span) -> Eval<'a> {
        match value {
            Val::Poison => Err(Stop::Error),
            Val::Int(v) if to.is_float() => {
                self.coerce(Val::Float(v as f64), &Ty::Scalar(to), span)
            }
            Val::Int(v) if to != Scalar::Bool => Ok(Val::constant(Const::int(to, v))),
            Val::Float(_) => {
                let wide = self.scalar(value, Scalar::F32, span)?;
                Ok(Val::Scalar(self.convert(wide, to, span), to))
            }
            Val::Scalar(operand, Scalar::Bool) if to.is_integer() => {
                let (one, zero) = (self.constant(to, 1), self.constant(to, 0));
                let select = ArithOp::Select { condition: operand, a: one, b: zero };
                Ok(Val::Scalar(self.arith(select, span), to))
            }
            Val::Scalar(operand, from) if convertible(from) && convertible(to) => {
                Ok(Val::Scalar(self.convert(operand, to, span), to))
            }
            other => {
                let from = other.ty(&self.builder.module);
                let help = match to {
                    Scalar::Bool => "compare it: `x != 0`".to_owned(),
                    _ if from == Ty::Scalar(Scalar::Bool) => {
                        "write `select(x, 1.0, 0.0)`".to_owned()
                    }
                    _ => "convert it to f32 or an integer first".to_owned(),
                };
                let message = format!("{from} cannot be cast to {}", to.name());
                self.error_help(&CAST, span, message, help)
            }
        }
    }
}

fn convertible(ty: Scalar) -> bool {
    !matches!(ty, Scalar::Bool | Scalar::F16x2 | Scalar::Bf16x2)
}

fn comparison(op: BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Eq,
        BinaryOperator::Ne => Comparison::Ne,
        BinaryOperator::Lt => Comparison::Lt,
        BinaryOperator::Le => Comparison::Le,
        BinaryOperator::Gt => Comparison::Gt,
        BinaryOperator::Ge => Comparison::Ge,
        _ => return None,
    })
}

fn arithmetic(op: BinaryOperator) -> Option<BinaryOp> {
    Some(match op {
        BinaryOperator::Add => BinaryOp::Add,
        BinaryOperator::Sub => BinaryOp::Sub,
        BinaryOperator::Mul => BinaryOp::Mul,
        BinaryOperator::Div => BinaryOp::Div,
        BinaryOperator::Rem => BinaryOp::Rem,
        BinaryOperator::BitAnd => BinaryOp::And,
        BinaryOperator::BitOr => BinaryOp::Or,
        BinaryOperator::BitXor => BinaryOp::Xor,
        _ => return None,
    })
}

fn supports(op: BinaryOp, ty: Scalar) -> bool {
    match op {
        BinaryOp::And | BinaryOp::Or | BinaryOp::Xor => !ty.is_float(),
        BinaryOp::Rem => ty.is_integer(),
        BinaryOp::Div => ty.is_integer() || matches!(ty, Scalar::F32 | Scalar::F16 | Scalar::Bf16),
        _ => ty != Scalar::Bool && !matches!(ty, Scalar::F8E4M3 | Scalar::F8E5M2),
    }
}

fn symbol(op: BinaryOperator) -> &'static str {
    match op {
        BinaryOperator::Add => "+",
        BinaryOperator::Sub => "-",
        BinaryOperator::Mul => "*",
        BinaryOperator::Div => "/",
        BinaryOperator::Rem => "%",
        BinaryOperator::BitAnd => "&",
        BinaryOperator::BitOr => "|",
        BinaryOperator::BitXor => "^",
        BinaryOperator::Shl => "<<",
        BinaryOperator::Shr => ">>",
        BinaryOperator::And => "&&",
        BinaryOperator::Or => "||",
        BinaryOperator::Eq => "==",
        BinaryOperator::Ne => "!=",
        BinaryOperator::Lt => "<",
        BinaryOperator::Le => "<=",
        BinaryOperator::Gt => ">",
        BinaryOperator::Ge => ">=",
    }
}

fn name(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "sum",
        BinaryOp::Sub => "difference",
        _ => "product",
    }
}

fn mix_help(a: &Ty, b: &Ty) -> String {
    let narrow = |t: &Ty| {
        matches!(t, Ty::Scalar(Scalar::F16 | Scalar::Bf16 | Scalar::F8E4M3 | Scalar::F8E5M2))
    };
    match (a, b) {
        (x, Ty::Scalar(Scalar::F32)) if narrow(x) => {
            "write `.to_f32()` on the left side".to_owned()
        }
        (Ty::Scalar(Scalar::F32), y) if narrow(y) => {
            "write `.to_f32()` on the right side".to_owned()
        }
        (Ty::Scalar(_), Ty::Scalar(to)) => format!("convert one side, as in `x as {}`", to.name()),
        _ => String::new(),
    }
}
