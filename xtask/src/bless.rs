//! `cargo xtask bless`: runs the tests with golden files rewritten instead of compared.

use crate::failure::Failure;
use crate::steps::Need;
use crate::{fmt, process};

/// Each tool's switch for "write what you got".
const BLESS: &[(&str, &str)] =
    &[("TILEWRIGHT_BLESS", "1"), ("TRYBUILD", "overwrite"), ("INSTA_UPDATE", "always")];

/// Runs the tests that `args` choose (`-p CRATE`, a filter), or all; then shows what changed.
pub fn run(args: &[String]) -> Result<(), Failure> {
    let mut cargo = process::cargo();
    cargo.arg("test").envs(BLESS.iter().copied()).env("NODEVICE_SELECT", "1");
    if args.is_empty() {
        cargo.arg("--workspace");
    }
    for need in [Need::Ptxas, Need::Model] {
        if let Some((variable, path)) = need.provide()? {
            cargo.env(variable, path);
        }
    }
    let tests = process::run(cargo.args(args));
    fmt::run(&[])?;
    process::run(std::process::Command::new("git").args(["status", "--short"]))?;
    tests
}
