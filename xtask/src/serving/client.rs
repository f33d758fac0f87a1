//! `cargo xtask ci openai`: the official `openai` client for Python.

use std::process::Command;

use super::python;
use super::server::Server;
use crate::failure::Failure;
use crate::process;

const SCRIPT: &str = "server/tests/openai_client.py";
const KEY: &str = "ci-key";

/// Runs the client's checks.
///
/// # Errors
/// The client cannot be installed, the server does not start or end well, or a check failed.
pub fn check() -> Result<(), Failure> {
    let python = python::environment()?;
    let server = Server::start(&["--max-sequences", "8", "--max-queue", "4", "--api-key", KEY])?;
    let mut client = Command::new(python);
    client.env("PYTHONDONTWRITEBYTECODE", "1").args([SCRIPT, server.address(), KEY]);
    let checked = process::run(&mut client);
    checked.and(server.stop())
}
