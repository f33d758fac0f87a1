//! Pinned texts: an explicit bless writes them, drift fails.

use std::path::{Path, PathBuf};

/// A path below `golden`.
pub(crate) fn golden(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(relative)
}

/// Compares a text with `golden/out/FILE`.
pub(crate) fn pin(file: &str, text: &str) {
    let path = golden("out").join(file);
    if std::env::var_os("TILEWRIGHT_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let pinned = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{file}: {error}; write it with TILEWRIGHT_BLESS=1"));
    if pinned != text {
        let differs = pinned.lines().zip(text.lines()).position(|(a, b)| a != b);
        let line = differs.unwrap_or_else(|| pinned.lines().count().min(text.lines().count()));
        panic!(
            "{file} drifted at line {}: pinned `{}`, now `{}`; TILEWRIGHT_BLESS=1 accepts it",
            line + 1,
            pinned.lines().nth(line).unwrap_or(""),
            text.lines().nth(line).unwrap_or(""),
        );
    }
}
