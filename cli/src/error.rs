//! Every way a command can end other than well.

use std::io;
use std::path::PathBuf;

use crate::{engine, hub};

/// A failed command. Its text is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line is wrong.
    #[error("{0}")]
    Usage(String),
    /// Ctrl-C; the figures so far are already printed.
    #[error("interrupted")]
    Interrupted,
    /// The reader of standard output has gone.
    #[error("the reader of standard output has gone")]
    ClosedPipe,
    /// Standard output cannot be written for another reason.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// A file named on the command line cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file named on the command line cannot be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Standard input cannot be read.
    #[error("cannot read standard input: {0}")]
    Input(io::Error),
    /// A text is not UTF-8.
    #[error("{what} is not UTF-8 (first bad byte at offset {offset}): convert it to UTF-8")]
    NotUtf8 {
        /// The file, or standard input.
        what: String,
        /// Offset of the first byte that is not part of a character.
        offset: usize,
    },
    /// A path names a folder or a device where a file is needed.
    #[error("{} is {kind}, not a file: name a {wanted}", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// `a folder` or `a special file`.
        kind: &'static str,
        /// What was needed, such as `GGUF file`.
        wanted: &'static str,
    },
    /// A text without a token to predict.
    #[error("{} has fewer than two tokens: score a longer text", path.display())]
    TooShort {
        /// The file.
        path: PathBuf,
    },
    /// Two models whose tokens are not the same.
    #[error(
        "the models have {first} and {second} tokens: --against needs a model with the same tokenizer"
    )]
    Vocabularies {
        /// Tokens of the first model.
        first: u32,
        /// Tokens of the second model.
        second: u32,
    },
    /// The download of a model failed.
    #[error(transparent)]
    Hub(#[from] hub::Error),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// The server could not start, or its model could not be loaded.
    #[error(transparent)]
    Serve(tilewright_server::ServeError),
    /// A kernel's source has mistakes.
    #[error("{0}")]
    Inspect(String),
    /// No folder for the cache.
    #[error("no home folder for the cache: set TILEWRIGHT_CACHE to a folder")]
    NoCacheFolder,
    /// The Ctrl-C handler could not be set.
    #[error("cannot handle Ctrl-C: {0}")]
    Signal(ctrlc::Error),
    /// A result cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A panic: a defect of this program.
    #[error("internal fault, please report it: {0}")]
    Fault(String),
}

impl Error {
    /// 2 for usage, 130 after Ctrl-C, 0 for a closed pipe, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Engine(engine::Error::Usage(_)) => 2,
            Self::Interrupted => 130,
            Self::ClosedPipe => 0,
            _ => 1,
        }
    }

    /// The line for standard error; `None` where the command ends quietly.
    pub fn line(&self) -> Option<String> {
        match self {
            Self::Interrupted | Self::ClosedPipe => None,
            _ => Some(one_line(&self.to_string())),
        }
    }

    /// A failed write to standard output.
    pub fn output(cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Output(cause),
        }
    }
}

/// The text with control characters escaped, so that it stays on one line of a terminal.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{Error, one_line};

    #[test]
    fn control_characters_stay_on_the_line() {
        assert_eq!(one_line("a\nb\u{1b}[0m\u{2028}é"), "a\\nb\\u{1b}[0m\\u{2028}é");
    }

    #[test]
    fn exit_codes() {
        assert_eq!(Error::Usage("x".into()).exit_code(), 2);
        let refused = crate::engine::Error::Usage("x".into());
        assert_eq!(Error::from(refused).exit_code(), 2);
        assert_eq!(Error::Interrupted.exit_code(), 130);
        assert_eq!(Error::output(std::io::ErrorKind::BrokenPipe.into()).exit_code(), 0);
        assert_eq!(Error::output(std::io::ErrorKind::StorageFull.into()).exit_code(), 1);
    }
}
