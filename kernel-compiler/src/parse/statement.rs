//! Blocks and statements.

use super::Parser;
use crate::ast::{Block, Expr, ExprKind, Pattern, Statement, Type};
use crate::diag::catalog::parse::{LET_ELSE, NESTED_ITEM};

impl Parser<'_> {
    /// `{ statements; value }`. A loop or a lone `if` at the end is a statement: it has no value.
    pub(super) fn block(&mut self, block: &syn::Block) -> Block {
        let span = self.group(&block.brace_token.span);
        let mut statements = Vec::new();
        let mut value = None;
        for (position, statement) in block.stmts.iter().enumerate() {
            match statement {
                syn::Stmt::Local(local) => statements.push(self.local(local)),
                syn::Stmt::Item(item) => statements.extend(self.nested_item(item)),
                syn::Stmt::Macro(call) => {
                    self.macro_call(&call.mac);
                }
                syn::Stmt::Expr(expr, semicolon) => {
                    let expr = self.expr(expr);
                    let last = position + 1 == block.stmts.len();
                    if last && semicolon.is_none() && may_have_value(&expr) {
                        value = Some(Box::new(expr));
                    } else {
                        statements.push(Statement::Expression(expr));
                    }
                }
            }
        }
        Block { statements, value, span }
    }

    fn local(&mut self, local: &syn::Local) -> Statement {
        self.lint_attributes(&local.attrs);
        let (pattern, ty) = self.typed_pattern(&local.pat);
        let mut value = None;
        if let Some(init) = &local.init {
            value = Some(self.expr(&init.expr));
            if let Some((token, _)) = &init.diverge {
                let span = self.span(token.span);
                let help = "use `match`, or `if` with a value in both branches";
                self.report(&LET_ELSE, span, "device code does not have `let .. else`", help);
            }
        }
        let span = self.between(local.let_token.span, local.semi_token.spans[0]);
        Statement::Let { pattern, ty, value, span }
    }

    /// `pattern` or `pattern: type`.
    pub(super) fn typed_pattern(&mut self, pattern: &syn::Pat) -> (Pattern, Option<Type>) {
        match pattern {
            syn::Pat::Type(typed) => (self.pattern(&typed.pat), Some(self.ty(&typed.ty))),
            other => (self.pattern(other), None),
        }
    }

    fn nested_item(&mut self, item: &syn::Item) -> Option<Statement> {
        match item {
            syn::Item::Const(item) => {
                self.lint_attributes(&item.attrs);
                Some(Statement::Const(self.constant(&item.ident, &item.ty, &item.expr)))
            }
            syn::Item::Use(_) => None,
            syn::Item::Macro(item) if item.ident.is_none() => {
                self.macro_call(&item.mac);
                None
            }
            other => {
                let span = self.tree(other);
                let help = "move it out of the function, into the kernel's module";
                self.report(&NESTED_ITEM, span, "only constants may stand within a function", help);
                None
            }
        }
    }
}

fn may_have_value(expr: &Expr) -> bool {
    !matches!(
        expr.kind,
        ExprKind::For(..)
            | ExprKind::While(..)
            | ExprKind::Loop(..)
            | ExprKind::If { otherwise: None, .. }
    )
}
