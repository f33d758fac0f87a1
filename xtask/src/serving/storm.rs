//! `cargo xtask storm`: many impatient clients on a tiny model.

use crate::failure::Failure;
use crate::process;

/// Runs the storm with these options (`--seconds N`, `--clients N`, `--seed N`, `--device D`).
///
/// # Errors
/// Whatever went wrong in it.
pub fn run(args: &[String]) -> Result<(), Failure> {
    let storm = ["run", "-q", "-p", "tilewright-model", "--example", "storm", "--"];
    process::run(process::cargo().args(storm).args(args))
}

/// A minute of it on the device where equal tokens take more than a scalar loop.
///
/// # Errors
/// As for [`run`].
pub fn check() -> Result<(), Failure> {
    run(&["--seconds", "60", "--device", "wgpu"].map(str::to_owned))
}
