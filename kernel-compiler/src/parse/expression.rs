//! Expressions.

use super::{Parse, Parser};
use crate::ast::{Arm, BinaryOperator, Expr, ExprKind, Ident, Path, UnaryOperator};
use crate::diag::catalog::parse::{MACRO_CALL, UNSUPPORTED_EXPRESSION};

impl Parser<'_> {
    /// An expression.
    pub(crate) fn expr(&mut self, expr: &syn::Expr) -> Parse<Expr> {
        let kind = match expr {
            syn::Expr::Paren(inner) => return self.expr(&inner.expr),
            syn::Expr::Group(inner) => return self.expr(&inner.expr),
            syn::Expr::Lit(literal) => ExprKind::Literal(self.literal(&literal.lit)?),
            syn::Expr::Path(path) if path.qself.is_none() => {
                ExprKind::Path(self.expr_path(&path.path)?)
            }
            syn::Expr::Unary(unary) => {
                let op = match unary.op {
                    syn::UnOp::Neg(_) => UnaryOperator::Neg,
                    syn::UnOp::Not(_) => UnaryOperator::Not,
                    _ => UnaryOperator::Deref,
                };
                ExprKind::Unary(op, Box::new(self.expr(&unary.expr)?))
            }
            syn::Expr::Binary(binary) => self.binary(binary)?,
            syn::Expr::Assign(assign) => ExprKind::Assign(
                Box::new(self.assigned(&assign.left)?),
                Box::new(self.expr(&assign.right)?),
            ),
            syn::Expr::Call(call) => {
                let callee = self.expr(&call.func)?;
                ExprKind::Call(Box::new(callee), self.exprs(&call.args)?)
            }
            syn::Expr::MethodCall(call) => ExprKind::MethodCall {
                receiver: Box::new(self.expr(&call.receiver)?),
                method: self.ident(&call.method),
                generics: match &call.turbofish {
                    Some(list) => self.generic_arguments(list)?,
                    None => Vec::new(),
                },
                arguments: self.exprs(&call.args)?,
            },
            syn::Expr::Field(field) => {
                let base = Box::new(self.expr(&field.base)?);
                ExprKind::Field(base, self.member(&field.member))
            }
            syn::Expr::Index(index) => ExprKind::Index(
                Box::new(self.expr(&index.expr)?),
                Box::new(self.expr(&index.index)?),
            ),
            syn::Expr::Range(range) => ExprKind::Range {
                start: self.boxed(range.start.as_deref())?,
                end: self.boxed(range.end.as_deref())?,
                inclusive: matches!(range.limits, syn::RangeLimits::Closed(_)),
            },
            syn::Expr::Array(array) => ExprKind::Array(self.exprs(&array.elems)?),
            syn::Expr::Repeat(repeat) => ExprKind::Repeat(
                Box::new(self.expr(&repeat.expr)?),
                Box::new(self.expr(&repeat.len)?),
            ),
            syn::Expr::Tuple(tuple) => ExprKind::Tuple(self.exprs(&tuple.elems)?),
            syn::Expr::Struct(literal) => self.struct_literal(literal)?,
            syn::Expr::Cast(cast) => {
                ExprKind::Cast(Box::new(self.expr(&cast.expr)?), self.ty(&cast.ty)?)
            }
            syn::Expr::Reference(reference) => {
                ExprKind::Reference(Box::new(self.expr(&reference.expr)?))
            }
            syn::Expr::Closure(closure) => {
                let mut params = Vec::with_capacity(closure.inputs.len());
                for input in &closure.inputs {
                    params.push(self.pattern(input)?);
                }
                ExprKind::Closure { params, body: Box::new(self.expr(&closure.body)?) }
            }
            other => return self.control(other),
        };
        let span = self.span(expr);
        Ok(Expr { kind, span })
    }

    /// Expressions that direct control, and everything that kernels do not have.
    fn control(&mut self, expr: &syn::Expr) -> Parse<Expr> {
        let kind = match expr {
            syn::Expr::Block(block) if block.label.is_none() => {
                ExprKind::Block(self.block(&block.block)?)
            }
            syn::Expr::Const(block) => ExprKind::Block(self.block(&block.block)?),
            syn::Expr::If(branch) => {
                if let syn::Expr::Let(_) = *branch.cond {
                    return Err(self.unsupported(expr, "use `match`"));
                }
                ExprKind::If {
                    condition: Box::new(self.expr(&branch.cond)?),
                    then: self.block(&branch.then_branch)?,
                    otherwise: match &branch.else_branch {
                        Some((_, otherwise)) => Some(Box::new(self.expr(otherwise)?)),
                        None => None,
                    },
                }
            }
            syn::Expr::Match(matched) => {
                let value = Box::new(self.expr(&matched.expr)?);
                let mut arms = Vec::with_capacity(matched.arms.len());
                for arm in &matched.arms {
                    arms.push(self.arm(arm)?);
                }
                ExprKind::Match(value, arms)
            }
            syn::Expr::Loop(endless) if endless.label.is_none() => {
                ExprKind::Loop(self.block(&endless.body)?)
            }
            syn::Expr::While(while_loop) if while_loop.label.is_none() => ExprKind::While(
                Box::new(self.expr(&while_loop.cond)?),
                self.block(&while_loop.body)?,
            ),
            syn::Expr::ForLoop(for_loop) if for_loop.label.is_none() => ExprKind::For(
                self.pattern(&for_loop.pat)?,
                Box::new(self.expr(&for_loop.expr)?),
                self.block(&for_loop.body)?,
            ),
            syn::Expr::Break(leave) if leave.label.is_none() && leave.expr.is_none() => {
                ExprKind::Break
            }
            syn::Expr::Continue(next) if next.label.is_none() => ExprKind::Continue,
            syn::Expr::Return(back) => ExprKind::Return(self.boxed(back.expr.as_deref())?),
            other => return Err(self.refuse(other)),
        };
        let span = self.span(expr);
        Ok(Expr { kind, span })
    }

    fn refuse(&mut self, expr: &syn::Expr) -> super::Reported {
        match expr {
            syn::Expr::Macro(call) => self.report(
                &MACRO_CALL,
                call,
                "macros cannot be called inside a kernel",
                "use `assume(..)` and `static_assert(..)` instead of assert!, nothing for println!",
            ),
            syn::Expr::Unsafe(_) => {
                self.unsupported(expr, "drop the `unsafe`: accesses are proved")
            }
            syn::Expr::Await(_) | syn::Expr::Async(_) => {
                self.unsupported(expr, "asynchronous copies are intrinsics: see `cp_async`")
            }
            syn::Expr::Try(_) => self.unsupported(expr, "a kernel has no errors: check at launch"),
            syn::Expr::Break(_)
            | syn::Expr::Continue(_)
            | syn::Expr::Loop(_)
            | syn::Expr::While(_)
            | syn::Expr::ForLoop(_)
            | syn::Expr::Block(_) => {
                self.unsupported(expr, "drop the label; carry a value out through a variable")
            }
            other => self.unsupported(other, "write it with `if`, `match`, loops and arithmetic"),
        }
    }

    fn unsupported(&mut self, expr: &syn::Expr, help: &str) -> super::Reported {
        let message = "kernels do not have this form of expression";
        self.report(&UNSUPPORTED_EXPRESSION, expr, message, help)
    }

    fn arm(&mut self, arm: &syn::Arm) -> Parse<Arm> {
        let (pattern, guard) = match &arm.pat {
            syn::Pat::Guard(guarded) => (&*guarded.pat, Some(self.expr(&guarded.guard)?)),
            plain => (plain, None),
        };
        Ok(Arm { pattern: self.pattern(pattern)?, guard, body: self.expr(&arm.body)? })
    }

    fn binary(&mut self, binary: &syn::ExprBinary) -> Parse<ExprKind> {
        let (op, assigns) = operator(&binary.op);
        let Some(op) = op else {
            return Err(self.unsupported(&syn::Expr::Binary(binary.clone()), ""));
        };
        let (left, right) =
            (Box::new(self.expr(&binary.left)?), Box::new(self.expr(&binary.right)?));
        Ok(if assigns {
            ExprKind::AssignOp(op, left, right)
        } else {
            ExprKind::Binary(op, left, right)
        })
    }

    /// The left side of `=`: `_` is a name there.
    fn assigned(&mut self, expr: &syn::Expr) -> Parse<Expr> {
        if let syn::Expr::Infer(_) = expr {
            let span = self.span(expr);
            let name = Ident { name: "_".to_owned(), span };
            let path = Path { segments: vec![(name, Vec::new())] };
            return Ok(Expr { kind: ExprKind::Path(path), span });
        }
        self.expr(expr)
    }

    fn struct_literal(&mut self, literal: &syn::ExprStruct) -> Parse<ExprKind> {
        let path = syn::TypePath { attrs: Vec::new(), qself: None, path: literal.path.clone() };
        let ty = self.ty(&syn::Type::Path(path))?;
        let mut fields = Vec::with_capacity(literal.fields.len());
        for field in &literal.fields {
            fields.push((self.member(&field.member), self.expr(&field.expr)?));
        }
        Ok(ExprKind::Struct { ty, fields })
    }

    fn member(&mut self, member: &syn::Member) -> Ident {
        match member {
            syn::Member::Named(name) => self.ident(name),
            syn::Member::Unnamed(index) => {
                Ident { name: index.index.to_string(), span: self.spans.one(index.span) }
            }
        }
    }

    fn expr_path(&mut self, path: &syn::Path) -> Parse<Path> {
        let mut segments = Vec::with_capacity(path.segments.len());
        for segment in &path.segments {
            let name = self.ident(&segment.ident);
            segments.push((name, self.path_arguments(&segment.arguments)?));
        }
        Ok(Path { segments })
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e syn::Expr>) -> Parse<Vec<Expr>> {
        exprs.into_iter().map(|e| self.expr(e)).collect()
    }

    fn boxed(&mut self, expr: Option<&syn::Expr>) -> Parse<Option<Box<Expr>>> {
        expr.map(|e| self.expr(e).map(Box::new)).transpose()
    }
}

