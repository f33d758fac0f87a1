//! Blocks and statements.

use super::{Parse, Parser};
use crate::ast::{Block, Statement};
use crate::diag::catalog::parse::{MACRO_CALL, UNSUPPORTED_STATEMENT};

impl Parser<'_> {
    /// `{ .. }`
    pub(super) fn block(&mut self, block: &syn::Block) -> Parse<Block> {
        let span = self.span(block);
        let mut statements = Vec::with_capacity(block.stmts.len());
        let mut value = None;
        let mut failed = None;
        for (at, statement) in block.stmts.iter().enumerate() {
            let last = at + 1 == block.stmts.len();
            let parsed = match statement {
                syn::Stmt::Expr(expr, None) if last && !is_loop(expr) => {
                    self.expr(expr).map(|e| value = Some(Box::new(e)))
                }
                other => self.statement(other).map(|s| statements.extend(s)),
            };
            failed = parsed.err().or(failed);
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(Block { statements, value, span }),
        }
    }

    fn statement(&mut self, statement: &syn::Stmt) -> Parse<Option<Statement>> {
        match statement {
            syn::Stmt::Local(local) => self.local(local).map(Some),
            syn::Stmt::Expr(expr, _) => Ok(Some(Statement::Expression(self.expr(expr)?))),
            syn::Stmt::Item(syn::Item::Const(item)) => {
                Ok(Some(Statement::Const(self.const_item(&item.ident, &item.ty, &item.expr)?)))
            }
            syn::Stmt::Item(syn::Item::Use(_)) => Ok(None),
            syn::Stmt::Item(item) => Err(self.report(
                &UNSUPPORTED_STATEMENT,
                item,
                "items other than constants cannot stand inside a kernel",
                "put functions and structs beside the kernel, in its #[kernel_module]",
            )),
            syn::Stmt::Macro(call) => Err(self.report(
                &MACRO_CALL,
                call,
                "macros cannot be called inside a kernel",
                "use `assume(..)` and `static_assert(..)` instead of assert!, nothing for println!",
            )),
        }
    }

    fn local(&mut self, local: &syn::Local) -> Parse<Statement> {
        let span = self.span(local);
        let (pattern, ty) = match &local.pat {
            syn::Pat::Type(typed) => (self.pattern(&typed.pat)?, Some(self.ty(&typed.ty)?)),
            other => (self.pattern(other)?, None),
        };
        let value = match &local.init {
            Some(init) if init.diverge.is_some() => {
                return Err(self.report(
                    &UNSUPPORTED_STATEMENT,
                    local,
                    "kernels do not have `let .. else`",
                    "use `if` or `match`",
                ));
            }
            Some(init) => Some(self.expr(&init.expr)?),
            None => None,
        };
        Ok(Statement::Let { pattern, ty, value, span })
    }
}

/// Loops have no value: at a block's end they are statements.
fn is_loop(expr: &syn::Expr) -> bool {
    matches!(expr, syn::Expr::ForLoop(_) | syn::Expr::While(_) | syn::Expr::Loop(_))
}
