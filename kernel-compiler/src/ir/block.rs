//! Structured control flow.

use super::{LocalId, Op, Operand, Span, ValueId};

/// Statements in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block(pub Vec<Stmt>);

/// A statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Stmt {
    /// Runs an operation and binds its results (none for a pure effect).
    Let {
        /// What it binds.
        results: Vec<ValueId>,
        /// What it does.
        op: Op,
        /// Where it stands.
        span: Span,
    },
    /// Writes a local.
    Assign {
        /// The local.
        local: LocalId,
        /// Its new value, of the local's type.
        value: Operand,
        /// Where it stands.
        span: Span,
    },
    /// Runs one of two blocks.
    If {
        /// A `Bool`.
        condition: Operand,
        /// Where it holds.
        then: Block,
        /// Where it does not.
        otherwise: Block,
        /// Where it stands.
        span: Span,
    },
    /// Counts `variable` from `start` while it is below `end`, adding `step` (greater than 0). With
    /// `reverse` the same values come in the opposite order. Bounds are evaluated once, before.
    For {
        /// Bound anew in each round: a value of the bounds' type.
        variable: ValueId,
        /// First value.
        start: Operand,
        /// Exclusive end.
        end: Operand,
        /// Distance.
        step: Operand,
        /// Largest first.
        reverse: bool,
        /// What runs.
        body: Block,
        /// Where it stands.
        span: Span,
    },
    /// Runs until a `Break`.
    Loop {
        /// What runs.
        body: Block,
        /// Where it stands.
        span: Span,
    },
    /// Leaves the innermost loop.
    Break(Span),
    /// Starts the innermost loop's next round.
    Continue(Span),
    /// Ends the thread's program.
    Return(Span),
    /// Splits the workgroup: each role is run by its own warps, in order of declaration, warp group
    /// aligned where registers are given. Nothing may follow that needs the whole workgroup's barrier.
    Roles {
        /// The roles.
        roles: Vec<Role>,
        /// Where it stands.
        span: Span,
    },
    /// Runs the block on one thread of the (converged) subgroup; all reconverge after it.
    ElectOne {
        /// What runs.
        body: Block,
        /// Where it stands.
        span: Span,
    },
    /// States a fact that the compiler cannot see; the interpreter checks it, the verifier may use it.
    Assume {
        /// A `Bool`.
        condition: Operand,
        /// Where it stands.
        span: Span,
    },
}

impl Stmt {
    /// The blocks directly inside, in order.
    pub fn blocks(&self) -> Vec<&Block> {
        match self {
            Stmt::If { then, otherwise, .. } => vec![then, otherwise],
            Stmt::For { body, .. } | Stmt::Loop { body, .. } | Stmt::ElectOne { body, .. } => {
                vec![body]
            }
            Stmt::Roles { roles, .. } => roles.iter().map(|role| &role.body).collect(),
            Stmt::Let { .. }
            | Stmt::Assign { .. }
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Return(_)
            | Stmt::Assume { .. } => Vec::new(),
        }
    }
}

/// One role of a workgroup.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// Its name, for diagnostics.
    pub name: String,
    /// How many warps run it.
    pub warps: u32,
    /// Registers per thread (`setmaxnreg`), a multiple of 8 in 24..=256.
    pub registers: Option<u32>,
    /// Its program.
    pub body: Block,
    /// Where it stands.
    pub span: Span,
}
