//! All processes, and the record.

use std::process::Command;
use std::time::SystemTime;

use super::contest::{self, Contest};
use super::duel::Outcome;
use super::gather::{Entry, Gathered};
use super::lines::LineChild;
use super::options::Options;
use super::process::Line;
use crate::Error;
use crate::record::{Run, SCHEMA};
use crate::run::{Bundle, utc};

/// Runs every process and writes the record, after each process anew.
///
/// # Errors
/// [`Error::Failed`] where the record, which is written then too, has wrong numbers; else what kept it from
/// being made.
pub fn rivals(options: &Options) -> Result<(), Error> {
    let mut all = contests(options)?;
    let mut run = empty(options)?;
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

/// The record before the first process.
fn empty(options: &Options) -> Result<Run, Error> {
    let (commit, dirty) = match (Bundle::open(&options.bundle), &options.commit) {
        (Ok(bundle), commit) => {
            let named = bundle.manifest.commit;
            (commit.clone().unwrap_or(named), bundle.manifest.dirty)
        }
        // A program by itself: whoever names the commit answers for it.
        (Err(_), Some(commit)) => (commit.clone(), false),
        (Err(error), None) => return Err(Error::NoCommit { cause: error.to_string() }),
    };
    Ok(Run {
        schema: SCHEMA,
        device: String::new(),
        driver: String::new(),
        commit,
        dirty,
        utc: utc::format(SystemTime::now()),
        conformance: None,
        generate: Vec::new(),
        ceilings: None,
        rows: Vec::new(),
        absent: Vec::new(),
    })
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
