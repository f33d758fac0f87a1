//! Expressions that Rust has and device code does not.

use super::Parser;
use crate::ast::Expr;
use crate::diag::catalog::parse as catalog;
use crate::ir::Span;
use syn::spanned::Spanned;

impl Parser<'_> {
    /// What Rust has and device code does not.
    pub(super) fn foreign(&mut self, expr: &syn::Expr) -> Expr {
        use syn::Expr as E;
        let (entry, token, message, help) = match expr {
            E::Async(block) => (
                &catalog::ASYNC,
                block.async_token.span,
                "device code does not have `async`",
                "asynchronous copies are values: `let copy = ..;` and later `copy.wait()`",
            ),
            E::Await(wait) => {
                self.expr(&wait.base);
                (
                    &catalog::ASYNC,
                    wait.await_token.span,
                    "device code does not have `.await`",
                    "write `.wait()`",
                )
            }
            E::Yield(leave) => (
                &catalog::ASYNC,
                leave.yield_token.span,
                "device code does not have `yield`",
                "write a loop",
            ),
            E::Unsafe(block) => {
                self.block(&block.block);
                (
                    &catalog::UNSAFE,
                    block.unsafe_token.span,
                    "device code has no `unsafe`",
                    "leave it out: every access is checked when the kernel is compiled",
                )
            }
            E::RawAddr(address) => (
                &catalog::UNSAFE,
                address.raw.span,
                "device code has no raw pointers",
                "index the slice, or `load` and `store`",
            ),
            E::Try(question) => {
                self.expr(&question.expr);
                (
                    &catalog::TRY,
                    question.question_token.spans[0],
                    "device code does not have `?`",
                    "nothing fails on a device: test with `if`, and give a value in both branches",
                )
            }
            E::TryBlock(block) => (
                &catalog::TRY,
                block.try_token.span,
                "device code does not have `try`",
                "nothing fails on a device: test with `if`, and give a value in both branches",
            ),
            E::Let(condition) => {
                self.expr(&condition.expr);
                (
                    &catalog::IF_LET,
                    condition.let_token.span,
                    "device code does not have `if let` and `while let`",
                    "use `match`",
                )
            }
            E::Macro(call) => {
                let span = self.macro_call(&call.mac);
                return self.nothing(span);
            }
            other => (
                &catalog::EXPRESSION,
                other.span(),
                "this has no value on a device",
                "write an expression",
            ),
        };
        let span = self.span(token);
        self.report(entry, span, message, help);
        self.nothing(span)
    }

    /// Reports a macro call, and what to write for the usual ones.
    pub(super) fn macro_call(&mut self, call: &syn::Macro) -> Span {
        let name = call.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let help = match name.as_str() {
            "assert" | "debug_assert" | "assert_eq" | "debug_assert_eq" | "assert_ne"
            | "debug_assert_ne" => {
                "`assume(condition)` tells the compiler, `static_assert(condition, \"..\")` asks it"
            }
            "print" | "println" | "eprint" | "eprintln" | "dbg" | "write" | "writeln" => {
                "store the value to a buffer, or run the kernel in the interpreter"
            }
            "vec" => "an array has a fixed length: `[0.0; N]`",
            "panic" | "todo" | "unimplemented" | "unreachable" => {
                "a kernel cannot stop: `static_assert` or `require` it when the kernel is compiled"
            }
            _ => "call a `#[device]` function",
        };
        let first = call.path.segments.first().map_or_else(|| call.path.span(), |s| s.ident.span());
        let span = self.between(first, call.bang_token.spans[0]);
        let message = format!("device code does not have the macro `{name}!`");
        self.report(&catalog::MACRO, span, message, help);
        span
    }
}
