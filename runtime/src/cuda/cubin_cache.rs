//! Linked cubins on disk: the second start links nothing.
//!
//! An entry is a header (magic, length, SHA-256) and the cubin. It is written to a temporary file
//! and renamed, under a lock file, so that a reader sees all of it or none, and two processes that
//! start together link each text once. An entry that does not match its header is linked again.
//! No failure of the cache is an error: it is logged, and the text is linked.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, Options};

const MAGIC: &[u8; 8] = b"TWCUBIN1";

/// Bytes before the cubin: magic, length (little-endian), SHA-256.
const HEADER: usize = 8 + 8 + 32;

/// The cache's folder; `None` where it is switched off or there is no home.
#[derive(Debug)]
pub(super) struct CubinCache {
    folder: Option<PathBuf>,
}

impl CubinCache {
    pub(super) fn new(options: &Options) -> Self {
        let folder = options
            .cubin_cache
            .then(|| options.cache_dir.clone().or_else(default_folder))
            .flatten()
            .map(|folder| folder.join("cubin"));
        CubinCache { folder }
    }

    /// The entry's name: the SHA-256 of everything that the cubin depends on.
    pub(super) fn key(text: &str, driver: &str, sm: u32) -> String {
        let mut hash = Sha256::new();
        for part in [text, driver, &sm.to_string()] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hex(&hash.finalize())
    }

    /// The cubin of `key`, linked now if no valid entry is there. `link` runs at most once.
    pub(super) fn get_or_link(
        &self,
        key: &str,
        link: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<Vec<u8>, Error> {
        let Some(folder) = &self.folder else { return link() };
        let entry = folder.join(format!("{key}.cubin"));
        if let Some(cubin) = read(&entry) {
            return Ok(cubin);
        }
        // Held until the entry is in place. Locks are shared by keys that begin alike, so that
        // their number stays small while many texts are linked at once.
        let _lock = match lock(folder, key) {
            Ok(lock) => lock,
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "no cubin cache");
                return link();
            }
        };
        if let Some(cubin) = read(&entry) {
            return Ok(cubin);
        }
        let cubin = link()?;
        if let Err(error) = write(folder, &entry, &cubin) {
            tracing::warn!(entry = %entry.display(), %error, "cubin not cached");
        }
        Ok(cubin)
    }

    /// Forgets an entry that the driver refused.
    pub(super) fn forget(&self, key: &str) {
        if let Some(folder) = &self.folder {
            let entry = folder.join(format!("{key}.cubin"));
            if let Err(error) = fs::remove_file(&entry) {
                tracing::debug!(entry = %entry.display(), %error, "forgetting a cubin");
            }
        }
    }
}

/// `$TILEWRIGHT_CACHE`, else the user's cache folder.
fn default_folder() -> Option<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = variable("TILEWRIGHT_CACHE") {
        return Some(folder.into());
    }
    let base = match std::env::consts::OS {
        "windows" => variable("LOCALAPPDATA").map(PathBuf::from),
        "macos" => variable("HOME").map(|home| Path::new(&home).join("Library/Caches")),
        _ => variable("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache"))),
    };
    base.map(|base| base.join("tilewright"))
}

fn lock(folder: &Path, key: &str) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let name = format!("{}.lock", key.get(..2).unwrap_or("00"));
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(name))?;
    file.lock()?;
    Ok(file)
}

/// A valid entry's cubin.
fn read(entry: &Path) -> Option<Vec<u8>> {
    let mut bytes = fs::read(entry).ok()?;
    let valid = check(&bytes);
    if !valid {
        tracing::warn!(entry = %entry.display(), "corrupt cubin cache entry: linking again");
        return None;
    }
    Some(bytes.split_off(HEADER))
}

fn check(bytes: &[u8]) -> bool {
    let Some((header, cubin)) = bytes.split_at_checked(HEADER) else { return false };
    header[..8] == *MAGIC
        && header[8..16] == (cubin.len() as u64).to_le_bytes()
        && header[16..] == Sha256::digest(cubin)[..]
}

fn write(folder: &Path, entry: &Path, cubin: &[u8]) -> io::Result<()> {
    let unique = format!("{}.{:?}.tmp", std::process::id(), std::thread::current().id());
    let temporary = folder.join(unique.replace(['(', ')'], ""));
    let written = (|| {
        let mut file = File::create(&temporary)?;
        file.write_all(MAGIC)?;
        file.write_all(&(cubin.len() as u64).to_le_bytes())?;
        file.write_all(&Sha256::digest(cubin))?;
        file.write_all(cubin)?;
        file.sync_all()?;
        fs::rename(&temporary, entry)
    })();
    if written.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[path = "cubin_cache_tests.rs"]
mod tests;
