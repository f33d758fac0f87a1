//! `cargo xtask fmt`: rustfmt over the crates and over the kernel sources that no crate compiles.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// Kernel-language files: Rust syntax, read by the compiler as text.
const KERNEL_FOLDERS: &[&str] =
    &["kernel-compiler/templates", "kernel-compiler/library", "kernel-compiler/formats"];

/// Formats, or with `--check` only compares.
pub fn run(args: &[String]) -> Result<(), Failure> {
    match args {
        [] => format(&[]),
        [flag] if flag == "--check" => check(),
        _ => Err(Failure::Usage("usage: cargo xtask fmt [--check]".into())),
    }
}

/// Fails where a file is not formatted.
pub fn check() -> Result<(), Failure> {
    format(&["--check"])
}

fn format(flags: &[&str]) -> Result<(), Failure> {
    process::run(process::cargo().args(["fmt", "--all"]).args(flags))?;
    let mut files = Vec::new();
    for folder in KERNEL_FOLDERS {
        rust_files(Path::new(folder), &mut files)?;
    }
    if files.is_empty() {
        return Ok(());
    }
    println!("{} kernel sources", files.len());
    process::run(Command::new("rustfmt").args(["--edition", "2024"]).args(flags).args(files))
}

/// Adds every `.rs` file below `folder`; a folder that does not exist has none.
fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !folder.exists() {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(|e| Failure::io("list", folder, e))?;
    for entry in entries {
        let path = entry.map_err(|e| Failure::io("list", folder, e))?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}
