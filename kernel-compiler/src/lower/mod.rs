//! Lowering: one instance of a kernel (types, tile, target fixed) from AST to IR.
//!
//! This is a partial evaluator. Everything known at compile time is computed here: generics, unrolled
//! loops, `if` and `match` on constants, closures, structs, arrays. What remains are typed scalars.
//! Device functions are inlined at each call, so nothing else of the program reaches the IR.

mod alignment;
mod call;
mod control;
mod convert;
mod emit;
mod expression;
mod fold;
mod intrinsic;
mod kernel;
mod method;
mod operator;
mod pattern;
mod place;
mod program;
mod statement;
mod symbolic;
mod tensor_map;
mod ty;
mod types;
mod value;

pub use intrinsic::names as intrinsic_names;
pub use kernel::{Instance, constant, element_type, lower};
pub use program::Program;
pub use ty::{Argument, StructTy, Ty};

use crate::diag::{Diagnostic, Diagnostics, Entry};
use crate::ir::{Builder, Operand, ParamId, Span, op::ArithOp, op::Builtin};
use crate::target::Target;
use std::collections::HashMap;
use value::{Frame, Val};

/// Why an evaluation did not give a value.
#[derive(Debug)]
enum Stop<'a> {
    /// Something was reported.
    Error,
    /// `break` of an unrolled loop.
    Break,
    /// `continue` of an unrolled loop.
    Continue,
    /// `return` of an inlined function.
    Return(Val<'a>),
}

/// The result of evaluating something.
type Eval<'a, T = Val<'a>> = Result<T, Stop<'a>>;

/// A loop or function boundary on the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Boundary {
    /// A loop of the IR.
    Loop,
    /// An unrolled loop: iterations are inline.
    Unrolled,
    /// A branch of the IR: what lies inside runs conditionally.
    Branch,
    /// An inlined function.
    Function,
}

/// A pure operation, as a key for reuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Pure {
    Arith(ArithOp),
    Builtin(Builtin),
    Param(ParamId),
}

/// State of one lowering.
struct Lowerer<'p, 'a> {
    program: &'p Program<'a>,
    target: Target,
    builder: Builder,
    diagnostics: Diagnostics,
    frame: Frame<'a>,
    boundaries: Vec<Boundary>,
    /// Names of the functions being inlined, outermost first.
    calls: Vec<&'a str>,
    /// Where they were called.
    call_sites: Vec<Span>,
    /// Pure operations whose results are visible here, by open block.
    known: Vec<HashMap<Pure, Vec<Operand>>>,
    /// Rounds unrolled so far: a limit against runaway programs.
    rounds: u32,
}

/// Unrolled rounds of one instance, in all.
const UNROLL_LIMIT: u32 = 200_000;

impl<'a> Lowerer<'_, 'a> {
    /// Reports a mistake without help.
    fn error<T>(&mut self, entry: &'static Entry, span: Span, message: String) -> Eval<'a, T> {
        let caller = self.call_sites.first().copied().unwrap_or_default();
        self.diagnostics.report(Diagnostic::new(entry, span, message).called_from(caller));
        Err(Stop::Error)
    }

    /// Reports a mistake with what to write instead.
    fn error_help<T>(
        &mut self,
        entry: &'static Entry,
        span: Span,
        message: String,
        help: String,
    ) -> Eval<'a, T> {
        let caller = self.call_sites.first().copied().unwrap_or_default();
        let diagnostic = Diagnostic::new(entry, span, message).help(help);
        self.diagnostics.report(diagnostic.called_from(caller));
        Err(Stop::Error)
    }
}
