//! Files below a folder.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Every file with this extension below `folder`, sorted; a folder that does not exist has none.
pub fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    collect(folder, extension, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !folder.exists() {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(|e| Failure::io("list", folder, e))?;
    for entry in entries {
        let path = entry.map_err(|e| Failure::io("list", folder, e))?.path();
        if path.is_dir() {
            collect(&path, extension, found)?;
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    Ok(())
}

/// Copies a folder and all below it, hidden files excepted; one that does not exist is nothing to copy.
pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    if !from.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(to).map_err(|e| Failure::io("create", to, e))?;
    let entries = std::fs::read_dir(from).map_err(|e| Failure::io("list", from, e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Failure::io("list", from, e))?;
        let target = to.join(entry.file_name());
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).map_err(|e| Failure::io("write", &target, e))?;
        }
    }
    Ok(())
}

/// An empty folder at `path`: what was there is removed.
pub fn empty(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        std::fs::remove_dir_all(path).map_err(|e| Failure::io("remove", path, e))?;
    }
    std::fs::create_dir_all(path).map_err(|e| Failure::io("create", path, e))
}
