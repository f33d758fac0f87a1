//! [`Options`] of these rows.

use std::path::PathBuf;

/// What to measure, where, and where the record goes.
#[derive(Debug, Clone)]
pub struct Options {
    /// As `--device` takes it: a Hopper GPU.
    pub device: String,
    /// Rows whose id has one of these in it; all where there is none.
    pub only: Vec<String>,
    /// GB/s that a plain read reaches, against which rows are rated.
    pub read_gbps: Option<f64>,
    /// The unpacked bundle, whose manifest names the commit.
    pub bundle: PathBuf,
    /// In place of the commit that the bundle names.
    pub commit: Option<String>,
    /// The record.
    pub out: PathBuf,
}
