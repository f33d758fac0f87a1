//! One process of several: contests one after the other, a JSON line for each on standard output.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tilewright_runtime::{Device, Options as DeviceOptions};

use super::contest::Contest;
use super::duel::{self, Outcome};
use super::theirs::{Theirs, python};
use crate::Error;

/// What a process is told.
#[derive(Debug, Clone)]
pub struct ProcessOptions {
    /// As `--device` takes it.
    pub device: String,
    /// A Python that has PyTorch.
    pub python: PathBuf,
    /// Rounds of each side that count.
    pub rounds: u32,
    /// Ids of contests, in order.
    pub contests: Vec<String>,
    /// For each answer of the child.
    pub timeout: Duration,
}

/// A line of a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// Both sides are there.
    Start {
        device: String,
        driver: String,
    },
    Row {
        id: String,
        outcome: Outcome,
    },
}

/// Runs the contests and prints a line for each.
///
/// # Errors
/// Where one side cannot start, and where either is lost.
pub fn process(options: &ProcessOptions, out: &mut dyn Write) -> Result<(), Error> {
    let contest = |id: &String| id.parse::<Contest>().map_err(|reason| Error::Contest { reason });
    let contests = options.contests.iter().map(contest).collect::<Result<Vec<_>, _>>()?;
    run(options, &contests, &mut python(&options.python, &options.device), out)
}

pub(super) fn run(
    options: &ProcessOptions,
    contests: &[Contest],
    rival: &mut Command,
    out: &mut dyn Write,
) -> Result<(), Error> {
    // The rival's launches follow each other, and so do ours.
    let apart = DeviceOptions { overlap: false, ..DeviceOptions::default() };
    let device = Device::open_with(&options.device.parse()?, &apart)?;
    let mut theirs = Theirs::start(rival, options.timeout)?;
    let capabilities = device.capabilities();
    let (name, theirs_is) = (&capabilities.name, &theirs.versions().device);
    if capabilities.cuda.is_some() && name != theirs_is {
        let reason = format!("PyTorch is on {theirs_is}, and {} is {name}", options.device);
        return Err(Error::NoRival { reason });
    }
    let (device_name, driver) = (name.clone(), capabilities.driver.clone());
    say(out, &Line::Start { device: device_name, driver })?;
    for contest in contests {
        let outcome = duel::run(&device, &mut theirs, contest, options.rounds)?;
        say(out, &Line::Row { id: contest.to_string(), outcome })?;
    }
    Ok(())
}

