//! The bundle as one file, or in pieces that a narrow way lets through.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// A size such as `60M`: KiB, MiB and GiB as K, M and G, else bytes.
pub(super) fn size(text: &str) -> Result<u64, Failure> {
    let wrong = || Failure::Usage(format!("no size: '{text}'; write one such as 60M"));
    let digits = text.trim_end_matches(['K', 'M', 'G']);
    let shift = match text.get(digits.len()..) {
        Some("") => 0,
        Some("K") => 10,
        Some("M") => 20,
        Some("G") => 30,
        _ => return Err(wrong()),
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    count.checked_mul(1 << shift).filter(|size| *size > 0).ok_or_else(wrong)
}

/// Writes `FOLDER.tar.gz`, or `FOLDER.tar.gz.000` and so on, and says how to unpack it.
pub(super) fn write(folder: &Path, piece: Option<u64>) -> Result<(), Failure> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let parent = folder.parent().unwrap_or(Path::new("."));
    let archive = parent.join(format!("{name}.tar.gz"));
    remove_old(parent, &format!("{name}.tar.gz"))?;
    process::run(Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(parent).arg(&name))?;
    let Some(piece) = piece else {
        println!("unpack with: tar -xzf {name}.tar.gz");
        return Ok(());
    };
    for path in split(&archive, piece).map_err(|e| Failure::io("split", &archive, e))? {
        println!("{}", path.display());
    }
    println!("unpack with: cat {name}.tar.gz.* | tar -xz");
    Ok(())
}

/// Pieces of an earlier bundle would be unpacked with the new ones.
fn remove_old(folder: &Path, prefix: &str) -> Result<(), Failure> {
    for entry in std::fs::read_dir(folder).map_err(|e| Failure::io("list", folder, e))? {
        let entry = entry.map_err(|e| Failure::io("list", folder, e))?;
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let path = entry.path();
            std::fs::remove_file(&path).map_err(|e| Failure::io("remove", &path, e))?;
        }
    }
    Ok(())
}

/// Cuts a file into pieces of at most `piece` bytes and removes it.
fn split(path: &Path, piece: u64) -> io::Result<Vec<PathBuf>> {
    let mut whole = File::open(path)?;
    let mut left = whole.metadata()?.len();
    let mut pieces = Vec::new();
    while left > 0 {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{:03}", pieces.len()));
        let target = PathBuf::from(name);
        let copied = io::copy(&mut whole.by_ref().take(piece), &mut File::create(&target)?)?;
        if copied == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= copied;
        pieces.push(target);
    }
    std::fs::remove_file(path)?;
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{size, split};

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("60M").unwrap(), 60 << 20);
        assert_eq!((size("7").unwrap(), size("1K").unwrap()), (7, 1024));
        for wrong in ["", "M", "0", "60MM", "6T", "-1", "99999999999999G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pieces_together_are_the_file() {
        let folder = std::env::temp_dir().join(format!("tilewright-split-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.tar.gz");
        let bytes: Vec<u8> = (0..250).collect();
        std::fs::write(&path, &bytes).unwrap();
        let pieces = split(&path, 100).unwrap();
        let read: Vec<Vec<u8>> = pieces.iter().map(|path| std::fs::read(path).unwrap()).collect();
        assert_eq!(read.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
        assert_eq!(read.concat(), bytes);
        assert!(!path.exists() && pieces[2].ends_with("a.tar.gz.002"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
