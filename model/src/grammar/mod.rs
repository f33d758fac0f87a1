//! Structured output: a grammar says which tokens may follow. The work is `llguidance`'s.

mod compiler;
mod constraint;
mod error;

pub use compiler::GrammarCompiler;
pub use constraint::Constraint;
pub use error::GrammarError;

use serde_json::Value;

/// What the text must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Grammar {
    /// Any JSON object.
    JsonObject,
    /// JSON that a schema describes, on one line: `", "` between items, `": "` after keys.
    JsonSchema(Value),
    /// A regular expression that matches the whole text.
    Regex(String),
    /// A grammar in Lark's notation.
    Lark(String),
}
