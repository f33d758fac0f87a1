//! Structured output: a grammar says which tokens may follow. The work is `llguidance`'s.

mod compiler;
mod constraint;
mod error;
mod gbnf;

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
    /// A grammar in GBNF, llama.cpp's notation.
    Gbnf(String),
}

impl Grammar {
    /// A grammar in whichever notation its text is in: one that defines `root ::=` is GBNF.
    pub fn of_text(text: &str) -> Grammar {
        let text = text.to_owned();
        if gbnf::is_gbnf(&text) { Grammar::Gbnf(text) } else { Grammar::Lark(text) }
    }
}
