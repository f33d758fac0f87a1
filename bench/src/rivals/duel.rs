//! One contest in one process: both sides prepared, compared with what is right, and timed in turn.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tilewright_runtime::Device;

use super::contest::Contest;
use super::ours::Ours;
use super::theirs::Theirs;
use crate::record::{Check, Rival};
use crate::run::median;
use crate::{Agreement, Error};

/// A round is so long at least: waiting for its end then costs nothing.
const ROUND: Duration = Duration::from_millis(50);
/// Rounds of each side before those that count: the GPU is then as hot as it will be.
const WARM: u32 = 3;
/// A round has no more replays, should a clock stand still.
const MOST: f64 = 10_000.0;

/// What came of a contest in one process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Both were timed and both are right.
    Measured {
        /// The median of our rounds.
        us: f64,
        /// Theirs.
        rival: Rival,
        check: Check,
    },
    /// Our numbers are wrong: no speed.
    Wrong { place: String, check: Check },
    /// One side cannot do it.
    Absent { reason: String },
}

/// Prepares, checks and times both sides: first they, then we, `rounds` times.
///
/// # Errors
/// The device's, and those of the other side's process. What the other side cannot do is an outcome.
pub(super) fn run(
    device: &Device,
    theirs: &mut Theirs,
    contest: &Contest,
    rounds: u32,
) -> Result<Outcome, Error> {
    use tilewright_runtime::Error as Fault;
    let ours = match Ours::prepare(device, contest) {
        Ok(ours) => ours,
        // The device is as good as before.
        Err(
            fault @ (Fault::NoCase { .. } | Fault::MissingCase { .. } | Fault::OutOfMemory { .. }),
        ) => {
            return Ok(Outcome::Absent { reason: format!("ours: {fault}") });
        }
        Err(fault) => return Err(fault.into()),
    };
    contend(&ours, theirs, contest, rounds)
}

/// The same with our side as it is.
pub(super) fn contend(
    ours: &Ours,
    theirs: &mut Theirs,
    contest: &Contest,
    rounds: u32,
) -> Result<Outcome, Error> {
    // Results of a first launch, before anything is timed.
    ours.round(1)?;
    let before = ours.agreement()?;
    if !before.passed() {
        return Ok(wrong(&before));
    }
    let prepared = match theirs.prepare(contest, &ours.expected.places)? {
        Ok(prepared) => prepared,
        Err(reason) => return Ok(absent(contest, reason)),
    };
    let values = prepared.values.iter().map(|value| value.unwrap_or(f64::NAN));
    let agreement = ours.expected.compare(&values.collect::<Vec<f64>>());
    if !agreement.passed() {
        return Ok(absent(contest, format!("computes something else: {}", agreement.place)));
    }
    let times = match rounds_of(ours, theirs, contest, rounds)? {
        Ok(times) => times,
        Err(reason) => return Ok(absent(contest, reason)),
    };
    // And those of the last one: a speed at which numbers go wrong is none.
    let worst = ours.agreement()?.or_worse(before);
    if !worst.passed() {
        return Ok(wrong(&worst));
    }
    let name = contest.work.rival();
    let name = if prepared.captured { name.to_owned() } else { format!("{name}, no graph") };
    let rival = Rival {
        name,
        version: theirs.version(&contest.work),
        us: median(times.theirs),
        max_error: Some(agreement.error),
    };
    Ok(Outcome::Measured { us: median(times.ours), rival, check: check(&worst) })
}

struct Times {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

/// The rounds that count, in turn.
fn rounds_of(
    ours: &Ours,
    theirs: &mut Theirs,
    contest: &Contest,
    rounds: u32,
) -> Result<Result<Times, String>, Error> {
    let replays = |us: f64| {
        let one = us * f64::from(contest.launches);
        (ROUND.as_secs_f64() * 1e6 / one).ceil().clamp(1.0, MOST) as u32
    };
    let (mut of_ours, mut of_theirs) = (1, 1);
    let mut times = Times { ours: Vec::new(), theirs: Vec::new() };
    for round in 0..WARM + rounds {
        let us = match theirs.round(of_theirs)? {
            Ok(us) => us,
            Err(reason) => return Ok(Err(reason)),
        };
        let our_us = ours.round(of_ours)?;
        if round < WARM {
            (of_ours, of_theirs) = (replays(our_us), replays(us));
        } else {
            times.ours.push(our_us);
            times.theirs.push(us);
        }
    }
    Ok(Ok(times))
}

fn check(agreement: &Agreement) -> Check {
    Check {
        passed: agreement.passed(),
        // JSON has no infinity.
        max_error: agreement.error.min(f64::MAX),
        tolerance: agreement.tolerance,
    }
}

fn wrong(agreement: &Agreement) -> Outcome {
    Outcome::Wrong { place: agreement.place.clone(), check: check(agreement) }
}

fn absent(contest: &Contest, reason: String) -> Outcome {
    Outcome::Absent { reason: format!("{}: {reason}", contest.work.rival()) }
}
