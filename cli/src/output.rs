//! Standard output and standard error: a closed pipe ends the command quietly.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::Error;

/// Writes text and flushes it, so that a reader sees every token as it comes.
///
/// # Errors
/// [`Error::ClosedPipe`] where the reader has gone, else [`Error::Output`].
pub fn stream(out: &mut dyn Write, text: &str) -> Result<(), Error> {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::output)
}

/// Writes one JSON object and a newline, in one piece.
///
/// # Errors
/// As [`stream`]; nothing is written where the value is no JSON.
pub fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), Error> {
    let mut line = serde_json::to_string(value)?;
    line.push('\n');
    stream(out, &line)
}

/// Writes a line to standard error; where that is closed there is nobody left to tell.
pub fn stderr_line(line: &str) {
    let _closed = writeln!(io::stderr(), "{line}");
}
