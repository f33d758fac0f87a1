//! The cache folder: the one place, besides apt, that these commands write to.

use std::path::PathBuf;

use crate::failure::Failure;

/// `$TILEWRIGHT_CACHE`, else `$XDG_CACHE_HOME/tilewright`, else `~/.cache/tilewright`; created.
pub fn folder() -> Result<PathBuf, Failure> {
    let named = |variable: &str| std::env::var_os(variable).filter(|v| !v.is_empty());
    let path = if let Some(path) = named("TILEWRIGHT_CACHE") {
        PathBuf::from(path)
    } else if let Some(path) = named("XDG_CACHE_HOME") {
        PathBuf::from(path).join("tilewright")
    } else if let Some(home) = named("HOME").or_else(|| named("USERPROFILE")) {
        PathBuf::from(home).join(".cache").join("tilewright")
    } else {
        return Err(Failure::Other("no home folder: set TILEWRIGHT_CACHE to a folder".into()));
    };
    std::fs::create_dir_all(&path).map_err(|e| Failure::io("create", &path, e))?;
    std::path::absolute(&path).map_err(|e| Failure::io("find", &path, e))
}

/// An empty folder for one download, inside the cache so that a rename out of it is atomic.
pub fn scratch(name: &str) -> Result<PathBuf, Failure> {
    let path = folder()?.join("tmp").join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).map_err(|e| Failure::io("create", &path, e))?;
    Ok(path)
}
