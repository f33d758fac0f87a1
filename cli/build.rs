//! Puts the commit and the host's target triple into the environment of the build.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let commit = packaged_commit().or_else(git_commit).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=TILEWRIGHT_COMMIT={commit}");
    let target = std::env::var("TARGET").unwrap_or_else(|_| "unknown".to_owned());
    println!("cargo::rustc-env=TILEWRIGHT_HOST={target}");
}

/// The commit that `cargo package` recorded in a packaged crate.
fn packaged_commit() -> Option<String> {
    let text = std::fs::read_to_string(".cargo_vcs_info.json").ok()?;
    println!("cargo::rerun-if-changed=.cargo_vcs_info.json");
    let (_, rest) = text.split_once("\"sha1\"")?;
    let hash = rest.split('"').nth(1)?;
    Some(hash.get(..12)?.to_owned())
}

/// The checked-out commit, where this file belongs to a git repository.
fn git_commit() -> Option<String> {
    // An unrelated repository round an unpacked crate must not lend its commit.
    git(&["ls-files", "--error-unmatch", "build.rs"])?;
    for name in ["HEAD", "packed-refs"].map(str::to_owned).into_iter().chain(branch()) {
        let path = git(&["rev-parse", "--git-path", &name])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

/// The full name of the checked-out branch.
fn branch() -> Option<String> {
    git(&["symbolic-ref", "--quiet", "HEAD"])
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
