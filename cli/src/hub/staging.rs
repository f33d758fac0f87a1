//! The folder in which one file is fetched and checked before it gets its place.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::name::RemoteFile;

/// hf-hub's cache for one file. The lock is held as long as this lives.
pub(super) struct Staging {
    folder: PathBuf,
    _lock: File,
}

impl Staging {
    /// Opens the staging folder of a file; waits while another process fetches the same one.
    pub fn open(incoming: &Path, file: &RemoteFile) -> Result<Self, Error> {
        let key = format!("{}/{}", file.repository, file.file).replace('/', "--");
        fs::create_dir_all(incoming).map_err(Error::disk("create", incoming))?;
        let lock_path = incoming.join(format!("{key}.lock"));
        let lock = File::create(&lock_path).map_err(Error::disk("create", &lock_path))?;
        if matches!(lock.try_lock(), Err(TryLockError::WouldBlock)) {
            tracing::info!("waiting for another process that fetches {file}");
        }
        lock.lock().map_err(Error::disk("lock", &lock_path))?;
        Ok(Self { folder: incoming.join(key), _lock: lock })
    }

    /// The folder for [`hf_hub::Cache`].
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Forgets hf-hub's links to finished files: it stumbles over those that lead nowhere.
    pub fn forget_links(&self, repository_folder: &str) -> Result<(), Error> {
        let links = self.folder.join(repository_folder).join("snapshots");
        match fs::remove_dir_all(&links) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Disk { doing: "remove", path: links, cause })
            }
            _ => Ok(()),
        }
    }

    /// Moves the checked file to its place in one step and drops the staging folder.
    pub fn promote(self, checked: &Path, target: &Path) -> Result<(), Error> {
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::disk("create", parent))?;
        }
        let flushed = File::open(checked).and_then(|file| file.sync_all());
        flushed.map_err(Error::disk("write", checked))?;
        fs::rename(checked, target).map_err(Error::disk("write", target))?;
        // What is left are empty folders and links; they harm nobody if they stay.
        let _left = fs::remove_dir_all(&self.folder);
        Ok(())
    }
}
