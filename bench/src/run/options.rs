//! [`Options`] of a run.

use std::path::PathBuf;
use std::time::Duration;

/// What to run, with what, and where the result goes.
#[derive(Debug, Clone)]
pub struct Options {
    /// A GGUF file: for the engine's tests and for generations.
    pub model: PathBuf,
    /// As `--device` takes them; the first names the record.
    pub devices: Vec<String>,
    /// The folder that `cargo xtask bundle` packed.
    pub bundle: PathBuf,
    /// In place of the commit that the bundle names.
    pub commit: Option<String>,
    /// The record.
    pub out: PathBuf,
    /// What the children print, a file each.
    pub logs: PathBuf,
    /// For each child.
    pub timeout: Duration,
    /// What to run.
    pub parts: Parts,
}

/// The parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Test binaries.
    pub conformance: bool,
    /// Whole generations.
    pub generate: bool,
    /// Single kernels.
    pub kernels: bool,
}
