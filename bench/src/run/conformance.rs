//! The packed test binaries, on each device.

use std::process::Command;

use super::bundle::{Bundle, TestBinary};
use super::child::{self, Ended, Outcome};
use super::libtest;
use super::options::Options;
use crate::Error;
use crate::record::{Conformance, Suite};

/// Runs every suite: those that take devices once for each, the others once. Devices run side by side,
/// since nothing is timed.
///
/// # Errors
/// [`Error::File`] where a binary cannot be started. What it does then is in the result.
pub(super) fn run(bundle: &Bundle, options: &Options) -> Result<Conformance, Error> {
    let of = |device: Option<&str>| suites_on(bundle, options, device);
    let suites: Vec<Suite> = std::thread::scope(|scope| {
        let devices = options.devices.iter().map(|device| Some(device.as_str()));
        let running: Vec<_> =
            devices.chain([None]).map(|device| scope.spawn(move || of(device))).collect();
        let ended = running.into_iter().map(|thread| match thread.join() {
            Ok(suites) => suites,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended.collect::<Result<Vec<Vec<Suite>>, Error>>()
    })?
    .concat();
    let passed = suites.iter().map(|suite| suite.passed).sum();
    let failed = suites.iter().map(|suite| suite.failed).sum();
    Ok(Conformance { passed, failed, suites })
}

/// The suites that run on a device; `None` for those that find their own.
fn suites_on(
    bundle: &Bundle,
    options: &Options,
    device: Option<&str>,
) -> Result<Vec<Suite>, Error> {
    let tests = bundle.manifest.tests.iter().filter(|test| test.devices == device.is_some());
    let run = |test| {
        let suite = run_on(bundle, options, test, device.unwrap_or("none"))?;
        eprintln!(
            "{} on {}: {}, {} passed, {} failed, {:.1} s",
            suite.id, suite.device, suite.outcome, suite.passed, suite.failed, suite.seconds
        );
        Ok(suite)
    };
    tests.map(run).collect()
}

fn run_on(
    bundle: &Bundle,
    options: &Options,
    test: &TestBinary,
    device: &str,
) -> Result<Suite, Error> {
    let home = bundle.home(test);
    let mut command = Command::new(bundle.binary(test));
    command.current_dir(&home).env("CARGO_MANIFEST_DIR", &home);
    command.env("TILEWRIGHT_TEST_MODEL", &options.model);
    command.env("TILEWRIGHT_BIN", bundle.program());
    // Mesa's layer otherwise complains on standard error where no display server runs.
    command.env("NODEVICE_SELECT", "1").env_remove("TILEWRIGHT_TEST_DEVICES");
    if test.devices {
        command.env("TILEWRIGHT_TEST_DEVICES", device);
    }
    // Threads with a device each have hung in a mutex of NVIDIA's Vulkan driver.
    if device.starts_with("wgpu") {
        command.env("RUST_TEST_THREADS", "1");
    }
    let log = format!("{}.{device}", test.id).replace(['/', ':'], "-");
    // With an extension of its own to replace.
    let log = options.logs.join(log + ".log");
    Ok(suite(&test.id, device, &child::run(&mut command, &log, options.timeout)?))
}

/// What a binary's end means.
fn suite(id: &str, device: &str, ended: &Ended) -> Suite {
    let counts = libtest::parse(&ended.stdout);
    let finished = matches!(ended.outcome, Outcome::Exited(_)) && counts.complete;
    let (outcome, failed) = match (finished, ended.outcome) {
        (true, Outcome::Exited(0)) if counts.failed == 0 => ("passed".to_owned(), 0),
        (true, _) => ("failed".to_owned(), counts.failed.max(1)),
        (false, Outcome::Exited(code)) => {
            (format!("ended without a summary (exit code {code})"), counts.failed + 1)
        }
        (false, _) => (ended.story(), counts.failed + 1),
    };
    Suite {
        id: id.to_owned(),
        device: device.to_owned(),
        outcome,
        passed: counts.passed,
        failed,
        seconds: ended.time.as_secs_f64(),
        failures: counts.failures,
    }
}

#[cfg(test)]
mod tests {
    use super::suite;
    use crate::run::child::{Ended, Outcome};
    use std::time::Duration;

    fn judged(outcome: Outcome, stdout: &str) -> (String, u32, u32) {
        let ended = Ended {
            outcome,
            stdout: stdout.to_owned(),
            stderr: String::new(),
            time: Duration::from_secs(1),
            threads: (matches!(outcome, Outcome::TimedOut(_))).then(|| "process 7: x S".to_owned()),
        };
        let suite = suite("a/b", "cuda", &ended);
        (suite.outcome, suite.passed, suite.failed)
    }

    #[test]
    fn every_end_that_is_not_good_counts_as_failed() {
        let good = "test a ... ok\ntest result: ok. 1 passed; 0 failed; 0 ignored\n";
        let bad = "test a ... FAILED\ntest result: FAILED. 0 passed; 1 failed; 0 ignored\n";
        assert_eq!(judged(Outcome::Exited(0), good), ("passed".to_owned(), 1, 0));
        assert_eq!(judged(Outcome::Exited(101), bad), ("failed".to_owned(), 0, 1));
        // All tests passed, and the program says otherwise.
        assert_eq!(judged(Outcome::Exited(1), good), ("failed".to_owned(), 1, 1));
        let crash = judged(Outcome::Signalled(11), "test a ... ok\n");
        assert_eq!(crash, ("crashed (signal 11)".to_owned(), 1, 1));
        // A crash on the way out.
        assert_eq!(judged(Outcome::Signalled(6), good), ("crashed (signal 6)".to_owned(), 1, 1));
        let silent = judged(Outcome::Exited(0), "");
        assert_eq!(silent, ("ended without a summary (exit code 0)".to_owned(), 0, 1));
        let slow = judged(Outcome::TimedOut(Duration::from_secs(9)), "test a ... FAILED\n");
        assert_eq!(slow, ("timed out after 9 s: process 7: x S".to_owned(), 0, 2));
    }
}
