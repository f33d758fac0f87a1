//! Reads a module from text.

use super::header::Header;
use super::statement::Body;
use super::token::{Token, tokens};
use crate::ir::{LocalId, Module, ParamId, SharedId, Span};
use std::collections::HashMap;
use std::fmt;

/// A mistake in the text form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Line, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ReadError {}

/// A line that holds something.
pub(super) struct Line {
    /// From 1.
    pub number: u32,
    /// What it holds.
    pub tokens: Vec<Token>,
}

/// Reads the text form of a module. Spans are line numbers.
///
/// # Errors
/// The first line that is not of the form, and why.
pub fn read(text: &str) -> Result<Module, ReadError> {
    let mut lines = Vec::new();
    for (number, line) in (1u32..).zip(text.lines()) {
        let tokens = tokens(line).map_err(|message| ReadError { line: number, message })?;
        if !tokens.is_empty() {
            lines.push(Line { number, tokens });
        }
    }
    let opens = |line: &Line| line.tokens == [Token::Sign("{")];
    let Some(start) = lines.iter().position(opens) else {
        let message = "a module needs a body: a line with `{`".to_owned();
        return Err(ReadError { line: text.lines().count() as u32, message });
    };
    let (head, body) = lines.split_at(start);
    let mut header = Header::default();
    header.read(head)?;
    Body::new(header).read(body)
}

/// What names mean.
#[derive(Default)]
pub(super) struct Names {
    /// Parameters.
    pub params: HashMap<String, ParamId>,
    /// Workgroup arrays.
    pub shared: HashMap<String, SharedId>,
    /// Locals.
    pub locals: HashMap<String, LocalId>,
}

/// A position in a line.
pub(super) struct Cursor<'l> {
    tokens: &'l [Token],
    names: &'l Names,
    /// Where the line stands.
    pub span: Span,
}

impl<'l> Cursor<'l> {
    /// At the start of a line.
    pub fn new(line: &'l Line, names: &'l Names) -> Cursor<'l> {
        Cursor { tokens: &line.tokens, names, span: Span(line.number) }
    }

    /// What names mean.
    pub fn names(&self) -> &'l Names {
        self.names
    }

    /// The next token, not taken.
    pub fn peek(&self) -> Option<&'l Token> {
        self.tokens.first()
    }

    /// The token after the next.
    pub fn peek_second(&self) -> Option<&'l Token> {
        self.tokens.get(1)
    }

    /// Takes a token.
    pub fn next(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    /// Takes `sign`.
    pub fn sign(&mut self, sign: &str) -> Result<(), String> {
        match self.next() {
            Some(Token::Sign(s)) if s == sign => Ok(()),
            _ => Err(format!("`{sign}` is expected here")),
        }
    }

    /// Takes `sign` if it is next.
    pub fn maybe(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(s)) if *s == sign);
        if found {
            self.next();
        }
        found
    }

    /// Takes the word `word` if it is next.
    pub fn maybe_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        if found {
            self.next();
        }
        found
    }

    /// Takes a word.
    pub fn word(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err("a word is expected here".to_owned()),
        }
    }

    /// Takes a plain number.
    pub fn number(&mut self) -> Result<u32, String> {
        match self.next() {
            Some(Token::Number(digits)) => {
                digits.parse().map_err(|_| format!("`{digits}` is no plain number"))
            }
            _ => Err("a number is expected here".to_owned()),
        }
    }

    /// Takes a type.
    pub fn scalar(&mut self) -> Result<crate::ir::Scalar, String> {
        let word = self.word()?;
        crate::ir::Scalar::from_name(&word).ok_or_else(|| format!("there is no type `{word}`"))
    }

    /// What stands between `[` and `]`, separated by commas.
    pub fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        self.sign("[")?;
        let mut items = Vec::new();
        while !self.maybe("]") {
            if !items.is_empty() {
                self.sign(",")?;
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// The parameter called `name`.
    pub fn param(&self, name: &str) -> Result<ParamId, String> {
        let found = self.names.params.get(name).copied();
        found.ok_or_else(|| format!("there is no parameter `{name}`"))
    }

    /// That the line ends here.
    pub fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err("something follows where the line should end".to_owned()),
        }
    }
}