fn say(out: &mut dyn Write, line: &Line) -> Result<(), Error> {
    let json = |cause| Error::Json { what: "a row".to_owned(), cause };
    let text = serde_json::to_string(line).map_err(json)?;
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|cause| Error::file("write", "standard output".as_ref(), cause))
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Line, ProcessOptions, run};
    use crate::rivals::contest::{Contest, Work};
    use crate::rivals::duel::{self, Outcome};
    use crate::rivals::expected::Expected;
    use crate::rivals::fake;
    use crate::rivals::ours::Ours;
    use crate::rivals::theirs::Theirs;
    use serde_json::json;
    use std::time::Duration;
    use tilewright_runtime::{Device, DeviceSelector};

    fn attention(causal: bool) -> Contest {
        let work = Work::Attention { batch: 2, tokens: 70, heads: 2, head_dim: 64, causal };
        Contest { work, launches: 2, buffers: 1 }
    }

    fn decode() -> Contest {
        let work = Work::Decode { batch: 2, context: 512, heads: 4, kv_heads: 2, head_dim: 128 };
        Contest { work, launches: 4, buffers: 3 }
    }

    fn matmul() -> Contest {
        Contest { work: Work::Matmul { m: 80, n: 72, k: 64 }, launches: 2, buffers: 1 }
    }

    /// What a side that is right would answer.
    fn values(contest: &Contest) -> Vec<f64> {
        let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
        let ours = Ours::prepare(&cpu, contest).unwrap();
        ours.round(1).unwrap();
        ours.found().unwrap().0
    }

    /// A child that has these values for every contest, takes 8 us for each launch, and ends with `then`.
    fn child(values: &[f64], captured: bool, then: &str) -> String {
        let prepared = json!({"prepared": {"values": values, "captured": captured}});
        format!(
            r#"echo '{}'; while read -r line; do case "$line" in
            *prepare*) echo '{prepared}';; *) {then};; esac; done"#,
            fake::READY
        )
    }

    fn outcomes(contests: &[Contest], script: &str) -> Result<Vec<Outcome>, crate::Error> {
        let options = ProcessOptions {
            device: "cpu".to_owned(),
            python: "python3".into(),
            rounds: 3,
            contests: Vec::new(),
            timeout: Duration::from_secs(60),
        };
        let mut out = Vec::new();
        run(&options, contests, &mut fake::shell(script), &mut out)?;
        let lines = String::from_utf8(out).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap());
        let rows = lines.filter_map(|line| match line {
            Line::Row { outcome, .. } => Some(outcome),
            Line::Start { .. } => None,
        });
        Ok(rows.collect())
    }

    #[test]
    fn every_kind_is_right_and_timed() {
        for contest in [attention(false), attention(true), matmul(), decode()] {
            let script = child(&values(&contest), true, r#"echo '{"us": 8.0}'"#);
            let found = outcomes(&[contest], &script).unwrap();
            let [Outcome::Measured { us, rival, check }] = &found[..] else { panic!("{found:?}") };
            assert!(*us > 0.0 && check.passed && check.tolerance > 0.0, "{check:?}");
            assert_eq!((rival.name.as_str(), rival.us), (contest.work.rival(), 8.0));
            assert!(rival.max_error.is_some());
        }
    }

    /// What PyTorch 2.15's `scaled_dot_product_attention` gave on a processor for the script's requests of
    /// these contests: both sides mean the same elements.
    #[test]
    fn pytorch_has_the_same_elements_at_the_same_places() {
        let pinned = [
            (attention(true), [0, 5, 17000], [0.8828125, 2.90625, -0.6328125]),
            (decode(), [0, 5, 2000], [0.1591796875, 0.0185546875, -0.1171875]),
        ];
        let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
        for (contest, places, values) in pinned {
            let mut ours = Ours::prepare(&cpu, &contest).unwrap();
            ours.round(1).unwrap();
            ours.expected = Expected::default();
            for (place, value) in places.into_iter().zip(values) {
                ours.expected.add(place, value, 1.0 / 1024.0 + value.abs() / 128.0);
            }
            let (found, _) = ours.found().unwrap();
            let agreement = ours.expected.compare(&found);
            assert!(agreement.passed(), "{contest}: {}", agreement.place);
        }
    }

    #[test]
    fn a_rival_that_cannot_or_computes_something_else_is_absent() {
        let contest = matmul();
        let mut values = values(&contest);
        let reason = |script: &str| match outcomes(&[contest], script).unwrap().remove(0) {
            Outcome::Absent { reason } => reason,
            other => panic!("{other:?}"),
        };
        let lost = child(&values, true, r#"echo '{"error": "no kernel"}'"#);
        assert_eq!(reason(&lost), "cuBLAS: no kernel");
        values[1] += 5.0;
        let other = reason(&child(&values, true, r#"echo '{"us": 8.0}'"#));
        assert!(other.starts_with("cuBLAS: computes something else: result["), "{other}");
    }

    #[test]
    fn what_we_have_no_kernel_for_is_absent() {
        let script = child(&[], true, r#"echo '{"us": 8.0}'"#);
        let contest = Contest { work: Work::Matmul { m: 8, n: 9, k: 8 }, ..matmul() };
        let found = outcomes(&[contest, contest], &script).unwrap();
        assert_eq!(found.len(), 2);
        let Outcome::Absent { reason } = &found[0] else { panic!("{found:?}") };
        assert!(reason.starts_with("ours: "), "{reason}");
    }

    #[test]
    fn our_wrong_numbers_yield_no_speed() {
        let contest = matmul();
        let cpu = Device::open(&DeviceSelector::Cpu).unwrap();
        let mut ours = Ours::prepare(&cpu, &contest).unwrap();
        ours.expected.displace();
        let script = child(&values(&contest), true, r#"echo '{"us": 8.0}'"#);
        let mut theirs = Theirs::start(&mut fake::shell(&script), Duration::from_secs(60)).unwrap();
        let outcome = duel::contend(&ours, &mut theirs, &contest, 3).unwrap();
        let Outcome::Wrong { place, check } = &outcome else { panic!("{outcome:?}") };
        assert!(!check.passed && place.starts_with("result["), "{place}");
        assert!(!serde_json::to_string(&outcome).unwrap().contains("us\""));
    }

    #[test]
    fn launches_that_are_no_graph_say_so() {
        let script = child(&values(&matmul()), false, r#"echo '{"us": 8.0}'"#);
        let found = outcomes(&[matmul()], &script).unwrap();
        let [Outcome::Measured { rival, .. }] = &found[..] else { panic!("{found:?}") };
        assert_eq!(rival.name, "cuBLAS, no graph");
    }

    #[test]
    fn a_child_that_dies_ends_the_process() {
        let script = child(&values(&matmul()), true, "echo 'out of memory' >&2; exit 7");
        let error = outcomes(&[matmul()], &script).unwrap_err().to_string();
        assert_eq!(error, "PyTorch's child ended with exit status: 7: out of memory");
    }
}
