//! [`Gathered`]: what came of a contest in every process, and the row that it becomes.

use super::contest::Contest;
use super::duel::Outcome;
use crate::case::share;
use crate::record::{Absent, Check, Rival, Row};
use crate::run::median;

/// A contest's outcomes, one of each process so far.
#[derive(Debug, Clone)]
pub(super) struct Gathered {
    pub contest: Contest,
    pub outcomes: Vec<Outcome>,
}

/// What the record has of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    Row(Box<Row>),
    Absent(Absent),
}

impl Gathered {
    /// The medians over all processes; absent where one of them has no time or wrong numbers.
    pub fn entry(&self, rounds: u32) -> Option<Entry> {
        let (mut ours, mut theirs, mut checks) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rival, mut reason) = (None, None);
        for outcome in &self.outcomes {
            match outcome {
                Outcome::Measured { us, rival: found, check } => {
                    ours.push(*us);
                    theirs.push(found.us);
                    checks.push(*check);
                    rival = Some(worse_rival(rival, found));
                }
                Outcome::Wrong { place, check } => {
                    let reason = format!("the numbers are wrong: {place}");
                    let id = self.contest.to_string();
                    return Some(Entry::Absent(Absent { id, reason, check: Some(*check) }));
                }
                Outcome::Absent { reason: why } => reason = Some(why.clone()),
            }
        }
        if let Some(reason) = reason {
            let id = self.contest.to_string();
            return Some(Entry::Absent(Absent { id, reason, check: None }));
        }
        let check = checks.into_iter().reduce(worse)?;
        let processes = u32::try_from(ours.len()).unwrap_or(u32::MAX);
        let (us, rival) = (median(ours), Rival { us: median(theirs), ..rival? });
        Some(Entry::Row(Box::new(self.row(us, rival, check, (processes, rounds)))))
    }

    fn row(&self, us: f64, rival: Rival, check: Check, of: (u32, u32)) -> Row {
        let work = &self.contest.work;
        let decode = matches!(work, super::contest::Work::Decode { .. });
        Row {
            id: self.contest.to_string(),
            device: None,
            protocol: self.contest.protocol(),
            us,
            tflops: (!decode).then(|| work.flops() as f64 / us / 1e6),
            gbps: decode.then(|| work.bytes() as f64 / us / 1e3),
            fraction_of_limit: None,
            registers: None,
            spills: None,
            shared_bytes: None,
            ratio: Some(rival.us / us),
            rival: Some(rival),
            processes: Some(of.0),
            rounds: Some(of.1),
            check,
        }
    }
}

fn worse(a: Check, b: Check) -> Check {
    let share = |check: &Check| share(check.max_error, check.tolerance);
    if share(&b) > share(&a) { b } else { a }
}

/// The last one's name and version, with the larger error of both.
fn worse_rival(before: Option<Rival>, found: &Rival) -> Rival {
    let error = before.and_then(|rival| rival.max_error).unwrap_or(0.0);
    Rival { max_error: found.max_error.map(|other| other.max(error)), ..found.clone() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Entry, Gathered};
    use crate::record::{Check, Rival};
    use crate::rivals::duel::Outcome;

    fn measured(us: f64, theirs: f64, error: f64) -> Outcome {
        let rival = Rival {
            name: "cuBLAS".to_owned(),
            version: "13".to_owned(),
            us: theirs,
            max_error: Some(error),
        };
        let check = Check { passed: true, max_error: error, tolerance: 1.0 };
        Outcome::Measured { us, rival, check }
    }

    fn entry(outcomes: &[Outcome]) -> Option<Entry> {
        let contest = "matmul/bf16/1000x1000x1000".parse().unwrap();
        Gathered { contest, outcomes: outcomes.to_vec() }.entry(15)
    }

    #[test]
    fn figures_are_the_medians_of_the_processes() {
        let all = [measured(9.0, 10.0, 0.1), measured(1.0, 99.0, 0.5), measured(8.0, 12.0, 0.2)];
        let Some(Entry::Row(row)) = entry(&all) else { panic!("no row") };
        let rival = row.rival.unwrap();
        assert_eq!((row.us, rival.us, row.ratio), (8.0, 12.0, Some(1.5)));
        assert_eq!((row.processes, row.rounds), (Some(3), Some(15)));
        assert_eq!((row.check.max_error, rival.max_error), (0.5, Some(0.5)));
        assert_eq!((row.tflops, row.gbps), (Some(2e9 / 8.0 / 1e6), None));
    }

    #[test]
    fn a_failed_check_yields_no_speed() {
        let check = Check { passed: false, max_error: 2.0, tolerance: 1.0 };
        let wrong = Outcome::Wrong { place: "result[7] is 3".to_owned(), check };
        let good = measured(9.0, 10.0, 0.1);
        let Some(Entry::Absent(absent)) = entry(&[good.clone(), wrong, good]) else {
            panic!("a row")
        };
        assert_eq!(absent.reason, "the numbers are wrong: result[7] is 3");
        assert_eq!(absent.check, Some(check));
    }

    #[test]
    fn one_process_without_a_rival_is_no_row() {
        let none = Outcome::Absent { reason: "cuDNN: none".to_owned() };
        let Some(Entry::Absent(absent)) = entry(&[measured(9.0, 10.0, 0.1), none]) else {
            panic!("a row")
        };
        assert_eq!((absent.reason.as_str(), absent.check), ("cuDNN: none", None));
        assert_eq!(entry(&[]), None);
    }
}
