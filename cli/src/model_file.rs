//! `--model`: a file, or a file of a repository on the Hugging Face hub.

use std::path::{Path, PathBuf};

use crate::args::ModelSource;
use crate::cache;
use crate::error::Error;
use crate::hub::Hub;

/// The model's file on this machine, fetched where it has to be.
///
/// # Errors
/// There is no such file, it is a folder, or the download failed.
pub fn resolve(source: &ModelSource, endpoint: Option<&str>) -> Result<PathBuf, Error> {
    match source {
        ModelSource::File(path) => {
            check_is_file(path)?;
            Ok(path.clone())
        }
        ModelSource::Hub(file) => Ok(Hub::new(endpoint, &cache::folder()?)?.fetch(file)?),
    }
}

/// Refuses a path that is missing, a folder or a special file: a model is mapped, not read.
fn check_is_file(path: &Path) -> Result<(), Error> {
    let metadata =
        std::fs::metadata(path).map_err(|cause| Error::Read { path: path.to_owned(), cause })?;
    let kind = match (metadata.is_dir(), metadata.is_file()) {
        (true, _) => "a folder",
        (false, true) => return Ok(()),
        (false, false) => "a special file",
    };
    Err(Error::NotAFile { path: path.to_owned(), kind, wanted: "GGUF file" })
}
