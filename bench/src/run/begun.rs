//! The record of a run that has just begun.

use std::path::Path;
use std::time::SystemTime;

use super::bundle::Bundle;
use super::utc;
use crate::Error;
use crate::record::{Run, SCHEMA};

/// A record without results and without a device; `commit` in place of the one that the bundle names.
///
/// # Errors
/// [`Error::NoCommit`] where nobody names one.
pub(crate) fn begun(bundle: &Path, commit: Option<&String>) -> Result<Run, Error> {
    let (commit, dirty) = match (Bundle::open(bundle), commit) {
        (Ok(bundle), commit) => {
            let named = bundle.manifest.commit;
            (commit.cloned().unwrap_or(named), bundle.manifest.dirty)
        }
        // A program by itself: whoever names the commit answers for it.
        (Err(_), Some(commit)) => (commit.clone(), false),
        (Err(error), None) => return Err(Error::NoCommit { cause: error.to_string() }),
    };
    Ok(empty(commit, dirty))
}

/// A record of now, without results and without a device, of what was built from a commit.
pub(super) fn empty(commit: String, dirty: bool) -> Run {
    Run {
        schema: SCHEMA,
        device: String::new(),
        driver: String::new(),
        commit,
        dirty,
        utc: utc::format(SystemTime::now()),
        conformance: None,
        generate: Vec::new(),
        ceilings: None,
        rows: Vec::new(),
        absent: Vec::new(),
    }
}
