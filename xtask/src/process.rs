//! Child processes: their output goes straight to the terminal unless it is asked for.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The folder of the root `Cargo.toml`.
pub fn workspace_root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_owned()
}

/// The `cargo` that started this program.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end with inherited output; a status other than 0 is a failure.
pub fn run(command: &mut Command) -> Result<(), Failure> {
    let program = title(command);
    println!("$ {program}");
    let status =
        command.status().map_err(|cause| Failure::Start { program: program.clone(), cause })?;
    check(program, status)
}

/// Runs to the end and returns standard output; standard error is inherited.
pub fn capture(command: &mut Command) -> Result<String, Failure> {
    let program = title(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| Failure::Start { program: program.clone(), cause })?;
    check(program, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether the program starts and ends with status 0; its output is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// The status of `program` as a result.
pub fn check(program: String, status: std::process::ExitStatus) -> Result<(), Failure> {
    if status.success() {
        return Ok(());
    }
    Err(Failure::Status { program, code: status.code() })
}

/// The command as one would type it, cut after 160 characters.
pub fn title(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    let line = words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(160) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line,
    }
}

/// A program that `cargo build --release` made.
pub fn release_binary(name: &str) -> Result<PathBuf, Failure> {
    binary("release", name)
}

/// A program that `cargo build` made.
pub fn debug_binary(name: &str) -> Result<PathBuf, Failure> {
    binary("debug", name)
}

fn binary(folder: &str, name: &str) -> Result<PathBuf, Failure> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(target_folder()?.join(folder).join(file))
}

/// Cargo's target folder, wherever the user put it.
pub fn target_folder() -> Result<PathBuf, Failure> {
    let text = capture(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&text)
        .map_err(|e| Failure::Other(format!("cargo metadata is not JSON: {e}")))?;
    let folder = metadata.get("target_directory").and_then(|v| v.as_str());
    folder.map(PathBuf::from).ok_or_else(|| Failure::Other("cargo metadata lacks a folder".into()))
}
