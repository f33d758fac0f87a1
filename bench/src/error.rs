//! Everything that can end a run of this crate.

use std::io;
use std::path::{Path, PathBuf};

/// A failure; its text is one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The device or a launch.
    #[error(transparent)]
    Device(#[from] tilewright_runtime::Error),
    /// A kernel without `cost(..)`.
    #[error("{case}: the kernel states no cost: add cost(bytes = .., flops = ..) to it")]
    NoCost {
        /// Kernel and shape.
        case: String,
    },
    /// A device computed something else than the reference.
    #[error("{case}: {place}: no speed counts while the numbers are wrong")]
    Numbers {
        /// Kernel and shape.
        case: String,
        /// Which element, what it is and what it should be.
        place: String,
    },
    /// A file or a folder.
    #[error("cannot {action} {}: {cause}", path.display())]
    File {
        /// `read`, `write`, `create`.
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A JSON file, or what a program printed as JSON.
    #[error("{what} is not what this program reads: {cause}")]
    Json {
        /// The file or the program.
        what: String,
        /// Why.
        cause: serde_json::Error,
    },
    /// A manifest of another version.
    #[error("{}: schema {found}, and this program reads {expected}: pack the bundle again", path.display())]
    Schema {
        /// The manifest.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// This program's.
        expected: u32,
    },
    /// A program that did not do what it should.
    #[error("{what} {outcome}: {line}")]
    Child {
        /// What was run.
        what: String,
        /// How it ended.
        outcome: String,
        /// The last line that it printed.
        line: String,
    },
    /// Nobody's kernels to compare with.
    #[error(
        "no rival to compare with: {reason}: name a Python that has PyTorch for CUDA with --python"
    )]
    NoRival {
        /// What is missing.
        reason: String,
    },
    /// A row that there is not.
    #[error("{reason}")]
    Contest {
        /// Which, and how ids look.
        reason: String,
    },
    /// A record without the commit that was built.
    #[error("no manifest names what was built ({cause}): say it with --commit")]
    NoCommit {
        /// Why there is no manifest.
        cause: String,
    },
    /// Some of what was run is wrong; the record says what.
    #[error("{failed} of {} did not pass", path.display())]
    Failed {
        /// How many results.
        failed: usize,
        /// The record.
        path: PathBuf,
    },
}

impl Error {
    /// A failure of the file system.
    pub fn file(action: &'static str, path: &Path, cause: io::Error) -> Error {
        Error::File { action, path: path.to_owned(), cause }
    }
}
