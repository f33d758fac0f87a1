//! Headless Chromium with a page of ours in it.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::server::Server;
use crate::cache;
use crate::failure::Failure;

/// What distributions call it.
const PROGRAMS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
/// Ten times what two cores need.
const LIMIT: Duration = Duration::from_secs(300);

/// Opens `page`, which finds `data` at `/texts`, and returns what it posts to `/answer`.
pub fn ask(page: &str, data: &str) -> Result<String, Failure> {
    let server = Server::bind().map_err(|e| Failure::Other(format!("cannot listen: {e}")))?;
    let address = server.address().map_err(|e| Failure::Other(format!("cannot listen: {e}")))?;
    let profile = cache::scratch("chromium")?;
    let mut browser = Browser(start(&format!("http://{address}/"), &profile)?);
    let gone = || browser.0.try_wait().is_ok_and(|status| status.is_some());
    let answer = server.answer(page, data, LIMIT, gone);
    drop(browser);
    // A folder that stays behind lies in the cache's folder for downloads.
    let _ = std::fs::remove_dir_all(&profile);
    answer.map_err(|error| Failure::Other(format!("no answer from the browser: {error}")))
}

/// A process that ends with its owner.
struct Browser(Child);

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(url: &str, profile: &std::path::Path) -> Result<Child, Failure> {
    let mut last = None;
    for program in PROGRAMS {
        let mut command = Command::new(program);
        // Without `enable-unsafe-webgpu` no adapter is offered on a machine without a GPU.
        command.args(["--headless=new", "--no-sandbox", "--enable-unsafe-webgpu"]);
        command.args(["--use-webgpu-adapter=swiftshader", "--remote-debugging-port=0"]);
        command.arg(format!("--user-data-dir={}", profile.display())).arg(url);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match command.spawn() {
            Ok(child) => return Ok(child),
            Err(cause) => last = Some(Failure::Start { program: (*program).to_owned(), cause }),
        }
    }
    Err(last.unwrap_or_else(|| Failure::Other("no browser is known".into())))
}