/// The operator, and whether it assigns.
fn operator(op: &syn::BinOp) -> (Option<BinaryOperator>, bool) {
    use BinaryOperator as B;
    use syn::BinOp as S;
    let (op, assigns) = match op {
        S::Add(_) => (B::Add, false),
        S::Sub(_) => (B::Sub, false),
        S::Mul(_) => (B::Mul, false),
        S::Div(_) => (B::Div, false),
        S::Rem(_) => (B::Rem, false),
        S::And(_) => (B::And, false),
        S::Or(_) => (B::Or, false),
        S::BitXor(_) => (B::BitXor, false),
        S::BitAnd(_) => (B::BitAnd, false),
        S::BitOr(_) => (B::BitOr, false),
        S::Shl(_) => (B::Shl, false),
        S::Shr(_) => (B::Shr, false),
        S::Eq(_) => (B::Eq, false),
        S::Lt(_) => (B::Lt, false),
        S::Le(_) => (B::Le, false),
        S::Ne(_) => (B::Ne, false),
        S::Ge(_) => (B::Ge, false),
        S::Gt(_) => (B::Gt, false),
        S::AddAssign(_) => (B::Add, true),
        S::SubAssign(_) => (B::Sub, true),
        S::MulAssign(_) => (B::Mul, true),
        S::DivAssign(_) => (B::Div, true),
        S::RemAssign(_) => (B::Rem, true),
        S::BitXorAssign(_) => (B::BitXor, true),
        S::BitAndAssign(_) => (B::BitAnd, true),
        S::BitOrAssign(_) => (B::BitOr, true),
        S::ShlAssign(_) => (B::Shl, true),
        S::ShrAssign(_) => (B::Shr, true),
        _ => return (None, false),
    };
    (Some(op), assigns)
}
