//! `cargo xtask ci`: provides what the steps need, runs them all, tells the minutes of each.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::steps::{BY_NAME, Need, STEPS, Step};
use crate::summary::Summary;

/// How one row of the closing table went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    /// Not run, since something that it needs could not be provided.
    Skipped,
}

struct Row {
    name: &'static str,
    time: Duration,
    verdict: Verdict,
}

/// Runs the steps named in `args`, or all but those that want naming.
///
/// # Errors
/// A step failed. The other steps have run nevertheless.
pub fn run(args: &[String]) -> Result<(), Failure> {
    if args.iter().any(|a| a == "--list") {
        for step in STEPS {
            let needs: Vec<&str> = step.needs.iter().map(|n| n.name()).collect();
            println!("{:<12} {}", step.name, needs.join(", "));
        }
        return Ok(());
    }
    let chosen = choose(args)?;
    let mut rows = Vec::new();
    let (environment, missing) = provide(&chosen, &mut rows);
    let mut summary = Summary::default();
    for step in chosen {
        if step.needs.iter().any(|need| missing.contains(need)) {
            rows.push(Row { name: step.name, time: Duration::ZERO, verdict: Verdict::Skipped });
            continue;
        }
        let row = timed(step.name, || step.run(&environment, &mut summary));
        rows.push(row.0);
    }
    finish(&rows, &summary)
}

fn choose(args: &[String]) -> Result<Vec<&'static Step>, Failure> {
    if let Some(unknown) = args.iter().find(|a| !STEPS.iter().any(|s| s.name == a.as_str())) {
        let names: Vec<&str> = STEPS.iter().map(|s| s.name).collect();
        return Err(Failure::Usage(format!("no step '{unknown}'; steps: {}", names.join(" "))));
    }
    let chosen = |s: &&Step| match args {
        [] => !BY_NAME.contains(&s.name),
        _ => args.iter().any(|a| a == s.name),
    };
    Ok(STEPS.iter().filter(chosen).collect())
}

/// Provides what the chosen steps need: the environment for them, and what could not be had.
fn provide(
    chosen: &[&'static Step],
    rows: &mut Vec<Row>,
) -> (Vec<(&'static str, PathBuf)>, Vec<Need>) {
    let mut needs: Vec<Need> = Vec::new();
    for need in chosen.iter().flat_map(|step| step.needs) {
        if !needs.contains(need) {
            needs.push(*need);
        }
    }
    let (mut environment, mut missing) = (Vec::new(), Vec::new());
    for need in needs {
        let (row, provided) = timed(need.name(), || need.provide());
        rows.push(row);
        match provided {
            Some(variable) => environment.extend(variable),
            None => missing.push(need),
        }
    }
    (environment, missing)
}

/// Runs `work` under a heading; a failure is told at once and becomes `None`.
fn timed<T>(name: &'static str, work: impl FnOnce() -> Result<T, Failure>) -> (Row, Option<T>) {
    println!("\n==> {name}");
    let start = Instant::now();
    let result = work();
    let verdict = if result.is_ok() { Verdict::Passed } else { Verdict::Failed };
    if let Err(failure) = &result {
        eprintln!("error: {name}: {failure}");
    }
    (Row { name, time: start.elapsed(), verdict }, result.ok())
}

/// Prints the table of minutes and, at the very end, what the test runners counted.
fn finish(rows: &[Row], summary: &Summary) -> Result<(), Failure> {
    println!("\nminutes  step");
    for row in rows {
        let verdict = match row.verdict {
            Verdict::Passed => "",
            Verdict::Failed => "FAILED",
            Verdict::Skipped => "SKIPPED",
        };
        println!("{:>7.2}  {:<16} {verdict}", row.time.as_secs_f64() / 60.0, row.name);
    }
    let total: Duration = rows.iter().map(|row| row.time).sum();
    println!("{:>7.2}  total\n", total.as_secs_f64() / 60.0);
    let bad: Vec<&str> =
        rows.iter().filter(|r| r.verdict != Verdict::Passed).map(|r| r.name).collect();
    if !bad.is_empty() {
        println!("error: ci failed: {}\n", bad.join(", "));
    }
    for line in summary.lines() {
        println!("{line}");
    }
    if bad.is_empty() { Ok(()) } else { Err(Failure::Told) }
}
