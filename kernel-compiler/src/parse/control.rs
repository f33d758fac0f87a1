//! Control flow: blocks, branches, loops and jumps.

use super::Parser;
use crate::ast::{Arm, Expr, ExprKind};
use crate::diag::catalog::parse::{BREAK_VALUE, LABEL};

impl Parser<'_> {
    /// Blocks, branches and jumps; what is left is refused.
    pub(super) fn control(&mut self, expr: &syn::Expr) -> Expr {
        use syn::Expr as E;
        match expr {
            E::Block(block) => {
                self.refuse_label(block.label.as_ref().map(|label| &label.name));
                let block = self.block(&block.block);
                Expr { span: block.span, kind: ExprKind::Block(block) }
            }
            E::Const(block) => {
                let block = self.block(&block.block);
                Expr { span: block.span, kind: ExprKind::Block(block) }
            }
            E::If(branch) => {
                let condition = self.boxed(&branch.cond);
                let then = self.block(&branch.then_branch);
                let otherwise = branch.else_branch.as_ref().map(|(_, e)| self.boxed(e));
                let start = self.span(branch.if_token.span);
                let span = self.join(start, otherwise.as_ref().map_or(then.span, |e| e.span));
                Expr { kind: ExprKind::If { condition, then, otherwise }, span }
            }
            E::Match(branch) => {
                let value = self.boxed(&branch.expr);
                let arms = branch.arms.iter().map(|arm| self.arm(arm)).collect();
                let span = self.between(branch.match_token.span, branch.brace_token.span.join());
                Expr { kind: ExprKind::Match(value, arms), span }
            }
            E::Loop(_) | E::While(_) | E::ForLoop(_) => self.repetition(expr),
            E::Break(leave) => {
                self.refuse_label(leave.label.as_ref());
                if let Some(value) = &leave.expr {
                    let span = self.expr(value).span;
                    let help = "assign to a `let mut` before the loop, then `break`";
                    let message = "a loop of device code has no value";
                    self.report(&BREAK_VALUE, span, message, help);
                }
                Expr { kind: ExprKind::Break, span: self.span(leave.break_token.span) }
            }
            E::Continue(next) => {
                self.refuse_label(next.label.as_ref());
                Expr { kind: ExprKind::Continue, span: self.span(next.continue_token.span) }
            }
            E::Return(leave) => {
                let value = leave.expr.as_ref().map(|value| self.boxed(value));
                let start = self.span(leave.return_token.span);
                let end = value.as_ref().map_or(start, |value| value.span);
                let span = self.join(start, end);
                Expr { kind: ExprKind::Return(value), span }
            }
            other => self.foreign(other),
        }
    }

    fn repetition(&mut self, expr: &syn::Expr) -> Expr {
        use syn::Expr as E;
        match expr {
            E::Loop(repeat) => {
                self.refuse_label(repeat.label.as_ref().map(|label| &label.name));
                let body = self.block(&repeat.body);
                let start = self.span(repeat.loop_token.span);
                let span = self.join(start, body.span);
                Expr { kind: ExprKind::Loop(body), span }
            }
            E::While(repeat) => {
                self.refuse_label(repeat.label.as_ref().map(|label| &label.name));
                let condition = self.boxed(&repeat.cond);
                let body = self.block(&repeat.body);
                let start = self.span(repeat.while_token.span);
                let span = self.join(start, body.span);
                Expr { kind: ExprKind::While(condition, body), span }
            }
            E::ForLoop(repeat) => {
                self.lint_attributes(&repeat.attrs);
                self.refuse_label(repeat.label.as_ref().map(|label| &label.name));
                let pattern = self.pattern(&repeat.pat);
                let range = self.boxed(&repeat.expr);
                let body = self.block(&repeat.body);
                let start = self.span(repeat.for_token.span);
                let span = self.join(start, body.span);
                Expr { kind: ExprKind::For(pattern, range, body), span }
            }
            other => self.foreign(other),
        }
    }

    fn arm(&mut self, arm: &syn::Arm) -> Arm {
        self.lint_attributes(&arm.attrs);
        let (pattern, guard) = match &arm.pat {
            syn::Pat::Guard(guarded) => {
                (self.pattern(&guarded.pat), Some(self.expr(&guarded.guard)))
            }
            other => (self.pattern(other), None),
        };
        Arm { pattern, guard, body: self.expr(&arm.body) }
    }

    fn refuse_label(&mut self, label: Option<&syn::Lifetime>) {
        if let Some(label) = label {
            let span = self.between(label.apostrophe, label.ident.span());
            let help =
                "leave the inner loop by a condition, or put it into a function and `return`";
            self.report(&LABEL, span, "device code does not have labels", help);
        }
    }
}
