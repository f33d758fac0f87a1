//! What can go wrong in a developer command.

use std::fmt;
use std::path::{Path, PathBuf};

/// A failure, told in one line (usage adds the list of commands).
#[derive(Debug)]
pub enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// A program could not be started.
    Start { program: String, cause: std::io::Error },
    /// A program ended with a status other than 0.
    Status { program: String, code: Option<i32> },
    /// A file or folder could not be read or written.
    Io { doing: &'static str, path: PathBuf, cause: std::io::Error },
    /// It was told already, so that the output can end with something else.
    Told,
    /// Anything else, with what to do about it.
    Other(String),
}

impl Failure {
    /// An input or output failure at `path`; `doing` is a verb such as `read`.
    pub fn io(doing: &'static str, path: impl AsRef<Path>, cause: std::io::Error) -> Self {
        Self::Io { doing, path: path.as_ref().to_owned(), cause }
    }

    /// 2 for a wrong command line, 130 after Ctrl-C in a child, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Status { code: Some(130), .. } => 130,
            _ => 1,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Other(text) => f.write_str(text),
            Self::Told => f.write_str("failed"),
            Self::Start { program, cause } => write!(f, "cannot start {program}: {cause}"),
            Self::Status { program, code: Some(code) } => {
                write!(f, "{program} failed with exit code {code}")
            }
            Self::Status { program, code: None } => write!(f, "{program} was ended by a signal"),
            Self::Io { doing, path, cause } => {
                write!(f, "cannot {doing} {}: {cause}", path.display())
            }
        }
    }
}
