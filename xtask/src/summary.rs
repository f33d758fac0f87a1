//! Streams a test runner's output and keeps its counts, to repeat them at the end.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::process;

/// The counts of the runners so far.
#[derive(Debug, Default)]
pub struct Summary {
    /// nextest's closing lines: the counts and, where a test failed, its name.
    nextest: Vec<String>,
    /// Sums over the `test result:` lines of cargo's own runner.
    passed: u64,
    failed: u64,
    ignored: u64,
    harnesses: u64,
}

impl Summary {
    /// Runs a test runner: every line goes on to standard output as it comes.
    pub fn run(&mut self, command: &mut Command) -> Result<(), Failure> {
        let program = process::title(command);
        println!("$ {program}");
        if std::io::stdout().is_terminal() {
            // The runner sees a pipe and would drop its colours.
            command.env("CARGO_TERM_COLOR", "always");
        }
        let start = |cause| Failure::Start { program: program.clone(), cause };
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(start)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        // nextest reports on standard error, cargo's runner on standard output: read both.
        let lines = std::thread::scope(|scope| {
            let other = scope.spawn(|| stderr.map(forward).unwrap_or_default());
            let mut lines = stdout.map(forward).unwrap_or_default();
            lines.extend(other.join().unwrap_or_default());
            lines
        });
        for line in lines {
            self.record(&plain(&line));
        }
        let status = child.wait().map_err(start)?;
        process::check(program, status)
    }

    /// The closing lines, the unit tests' last.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.harnesses > 0 {
            let verdict = if self.failed == 0 { "ok" } else { "FAILED" };
            lines.push(format!(
                "test result: {verdict}. {} passed; {} failed; {} ignored ({} harnesses)",
                self.passed, self.failed, self.ignored, self.harnesses
            ));
        }
        lines.extend(self.nextest.iter().cloned());
        lines
    }

    fn record(&mut self, line: &str) {
        let line = line.trim();
        if line.starts_with("Summary [") {
            self.nextest = vec![line.to_owned()];
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            self.harnesses += 1;
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
            self.ignored += count(counts, "ignored");
        }
    }
}

/// The line without the escape sequences of colours.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('m').map_or(part, |(_, rest)| rest));
    }
    text
}

/// The number before `word` in `ok. 3 passed; 0 failed; ...`.
fn count(counts: &str, word: &str) -> u64 {
    let words: Vec<&str> = counts.split([' ', ';', '.']).filter(|w| !w.is_empty()).collect();
    let found = words.windows(2).find(|pair| pair[1] == word);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// Copies a stream to standard output line by line; returns the lines that [`Summary`] keeps.
fn forward(stream: impl Read) -> Vec<String> {
    let mut reader = BufReader::new(stream);
    let mut kept = Vec::new();
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|n| n > 0) {
        let mut out = std::io::stdout().lock();
        // A closed standard output must not stop the tests: their status still counts.
        let _closed = out.write_all(&bytes).and_then(|()| out.flush());
        let line = String::from_utf8_lossy(&bytes);
        if line.contains("Summary") || line.contains("test result: ") {
            kept.push(line.into_owned());
        }
        bytes.clear();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{Summary, plain};

    #[test]
    fn colours_are_dropped() {
        assert_eq!(plain("\u{1b}[32;1m  Summary\u{1b}[0m [ 1s]"), "  Summary [ 1s]");
    }

    #[test]
    fn sums_of_cargo_and_the_line_of_nextest() {
        let mut summary = Summary::default();
        summary
            .record("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out");
        summary.record("test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured");
        summary.record("     Summary [   0.5s] 9 tests run: 9 passed, 0 skipped");
        let expected = [
            "test result: FAILED. 7 passed; 2 failed; 1 ignored (2 harnesses)",
            "Summary [   0.5s] 9 tests run: 9 passed, 0 skipped",
        ];
        assert_eq!(summary.lines(), expected);
    }
}
