//! [`LineChild`]: a child that is told lines and answers in lines, each within a time limit.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Error;

/// How long a child whose output has ended may take to end itself.
const END: Duration = Duration::from_secs(5);

/// A running child; dropping it ends it.
#[derive(Debug)]
pub(super) struct LineChild {
    what: String,
    child: Child,
    /// To the thread that writes: a child that does not read must not block the one who waits for it.
    told: Sender<String>,
    heard: Receiver<String>,
    /// The last line that says something on standard error.
    complaint: Arc<Mutex<String>>,
}

impl LineChild {
    /// Starts the command; errors call it `what`.
    ///
    /// # Errors
    /// [`Error::File`] where there is no such program.
    pub fn spawn(what: &str, command: &mut Command) -> Result<LineChild, Error> {
        let program = Path::new(command.get_program()).to_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|cause| Error::file("run", &program, cause))?;
        let (told, to_write) = channel::<String>();
        if let Some(mut stdin) = child.stdin.take() {
            std::thread::spawn(move || {
                for line in to_write {
                    // A child that has ended is noticed by the one who listens.
                    let written = stdin.write_all(line.as_bytes()).and_then(|()| stdin.flush());
                    if written.is_err() {
                        break;
                    }
                }
            });
        }
        let (say, heard) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines() {
                    let Ok(line) = line else { break };
                    if say.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let complaint = Arc::new(Mutex::new(String::new()));
        if let Some(stderr) = child.stderr.take() {
            let last = complaint.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if !line.trim().is_empty() {
                        *last.lock().unwrap_or_else(PoisonError::into_inner) = line;
                    }
                }
            });
        }
        Ok(LineChild { what: what.to_owned(), child, told, heard, complaint })
    }

    /// Sends a line. A child that is gone is an error of the next [`LineChild::hear`].
    pub fn tell(&self, line: &str) {
        let _ = self.told.send(format!("{line}\n"));
    }

    /// The next line that it says.
    ///
    /// # Errors
    /// [`Error::Child`] where it ends instead, or says nothing in time: then it is ended.
    pub fn hear(&mut self, limit: Duration) -> Result<String, Error> {
        match self.heard.recv_timeout(limit) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                let outcome = format!("said nothing for {} s and was ended", limit.as_secs_f64());
                Err(self.failed(outcome))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
        }
    }

    /// How it ended, once its output has.
    fn ended(&mut self) -> Error {
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => {
                    return self.failed("ended before it answered".to_owned());
                }
                Ok(Some(status)) => return self.failed(format!("ended with {status}")),
                Ok(None) if start.elapsed() < END => std::thread::sleep(Duration::from_millis(5)),
                Ok(None) | Err(_) => {
                    self.kill();
                    return self.failed("closed its output and was ended".to_owned());
                }
            }
        }
    }

    fn failed(&self, outcome: String) -> Error {
        // What it wrote last may still be on its way here.
        std::thread::sleep(Duration::from_millis(20));
        let line = self.complaint.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let line = line.strip_prefix("error: ").unwrap_or(&line);
        let line = if line.is_empty() { "it printed no error" } else { line };
        Error::Child { what: self.what.clone(), outcome, line: line.to_owned() }
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for LineChild {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::LineChild;
    use std::process::Command;
    use std::time::{Duration, Instant};

    const MINUTE: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> LineChild {
        LineChild::spawn("the shell", Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn each_line_is_answered() {
        let mut child = shell("while read line; do echo \"<$line>\"; done");
        for line in ["a", "b c"] {
            child.tell(line);
            assert_eq!(child.hear(MINUTE).unwrap(), format!("<{line}>"));
        }
    }

    #[test]
    fn a_death_has_its_code_and_its_last_words() {
        let mut child = shell("read line; echo 'error: out of paper' >&2; exit 3");
        child.tell("print");
        let error = child.hear(MINUTE).unwrap_err().to_string();
        assert_eq!(error, "the shell ended with exit status: 3: out of paper");
        let mut child = shell("exit 0");
        let error = child.hear(MINUTE).unwrap_err().to_string();
        assert_eq!(error, "the shell ended before it answered: it printed no error");
        let mut child = shell("kill -SEGV $$");
        assert!(child.hear(MINUTE).unwrap_err().to_string().contains("signal: 11"));
    }

    #[test]
    fn silence_ends_it_even_where_it_does_not_read() {
        let start = Instant::now();
        let mut child = shell("exec sleep 60");
        // More than a pipe holds.
        child.tell(&"x".repeat(1 << 20));
        let error = child.hear(Duration::from_millis(200)).unwrap_err().to_string();
        assert_eq!(error, "the shell said nothing for 0.2 s and was ended: it printed no error");
        assert!(start.elapsed() < MINUTE);
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = LineChild::spawn("python", &mut Command::new("/no/such/python")).unwrap_err();
        assert!(error.to_string().starts_with("cannot run /no/such/python: "), "{error}");
    }
}
