//! [`Server`]: `tilewright serve` with a tiny model, as a child process.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::failure::Failure;
use crate::{cache, process, wheel};

/// A running server.
pub struct Server {
    child: Child,
    address: String,
    scratch: PathBuf,
}

impl Server {
    /// Builds the program and a model, and starts it with some more arguments.
    pub fn start(more: &[&str]) -> Result<Self, Failure> {
        process::run(process::cargo().args(["build", "-q", "-p", "tilewright-cli"]))?;
        let scratch = cache::scratch("tiny-model")?;
        let model = scratch.join("tiny.gguf");
        process::run(
            process::cargo()
                .args(["run", "-q", "-p", "tilewright-server", "--example", "tiny_model", "--"])
                .arg(&model),
        )?;
        let program = process::target_folder()?.join("debug").join("tilewright");
        let mut command = Command::new(&program);
        command.args(["serve", "--device", "cpu", "--port", "0", "--model"]).arg(&model).args(more);
        // The line of every request would drown the checks' own lines.
        command.env("TILEWRIGHT_LOG", "warn").stdout(Stdio::piped());
        let title = process::title(&command);
        println!("$ {title}");
        let started = command.spawn();
        let mut child = started.map_err(|cause| Failure::Start { program: title, cause })?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map_err(|cause| Failure::io("read from", &program, cause))?;
        }
        let address = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let server = Server { child, address: address.unwrap_or_default(), scratch };
        if server.address.is_empty() {
            server.stop()?;
            return Err(Failure::Other(format!("the server said {line:?} and no address")));
        }
        Ok(server)
    }

    /// Its address, as a URL.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends it with SIGTERM.
    ///
    /// # Errors
    /// It did not end well.
    pub fn stop(mut self) -> Result<(), Failure> {
        process::run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]))?;
        let status = self.child.wait();
        wheel::discard(&self.scratch);
        let program = "tilewright serve".to_owned();
        let status = status.map_err(|cause| Failure::Start { program: program.clone(), cause })?;
        process::check(program, status)
    }
}
