//! The cache folder: fetched models and linked kernels.

use std::path::PathBuf;

use crate::error::Error;

/// `$TILEWRIGHT_CACHE`, else `$XDG_CACHE_HOME/tilewright`, else `~/.cache/tilewright`.
///
/// # Errors
/// [`Error::NoCacheFolder`] where none of them is known.
pub fn folder() -> Result<PathBuf, Error> {
    let named = |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty());
    if let Some(path) = named("TILEWRIGHT_CACHE") {
        return Ok(PathBuf::from(path));
    }
    if let Some(path) = named("XDG_CACHE_HOME") {
        return Ok(PathBuf::from(path).join("tilewright"));
    }
    let home = named("HOME").or_else(|| named("USERPROFILE")).ok_or(Error::NoCacheFolder)?;
    Ok(PathBuf::from(home).join(".cache").join("tilewright"))
}
