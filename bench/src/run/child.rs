//! A child process with a time limit, its output in a file.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::threads;
use crate::Error;

/// How a child ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// By itself, with this code.
    Exited(i32),
    /// By a signal: a crash.
    Signalled(i32),
    /// Killed, since it took longer.
    TimedOut(Duration),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Exited(0) => f.write_str("passed"),
            Outcome::Exited(code) => write!(f, "failed with exit code {code}"),
            Outcome::Signalled(signal) => write!(f, "crashed (signal {signal})"),
            Outcome::TimedOut(limit) => write!(f, "timed out after {} s", limit.as_secs()),
        }
    }
}

/// A child that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub outcome: Outcome,
    /// Standard output, or what of it there is.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    pub time: Duration,
    /// Where its threads were when it was killed, where the system tells.
    pub threads: Option<String>,
}

impl Ended {
    /// How it ended; of a child that was killed, where its threads were.
    pub fn story(&self) -> String {
        match &self.threads {
            Some(threads) => format!("{}: {threads}", self.outcome),
            None => self.outcome.to_string(),
        }
    }

    /// The last line that says something.
    pub fn last_line(&self) -> String {
        let mut lines = self.stdout.lines().chain(self.stderr.lines());
        lines.rfind(|line| !line.trim().is_empty()).unwrap_or("it printed nothing").to_owned()
    }
}

/// Runs a command to its end or to the limit. Output goes to `LOG.out` and `LOG.err`.
///
/// # Errors
/// [`Error::File`] where a log cannot be written or the program cannot be started.
pub(super) fn run(command: &mut Command, log: &Path, limit: Duration) -> Result<Ended, Error> {
    let (out, err) = (log.with_extension("out"), log.with_extension("err"));
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).map_err(|e| Error::file("create", folder, e))?;
    }
    let create = |path: &Path| File::create(path).map_err(|e| Error::file("write", path, e));
    command.stdin(Stdio::null()).stdout(create(&out)?).stderr(create(&err)?);
    let program = Path::new(command.get_program()).to_owned();
    let start = Instant::now();
    let mut child = command.spawn().map_err(|cause| Error::file("run", &program, cause))?;
    let (outcome, threads) =
        wait(&mut child, start, limit).map_err(|cause| Error::file("run", &program, cause))?;
    let time = start.elapsed();
    let read = |path: &Path| -> Result<String, Error> {
        let bytes = std::fs::read(path).map_err(|cause| Error::file("read", path, cause))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Ended { outcome, stdout: read(&out)?, stderr: read(&err)?, time, threads })
}

/// Waits until it ends or is killed, and then also says where its threads were.
fn wait(
    child: &mut Child,
    start: Instant,
    limit: Duration,
) -> io::Result<(Outcome, Option<String>)> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((outcome(status), None));
        }
        if start.elapsed() >= limit {
            let threads = threads::describe(child.id());
            child.kill()?;
            child.wait()?;
            return Ok((Outcome::TimedOut(limit), threads));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn outcome(status: ExitStatus) -> Outcome {
    match status.code() {
        Some(code) => Outcome::Exited(code),
        None => Outcome::Signalled(signal(status)),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> i32 {
    std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or(0)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> i32 {
    0
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Ended, Outcome, run};
    use std::process::Command;
    use std::time::Duration;

    fn shell(name: &str, script: &str, limit: Duration) -> Ended {
        let folder = format!("tilewright-child-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let ended =
            run(Command::new("sh").args(["-c", script]), &folder.join("log"), limit).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        ended
    }

    #[test]
    fn ends_are_told_apart_and_output_is_kept() {
        let minute = Duration::from_secs(60);
        let good = shell("good", "echo a; echo b >&2", minute);
        assert_eq!((good.outcome, &*good.stdout), (Outcome::Exited(0), "a\n"));
        assert_eq!(good.last_line(), "b");
        assert_eq!(shell("bad", "exit 3", minute).outcome.to_string(), "failed with exit code 3");
        let crash = shell("crash", "echo before; kill -SEGV $$", minute);
        assert_eq!(crash.outcome.to_string(), "crashed (signal 11)");
        assert_eq!(crash.stdout, "before\n");
        let slow = shell("slow", "echo before; exec sleep 60", Duration::from_millis(200));
        assert_eq!(slow.outcome, Outcome::TimedOut(Duration::from_millis(200)));
        assert_eq!(slow.stdout, "before\n");
        assert!(slow.story().starts_with("timed out after 0 s"));
        assert_eq!((good.threads.as_deref(), &*good.story()), (None, "passed"));
    }

    /// The shell waits for a process of its own, which sleeps: both are told.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_killed_child_tells_where_its_threads_were() {
        let script = "sleep 2 & wait";
        let slow = shell("threads", script, Duration::from_millis(500));
        let story = slow.story();
        assert!(story.starts_with("timed out after 0 s: process "), "{story}");
        assert!(story.contains(": sh S in ") && story.contains(", call "), "{story}");
        // Some kernels are built without the list of children.
        if std::fs::exists("/proc/thread-self/children").unwrap_or(false) {
            assert!(story.contains("; process ") && story.contains(": sleep S in "), "{story}");
        }
    }
}
