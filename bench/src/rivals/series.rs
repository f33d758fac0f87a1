//! All processes, and the record.

use std::process::Command;

use super::contest::{self, Contest};
use super::duel::Outcome;
use super::gather::{Entry, Gathered};
use super::lines::LineChild;
use super::options::Options;
use super::process::Line;
use crate::Error;
use crate::record::Run;
use crate::run::begun;

/// Runs every process and writes the record, after each process anew.
///
/// # Errors
/// [`Error::Failed`] where the record, which is written then too, has wrong numbers; else what kept it from
/// being made.
pub fn rivals(options: &Options) -> Result<(), Error> {
    let mut all = contests(options)?;
    let mut run = begun(&options.bundle, options.commit.as_ref())?;
    for process in 1..=options.processes {
        let done = one_process(options, process, &mut all, &mut run);
        fill(&mut run, &all, options.rounds);
        // What there is stays, should this be the end.
        if !run.device.is_empty() {
            run.write(&options.out)?;
        }
        done?;
    }
    for row in &run.rows {
        let theirs = row.rival.as_ref().map_or(0.0, |rival| rival.us);
        let ratio = row.ratio.unwrap_or(0.0);
        eprintln!("{}: {:.2} us, the rival {theirs:.2} us, ratio {ratio:.3}", row.id, row.us);
    }
    match run.failures() {
        0 => Ok(()),
        failed => Err(Error::Failed { failed, path: options.out.clone() }),
    }
}

/// Those of the table that the options name, and those beside it.
fn contests(options: &Options) -> Result<Vec<Gathered>, Error> {
    let named = |id: &str| options.only.iter().any(|part| id.contains(part.as_str()));
    let table = contest::all().into_iter().filter(|contest| match options.only.as_slice() {
        [] => options.cases.is_empty(),
        _ => named(&contest.to_string()),
    });
    let mut all: Vec<Contest> = table.collect();
    for id in &options.cases {
        let contest = id.parse::<Contest>().map_err(|reason| Error::Contest { reason })?;
        if !all.contains(&contest) {
            all.push(contest);
        }
    }
    if all.is_empty() {
        let reason = format!("no row of the table has {} in its id", options.only.join(" or "));
        return Err(Error::Contest { reason });
    }
    Ok(all.into_iter().map(|contest| Gathered { contest, outcomes: Vec::new() }).collect())
}

/// Runs one process over every contest; where it is lost, another from the next contest on.
fn one_process(
    options: &Options,
    process: u32,
    all: &mut [Gathered],
    run: &mut Run,
) -> Result<(), Error> {
    let mut next = 0;
    while let Some(rest) = all.get_mut(next..).filter(|rest| !rest.is_empty()) {
        let mut child = start(options, rest, run)?;
        for gathered in rest {
            let id = gathered.contest.to_string();
            let (outcome, lost) = match hear(&mut child, options, &id) {
                Ok(outcome) => (outcome, false),
                Err(error) => (Outcome::Absent { reason: error.to_string() }, true),
            };
            let of = options.processes;
            eprintln!("process {process} of {of}, {id}: {}", told(&outcome));
            gathered.outcomes.push(outcome);
            next += 1;
            if lost {
                break;
            }
        }
    }
    Ok(())
}

/// Starts a process and waits until both sides are there.
fn start(options: &Options, rest: &[Gathered], run: &mut Run) -> Result<LineChild, Error> {
    let mut command = Command::new(&options.program);
    command.arg("rivals-process").args(["--device", &options.device]);
    command.arg("--python").arg(&options.python);
    command.args(["--rounds", &options.rounds.to_string()]);
    command.args(["--timeout", &options.timeout.as_secs().max(1).to_string()]);
    for gathered in rest {
        command.args(["--case", &gathered.contest.to_string()]);
    }
    let mut child = LineChild::spawn("the process", &mut command)?;
    let line = child.hear(2 * options.timeout)?;
    match read(&line)? {
        Line::Start { device, driver } => (run.device, run.driver) = (device, driver),
        Line::Row { id, .. } => return Err(out_of_turn(&id)),
    }
    Ok(child)
}

/// The outcome of the contest whose turn it is.
fn hear(child: &mut LineChild, options: &Options, expected: &str) -> Result<Outcome, Error> {
    match read(&child.hear(2 * options.timeout)?)? {
        Line::Row { id, outcome } if id == expected => Ok(outcome),
        Line::Row { id, .. } => Err(out_of_turn(&id)),
        Line::Start { .. } => Err(out_of_turn("a start")),
    }
}

fn read(line: &str) -> Result<Line, Error> {
    let json = |cause| Error::Json { what: "a line of the process".to_owned(), cause };
    serde_json::from_str(line).map_err(json)
}

fn out_of_turn(what: &str) -> Error {
    Error::Child {
        what: "the process".to_owned(),
        outcome: "told something out of turn".to_owned(),
        line: what.to_owned(),
    }
}

/// An outcome as progress.
fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Measured { us, rival, .. } => {
            let ratio = rival.us / us;
            format!("{us:.2} us, {} {:.2} us, ratio {ratio:.3}", rival.name, rival.us)
        }
        Outcome::Wrong { place, .. } => format!("the numbers are wrong: {place}"),
        Outcome::Absent { reason } => format!("absent: {reason}"),
    }
}

