//! `cargo xtask ci speed`: the least speed and the most memory of the release program, measured as a
//! user would on the two cores that CI has.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::failure::Failure;
use crate::process;
use crate::steps::Environment;

/// What a device must reach.
struct Floor {
    device: &'static str,
    /// Decoded tokens per second, the median of [`RUNS`].
    tokens_per_second: f64,
    /// Peak resident size in bytes.
    peak: u64,
}

const FLOORS: [Floor; 2] = [
    Floor { device: "wgpu", tokens_per_second: 8.0, peak: 600_000_000 },
    Floor { device: "cpu", tokens_per_second: 3.0, peak: 600_000_000 },
];

const GENERATE: &[&str] = &[
    "generate",
    "--prompt",
    "1, 2, 3, 4, 5, 6, 7, 8,",
    "--max-tokens",
    "32",
    "--temperature",
    "0",
    "--ctx-size",
    "1024",
    "--json",
];

/// Measured runs, after one to warm up.
const RUNS: usize = 3;

/// How often a running program is asked for its peak.
const POLL: Duration = Duration::from_millis(10);

/// One run.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    tokens_per_second: f64,
    /// `None` where the system has no `/proc`.
    peak: Option<u64>,
}

/// Builds the release program and measures it; `environment` names the model as
/// `TILEWRIGHT_TEST_MODEL`.
///
/// # Errors
/// A device that is too slow or takes too much memory.
pub fn check(environment: &Environment) -> Result<(), Failure> {
    process::run(process::cargo().args(["build", "--release", "--bin", "tilewright"]))?;
    let program = process::release_binary("tilewright")?;
    let model = environment.iter().find(|(key, _)| *key == "TILEWRIGHT_TEST_MODEL");
    let (_, model) = model.ok_or_else(|| Failure::Other("the program needs a model".into()))?;
    let mut faults = Vec::new();
    for floor in &FLOORS {
        measure(&program, model, floor.device)?;
        let runs: Result<Vec<Run>, Failure> =
            (0..RUNS).map(|_| measure(&program, model, floor.device)).collect();
        faults.extend(floor.judge(&runs?));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Other(faults.join("; "))) }
}

impl Floor {
    /// Prints the figures; returns what is wrong with them.
    fn judge(&self, runs: &[Run]) -> Vec<String> {
        let mut speeds: Vec<f64> = runs.iter().map(|run| run.tokens_per_second).collect();
        speeds.sort_by(f64::total_cmp);
        let median = speeds.get(speeds.len() / 2).copied().unwrap_or(0.0);
        let (device, least) = (self.device, self.tokens_per_second);
        println!("{device}: {median:.1} tokens/s, the median of {speeds:.1?}; at least {least}");
        let mut faults = Vec::new();
        if median.is_nan() || median < least {
            faults.push(format!("{device} decodes {median:.1} tokens/s, less than {least}"));
        }
        if let Some(peak) = runs.iter().filter_map(|run| run.peak).max() {
            let (peak_mb, most) = (peak / 1_000_000, self.peak / 1_000_000);
            println!("{device}: {peak_mb} MB at its peak; less than {most}");
            if peak >= self.peak {
                faults.push(format!("{device} takes {peak_mb} MB, not less than {most}"));
            }
        }
        faults
    }
}

/// Runs the program once.
fn measure(program: &Path, model: &Path, device: &str) -> Result<Run, Failure> {
    let mut command = Command::new(program);
    command.args(GENERATE).args(["--device", device, "--model"]).arg(model);
    let title = process::title(&command);
    let start = |cause| Failure::Start { program: title.clone(), cause };
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(start)?;
    // One short line of JSON: it fits the pipe, so that nobody has to read before the end.
    let mut highest = None;
    while child.try_wait().map_err(start)?.is_none() {
        highest = highest.max(peak(&child));
        std::thread::sleep(POLL);
    }
    let output = child.wait_with_output().map_err(start)?;
    process::check(title.clone(), output.status)?;
    let speed = speed(&output.stdout);
    let speed = speed.ok_or_else(|| Failure::Other(format!("{title} printed no timings")))?;
    Ok(Run { tokens_per_second: speed, peak: highest })
}

/// Decoded tokens per second, from the program's `timings`.
fn speed(json: &[u8]) -> Option<f64> {
    let object: Value = serde_json::from_slice(json).ok()?;
    let timing = |key: &str| object.get("timings")?.get(key)?.as_f64();
    Some(timing("decode_tokens")? * 1e3 / timing("decode_ms")?)
}

/// The largest resident size of a running program so far, in bytes.
fn peak(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok().map(|kib: u64| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::{Floor, Run, speed};

    #[test]
    fn the_median_counts_and_the_largest_peak() {
        let floor = Floor { device: "cpu", tokens_per_second: 8.0, peak: 600_000_000 };
        let run = |tokens_per_second, peak| Run { tokens_per_second, peak: Some(peak) };
        let good = [run(1.0, 1), run(9.0, 599_999_999), run(8.0, 2)];
        assert!(floor.judge(&good).is_empty());
        let slow = [run(7.9, 1), run(99.0, 1), run(1.0, 1)];
        assert_eq!(floor.judge(&slow), ["cpu decodes 7.9 tokens/s, less than 8"]);
        let large = [run(9.0, 1), run(9.0, 600_000_000), run(9.0, 1)];
        assert_eq!(floor.judge(&large), ["cpu takes 600 MB, not less than 600"]);
        assert_eq!(floor.judge(&[]).len(), 1);
    }

    #[test]
    fn timings_give_the_speed() {
        let json = br#"{"timings":{"decode_tokens":31,"decode_ms":2000.0}}"#;
        assert_eq!(speed(json), Some(15.5));
        assert_eq!((speed(b"{}"), speed(b"no")), (None, None));
    }
}
