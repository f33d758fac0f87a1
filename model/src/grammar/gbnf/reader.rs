//! [`Reader`]: the characters of a grammar.

use std::iter::Peekable;
use std::str::Chars;

/// What is left of a text.
pub(super) struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    line: u32,
}

/// A message with its line.
pub(super) type Read<T> = Result<T, String>;

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Reader { chars: text.chars().peekable(), line: 1 }
    }

    /// A message about this place.
    pub fn wrong(&self, what: &str) -> String {
        format!("line {}: {what}", self.line)
    }

    /// A message about the character that comes next.
    pub fn unexpected(&mut self) -> String {
        match self.peek() {
            Some(c) => self.wrong(&format!("`{}` is not expected here", c.escape_debug())),
            None => self.wrong("the grammar ends too early"),
        }
    }

    pub fn peek(&mut self) -> Option<char> {
        self.chars.peek().copied()
    }

    pub fn next(&mut self) -> Option<char> {
        let next = self.chars.next();
        self.line += u32::from(next == Some('\n'));
        next
    }

    /// Takes a character if it is the next one.
    pub fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.next();
        }
        found
    }

    /// Skips blanks and comments, and the ends of lines if they mean nothing here.
    pub fn skip(&mut self, lines: bool) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' => {}
                '\r' | '\n' if lines => {}
                '#' => {
                    while self.peek().is_some_and(|c| c != '\r' && c != '\n') {
                        self.next();
                    }
                    continue;
                }
                _ => return,
            }
            self.next();
        }
    }

    /// The name of a rule; empty where there is none.
    pub fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)) {
            name.push(c);
            self.next();
        }
        name
    }

    /// A number of repetitions.
    pub fn number(&mut self) -> Read<u32> {
        const MOST: u32 = 2000;
        let mut digits = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.next();
        }
        if digits.is_empty() {
            return Err(self.wrong("a number is missing"));
        }
        let number = digits.parse().ok().filter(|number| *number <= MOST);
        number.ok_or_else(|| self.wrong(&format!("{digits} times: {MOST} are the most")))
    }

    /// A character of a text or a set, which ends with `end`; `None` for that one.
    pub fn character(&mut self, end: char, what: &str) -> Read<Option<char>> {
        match self.next() {
            None | Some('\n') => Err(self.wrong(&format!("the {what} has no end"))),
            Some('\\') => self.escape().map(Some),
            Some(c) => Ok((c != end).then_some(c)),
        }
    }

    fn escape(&mut self) -> Read<char> {
        let digits = match self.next() {
            Some('n') => return Ok('\n'),
            Some('r') => return Ok('\r'),
            Some('t') => return Ok('\t'),
            Some(c @ ('\\' | '"' | '[' | ']' | '-' | '^')) => return Ok(c),
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(c) => return Err(self.wrong(&format!("`\\{}` is no escape", c.escape_debug()))),
            None => return Err(self.wrong("the escape has no end")),
        };
        let hex: String = (0..digits).map_while(|_| self.next()).collect();
        let number = u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == digits);
        let c = number.and_then(char::from_u32);
        c.ok_or_else(|| self.wrong(&format!("{} is no character", hex.escape_debug())))
    }
}