/// The rows of all processes so far.
fn fill(run: &mut Run, all: &[Gathered], rounds: u32) {
    (run.rows, run.absent) = (Vec::new(), Vec::new());
    for entry in all.iter().filter_map(|gathered| gathered.entry(rounds)) {
        match entry {
            Entry::Row(row) => run.rows.push(*row),
            Entry::Absent(absent) => run.absent.push(absent),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::rivals;
    use crate::Error;
    use crate::record::Run;
    use crate::rivals::Options;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::time::Duration;

    /// What a process prints for a row whose time is `$us`.
    const ROW: &str = r#"printf '{"row": {"id": "%s", "outcome": {"measured": {"us": %s, "rival": {"name": "cuBLAS",
        "version": "13", "us": 60}, "check": {"passed": true, "max_error": 0, "tolerance": 1}}}}}' "$1" "$us" |
        tr -d '\n'; echo"#;
    const START: &str = r#"echo '{"start": {"device": "A GPU", "driver": "1"}}'"#;

    /// A folder with a program that, for each case, runs `row` in the shell (`$1`: its id, `$n`: the
    /// number of the program's run).
    struct Fake(PathBuf);

    impl Fake {
        fn new(name: &str, start: &str, row: &str) -> Fake {
            let folder = format!("tilewright-rivals-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            let script = format!(
                "#!/bin/sh\necho run >> {runs}; n=$(grep -c run {runs})\n\
                 [ \"$1\" = rivals-process ] || exit 9\n{start}\n\
                 while [ $# -gt 0 ]; do\nif [ \"$1\" = --case ]; then\nshift\n{row}\nfi\nshift\ndone\n",
                runs = folder.join("runs").display(),
            );
            let program = folder.join("program");
            std::fs::write(&program, script).unwrap();
            std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
            Fake(folder)
        }

        fn run(&self, cases: &[&str]) -> Result<(), Error> {
            rivals(&Options {
                program: self.0.join("program"),
                device: "cuda".to_owned(),
                python: "python3".into(),
                rounds: 15,
                processes: 3,
                only: Vec::new(),
                cases: cases.iter().map(|id| (*id).to_owned()).collect(),
                bundle: self.0.clone(),
                commit: Some("0123".to_owned()),
                timeout: Duration::from_secs(2),
                out: self.0.join("out.json"),
            })
        }

        fn record(&self) -> Run {
            Run::read(&self.0.join("out.json")).unwrap()
        }
    }

    impl Drop for Fake {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    const CASES: [&str; 3] = ["matmul/bf16/8x8x8", "matmul/bf16/16x8x8", "matmul/bf16/24x8x8"];

    #[test]
    fn rows_are_medians_over_the_processes() {
        let row = format!("us=$((40 / n)); {ROW}");
        let fake = Fake::new("median", START, &row);
        fake.run(&CASES).unwrap();
        let run = fake.record();
        // 40, 20 and 13.
        let rows: Vec<_> = run.rows.iter().map(|row| (row.us, row.ratio, row.processes)).collect();
        assert_eq!(rows, [(20.0, Some(3.0), Some(3)); 3]);
        assert_eq!((run.device.as_str(), run.commit.as_str(), run.dirty), ("A GPU", "0123", false));
        assert!(run.absent.is_empty());
    }

    #[test]
    fn a_row_that_kills_its_process_costs_no_other() {
        let dies = "case $1 in *16x8x8) echo 'error: illegal address' >&2; exit 1;; esac";
        let fake = Fake::new("dies", START, &format!("{dies}; us=30; {ROW}"));
        fake.run(&CASES).unwrap();
        let run = fake.record();
        let rows: Vec<_> = run.rows.iter().map(|row| (row.id.as_str(), row.processes)).collect();
        assert_eq!(rows, [(CASES[0], Some(3)), (CASES[2], Some(3))]);
        assert_eq!(run.absent.len(), 1);
        let reason = "the process ended with exit status: 1: illegal address";
        assert_eq!((run.absent[0].id.as_str(), run.absent[0].reason.as_str()), (CASES[1], reason));
    }

    #[test]
    fn a_row_that_never_ends_is_ended() {
        let waits = "case $1 in *16x8x8) exec sleep 60;; esac";
        let fake = Fake::new("waits", START, &format!("{waits}; us=30; {ROW}"));
        fake.run(&CASES[1..]).unwrap();
        let run = fake.record();
        assert_eq!((run.rows.len(), run.absent.len()), (1, 1));
        let reason = &run.absent[0].reason;
        assert!(reason.starts_with("the process said nothing for 4 s"), "{reason}");
    }

    #[test]
    fn wrong_numbers_are_recorded_without_a_speed_and_fail_the_run() {
        let wrong = r#"echo '{"row": {"id": "matmul/bf16/8x8x8", "outcome": {"wrong": {"place": "result[7]",
            "check": {"passed": false, "max_error": 2, "tolerance": 1}}}}}' | tr -d '\n'; echo"#;
        let fake = Fake::new("wrong", START, wrong);
        let error = fake.run(&CASES[..1]).unwrap_err().to_string();
        assert!(error.starts_with("1 of ") && error.ends_with(" did not pass"), "{error}");
        let run = fake.record();
        assert!(run.rows.is_empty());
        assert_eq!(run.absent[0].reason, "the numbers are wrong: result[7]");
    }

    #[test]
    fn a_side_that_cannot_start_ends_the_command_with_its_reason() {
        let fake =
            Fake::new("start", "echo 'error: no rival to compare with: no torch' >&2; exit 1", "");
        let error = fake.run(&CASES).unwrap_err().to_string();
        let expected = "the process ended with exit status: 1: no rival to compare with: no torch";
        assert_eq!(error, expected);
        assert!(!fake.0.join("out.json").exists());
        let error = fake.run(&["matmul/8"]).unwrap_err().to_string();
        assert!(error.starts_with("`matmul/8` is no contest"), "{error}");
    }
}
