//! Shapes, grids and conditions of a kernel's attribute: arithmetic over its scalar parameters.

use super::value::Val;
use super::{Eval, Lowerer};
use crate::ast::{BinaryOperator, Expr, ExprKind};
use crate::diag::catalog::types::SIZE_EXPRESSION;
use crate::ir::{Comparison, Condition, ParamId, ParamKind, Scalar, Sym};

impl<'a> Lowerer<'_, 'a> {
    /// A size.
    pub(super) fn sym(&mut self, expr: &'a Expr) -> Eval<'a, Sym> {
        if let Some(param) = self.size_param(expr) {
            return Ok(Sym::Param(param));
        }
        match &expr.kind {
            ExprKind::Binary(op, a, b) => {
                let make = match op {
                    BinaryOperator::Add => Sym::Add,
                    BinaryOperator::Sub => Sym::Sub,
                    BinaryOperator::Mul => Sym::Mul,
                    BinaryOperator::Div => Sym::Div,
                    BinaryOperator::Rem => Sym::Rem,
                    _ => return self.const_size(expr),
                };
                let (a, b) = (self.sym(a)?, self.sym(b)?);
                Ok(simplify(make(Box::new(a), Box::new(b))))
            }
            ExprKind::MethodCall { receiver, method, arguments, .. } if arguments.len() == 1 => {
                let make = match method.name.as_str() {
                    "div_ceil" => Sym::CeilDiv,
                    "min" => Sym::Min,
                    "max" => Sym::Max,
                    _ => return self.const_size(expr),
                };
                let (a, b) = (self.sym(receiver)?, self.sym(&arguments[0])?);
                Ok(simplify(make(Box::new(a), Box::new(b))))
            }
            ExprKind::Cast(inner, _) => self.sym(inner),
            _ => self.const_size(expr),
        }
    }

    /// The scalar parameter that an expression names.
    fn size_param(&self, expr: &Expr) -> Option<ParamId> {
        let ExprKind::Path(path) = &expr.kind else { return None };
        let [(name, _)] = path.segments.as_slice() else { return None };
        let at = self.builder.module.params.iter().position(|p| p.name == name.name)?;
        let integer = matches!(
            self.builder.module.params[at].kind,
            ParamKind::Scalar(Scalar::U32 | Scalar::Index)
        );
        integer.then_some(ParamId(at as u32))
    }

    fn const_size(&mut self, expr: &'a Expr) -> Eval<'a, Sym> {
        let value = self.eval(expr, None)?;
        match value.as_int().and_then(|v| u64::try_from(v).ok()) {
            Some(value) => Ok(Sym::Const(value)),
            None => self.error_help(
                &SIZE_EXPRESSION,
                expr.span,
                "this is not a size over constants and u32 parameters".to_owned(),
                "use + - * / %, div_ceil, min and max of u32 parameters and constants".to_owned(),
            ),
        }
    }

    /// A condition of `when(..)`: `Ok(None)` where it is known to hold, `Err` of `false` where it is
    /// known not to.
    pub(super) fn condition(&mut self, expr: &'a Expr) -> Eval<'a, Known> {
        match &expr.kind {
            ExprKind::Call(callee, arguments) if is_aligned(callee) && arguments.len() == 2 => {
                self.aligned(expr, arguments)
            }
            ExprKind::MethodCall { receiver, method, arguments, .. }
                if method.name == "is_multiple_of" && arguments.len() == 1 =>
            {
                let (a, b) = (self.sym(receiver)?, self.sym(&arguments[0])?);
                let rest = simplify(Sym::Rem(Box::new(a), Box::new(b)));
                Ok(known(rest, Comparison::Eq, Sym::Const(0)))
            }
            ExprKind::Binary(op, a, b) => {
                let comparison = match op {
                    BinaryOperator::Eq => Comparison::Eq,
                    BinaryOperator::Ne => Comparison::Ne,
                    BinaryOperator::Lt => Comparison::Lt,
                    BinaryOperator::Le => Comparison::Le,
                    BinaryOperator::Gt => Comparison::Gt,
                    BinaryOperator::Ge => Comparison::Ge,
                    _ => return self.const_condition(expr),
                };
                if self.has_param(a) || self.has_param(b) {
                    let (a, b) = (self.sym(a)?, self.sym(b)?);
                    return Ok(known(a, comparison, b));
                }
                self.const_condition(expr)
            }
            _ => self.const_condition(expr),
        }
    }

    fn aligned(&mut self, expr: &'a Expr, arguments: &'a [Expr]) -> Eval<'a, Known> {
        let count_value = self.eval(&arguments[1], None)?;
        let count = self.const_u32(&count_value, "an alignment", arguments[1].span)?;
        if let Val::Buffer(param) = self.eval(&arguments[0], None)?
            && let ParamKind::Buffer { element, .. } =
                self.builder.module.params[param.index()].kind
        {
            return Ok(Known::AtLaunch(Condition::Aligned {
                param,
                bytes: count * element.size(),
            }));
        }
        self.error(
            &SIZE_EXPRESSION,
            expr.span,
            "`aligned(x, n)` says that the buffer `x` starts at a multiple of `n` elements"
                .to_owned(),
        )
    }

    fn const_condition(&mut self, expr: &'a Expr) -> Eval<'a, Known> {
        let value = self.eval(expr, None)?;
        match value {
            Val::Scalar(operand, Scalar::Bool) if operand.as_const().is_some() => {
                Ok(if operand.as_int() == Some(1) { Known::Always } else { Known::Never })
            }
            _ => self.error(
                &SIZE_EXPRESSION,
                expr.span,
                "this is not a condition over constants and u32 parameters".to_owned(),
            ),
        }
    }

    fn has_param(&self, expr: &Expr) -> bool {
        if self.size_param(expr).is_some() {
            return true;
        }
        match &expr.kind {
            ExprKind::Binary(_, a, b) => self.has_param(a) || self.has_param(b),
            ExprKind::MethodCall { receiver, arguments, .. } => {
                self.has_param(receiver) || arguments.iter().any(|a| self.has_param(a))
            }
            ExprKind::Cast(inner, _) => self.has_param(inner),
            _ => false,
        }
    }
}

/// What is known of a condition while the instance is made.
pub(super) enum Known {
    /// It holds.
    Always,
    /// It does not: the instance is not made.
    Never,
    /// The launcher decides.
    AtLaunch(Condition),
}

fn is_aligned(callee: &Expr) -> bool {
    matches!(&callee.kind, ExprKind::Path(path)
        if path.segments.len() == 1 && path.segments[0].0.name == "aligned")
}

fn known(a: Sym, op: Comparison, b: Sym) -> Known {
    if let (Sym::Const(x), Sym::Const(y)) = (&a, &b) {
        let holds = match op {
            Comparison::Eq => x == y,
            Comparison::Ne => x != y,
            Comparison::Lt => x < y,
            Comparison::Le => x <= y,
            Comparison::Gt => x > y,
            Comparison::Ge => x >= y,
        };
        return if holds { Known::Always } else { Known::Never };
    }
    Known::AtLaunch(Condition::Compare(a, op, b))
}

/// Constant folding, and `x * 1`, `x + 0`, `x / 1`, `x % 1`.
pub(super) fn simplify(sym: Sym) -> Sym {
    let Some((a, b)) = sym.operands() else { return sym };
    if let (Sym::Const(x), Sym::Const(y)) = (a, b) {
        let value = match &sym {
            Sym::Add(..) => x.checked_add(*y),
            Sym::Sub(..) => x.checked_sub(*y),
            Sym::Mul(..) => x.checked_mul(*y),
            Sym::Div(..) => x.checked_div(*y),
            Sym::CeilDiv(..) if *y > 0 => Some(x.div_ceil(*y)),
            Sym::Rem(..) => x.checked_rem(*y),
            Sym::Min(..) => Some(*x.min(y)),
            Sym::Max(..) => Some(*x.max(y)),
            _ => None,
        };
        return value.map_or(sym, Sym::Const);
    }
    match (&sym, b) {
        (Sym::Mul(..) | Sym::Div(..) | Sym::CeilDiv(..), Sym::Const(1)) => a.clone(),
        (Sym::Add(..) | Sym::Sub(..), Sym::Const(0)) => a.clone(),
        (Sym::Rem(..), Sym::Const(1)) => Sym::Const(0),
        _ => sym,
    }
}
