//! `cargo xtask fmt`: rustfmt over the crates and over the kernel sources that no crate compiles.

use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::{folder, process};

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
    let mut files = folder::files(Path::new("examples"), "rs")?;
    for sources in KERNEL_FOLDERS {
        files.extend(folder::files(Path::new(sources), "rs")?);
    }
    if files.is_empty() {
        return Ok(());
    }
    println!("{} files that no member compiles", files.len());
    process::run(Command::new("rustfmt").args(["--edition", "2024"]).args(flags).args(files))
}
