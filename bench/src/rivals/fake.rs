//! Children for tests.

use std::process::Command;

/// The first line of a child that has everything.
pub(super) const READY: &str =
    r#"{"ready": {"torch": "2.9", "device": "A GPU", "cudnn": "9.19.0", "cublas": "13.1.0"}}"#;

/// A shell that runs a script.
pub(super) fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}
