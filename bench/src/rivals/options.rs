//! [`Options`] of a comparison.

use std::path::PathBuf;
use std::time::Duration;

/// What to compare, how often, and where the record goes.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program that compares once: this one.
    pub program: PathBuf,
    /// As `--device` takes it.
    pub device: String,
    /// A Python that has PyTorch.
    pub python: PathBuf,
    /// Rounds of each side in each process.
    pub rounds: u32,
    /// Processes whose median counts.
    pub processes: u32,
    /// Rows whose id has one of these in it; all where there is none.
    pub only: Vec<String>,
    /// Rows beside those of the table, by id.
    pub cases: Vec<String>,
    /// The unpacked bundle, whose manifest names the commit.
    pub bundle: PathBuf,
    /// In place of the commit that the bundle names.
    pub commit: Option<String>,
    /// For each answer of the child, and twice that for each row.
    pub timeout: Duration,
    /// The record.
    pub out: PathBuf,
}
