//! `cargo xtask ci page`: the chat page in headless Chromium, with a screenshot.

use std::process::Command;

use super::python;
use super::server::Server;
use crate::failure::Failure;
use crate::{cache, process, wheel};

const SCRIPT: &str = "server/tests/chat_page.py";

/// Talks to the model through the page; the screenshot lies in the target folder.
///
/// # Errors
/// The browser or the server does not start, or the page did not do what it should.
pub fn check() -> Result<(), Failure> {
    let python = python::environment()?;
    let screenshot = process::target_folder()?.join("chat-page.png");
    let profile = cache::scratch("chat-page")?;
    let server = Server::start(&["--max-sequences", "4"])?;
    let mut browser = Command::new(python);
    browser.env("PYTHONDONTWRITEBYTECODE", "1").args([SCRIPT, server.address()]);
    let checked = process::run(browser.arg(&profile).arg(&screenshot));
    wheel::discard(&profile);
    checked.and(server.stop())
}
