//! Diagnostics: collected, never thrown; every stage ends with a gate.

pub mod catalog;
pub mod render;
pub mod source;
pub mod suggest;

pub use source::{CallSpans, FileId, LineColumn, Place, SourceFile, SourceMap};

use crate::ir::Span;
use std::fmt;

/// An entry of the catalogue: one kind of mistake.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// `TW0301`: the first two digits name the stage, the last two the mistake.
    pub code: &'static str,
    /// What the mistake is, in a sentence: for the documentation's table.
    pub summary: &'static str,
}

/// One mistake at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind.
    pub entry: &'static Entry,
    /// Where.
    pub span: Span,
    /// What is wrong, with the names and numbers of this case, in one line.
    pub message: String,
    /// What to write instead, in one line; may be empty.
    pub help: String,
    /// The user's call through which device code with the mistake is reached, if that is known.
    pub caller: Span,
}

impl Diagnostic {
    /// A diagnostic without help.
    pub fn new(entry: &'static Entry, span: Span, message: impl Into<String>) -> Diagnostic {
        let (message, help, caller) = (message.into(), String::new(), Span::default());
        Diagnostic { entry, span, message, help, caller }
    }

    /// Says through which call the place is reached.
    #[must_use]
    pub fn called_from(mut self, caller: Span) -> Diagnostic {
        self.caller = caller;
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = help.into();
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.entry.code, self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "\nhelp: {}", self.help) }
    }
}

/// A sink for diagnostics: the same mistake at the same place (in several instances) is kept once.
#[derive(Debug, Default, Clone)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds a diagnostic.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        let known = |d: &Diagnostic| d.span == diagnostic.span && d.entry == diagnostic.entry;
        if !self.list.iter().any(known) {
            self.list.push(diagnostic);
        }
    }

    /// Adds many.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        others.into_iter().for_each(|d| self.report(d));
    }

    /// Whether nothing was reported.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The gate after a stage: all that was reported, or `value`.
    ///
    /// # Errors
    /// Everything reported so far, if anything was.
    pub fn gate<T>(self, value: T) -> Result<T, Vec<Diagnostic>> {
        if self.list.is_empty() { Ok(value) } else { Err(self.list) }
    }
}
