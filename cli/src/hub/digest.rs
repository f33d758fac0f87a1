//! SHA-256 of a file, and of what the hub says of it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::Error;

/// SHA-256 of the file in hexadecimal.
pub(super) fn sha256(path: &Path) -> Result<String, Error> {
    let mut file = File::open(path).map_err(Error::disk("open", path))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut chunk).map_err(Error::disk("read", path))?;
        if count == 0 {
            return Ok(format!("{:x}", hasher.finalize()));
        }
        hasher.update(&chunk[..count]);
    }
}

/// Whether an entity tag is a SHA-256: it is for large files, which model files are.
pub(super) fn is_sha256(tag: &str) -> bool {
    tag.len() == 64 && tag.bytes().all(|b| b.is_ascii_hexdigit())
}
