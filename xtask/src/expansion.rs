//! The limits of expansion, as a user of the crates meets them: default profiles, the packaged crates,
//! one family at a time. `TILEWRIGHT_EXPANSION_LOG` makes the macros write down what they cost.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::failure::Failure;
use crate::process;

/// Seconds of one family.
const FAMILY_SECONDS: f64 = 20.0;
/// Seconds of all families.
const ALL_SECONDS: f64 = 60.0;
/// Bytes of one family's expansion.
const FAMILY_BYTES: u64 = 16 << 20;

/// What the macros of one crate cost.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Cost {
    seconds: f64,
    bytes: u64,
    calls: u64,
}

/// Builds each family again, alone, and compares with the limits. `home` is a crate of a user whose
/// dependencies are built already; `cargo` starts cargo there.
///
/// # Errors
/// What is over its limit, and what cargo says.
pub fn check(
    home: &Path,
    families: &[String],
    cargo: impl Fn(&Path) -> Command,
) -> Result<(), Failure> {
    let log = home.join("expansion.jsonl");
    let (mut all, mut faults) = (0.0, Vec::new());
    println!("seconds       bytes  calls  wall  family");
    for family in families {
        if log.exists() {
            std::fs::remove_file(&log).map_err(|e| Failure::io("remove", &log, e))?;
        }
        process::run(cargo(home).args(["clean", "--quiet", "-p", family]))?;
        let start = Instant::now();
        let mut build = cargo(home);
        build.args(["build", "--quiet", "-p", family]).env("TILEWRIGHT_EXPANSION_LOG", &log);
        process::run(&mut build)?;
        let wall = start.elapsed().as_secs_f64();
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let cost = cost_of(&text, family)?;
        let Cost { seconds, bytes, calls } = cost;
        println!("{seconds:>7.2} {bytes:>11} {calls:>6} {wall:>5.1}  {family}");
        faults.extend(over(family, cost));
        all += seconds;
    }
    println!("{all:>7.2} in all");
    if all > ALL_SECONDS {
        faults.push(format!("all families take {all:.1} s to expand, at most {ALL_SECONDS}"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::Other(faults.join("; "))) }
}

/// The sum of a crate's lines.
fn cost_of(log: &str, family: &str) -> Result<Cost, Failure> {
    let mut cost = Cost::default();
    for line in log.lines() {
        let value: Value = serde_json::from_str(line)
            .map_err(|e| Failure::Other(format!("a line of the expansion log: {e}")))?;
        if value.get("crate").and_then(Value::as_str) == Some(family) {
            cost.seconds += value.get("seconds").and_then(Value::as_f64).unwrap_or(0.0);
            cost.bytes += value.get("bytes").and_then(Value::as_u64).unwrap_or(0);
            cost.calls += 1;
        }
    }
    if cost.calls == 0 {
        return Err(Failure::Other(format!("{family} expanded no macro: was it built again?")));
    }
    Ok(cost)
}

fn over(family: &str, cost: Cost) -> Vec<String> {
    let mut faults = Vec::new();
    if cost.seconds > FAMILY_SECONDS {
        let seconds = cost.seconds;
        faults.push(format!("{family} takes {seconds:.1} s to expand, at most {FAMILY_SECONDS}"));
    }
    if cost.bytes > FAMILY_BYTES {
        let bytes = cost.bytes;
        faults.push(format!("{family} expands to {bytes} bytes, at most {FAMILY_BYTES}"));
    }
    faults
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LOG: &str = "\
{\"crate\":\"a\",\"macro\":\"kernel\",\"seconds\":1.5,\"bytes\":100}
{\"crate\":\"b\",\"macro\":\"kernel\",\"seconds\":30.0,\"bytes\":5}
{\"crate\":\"a\",\"macro\":\"flash_attention\",\"seconds\":2.0,\"bytes\":17000000}
";

    #[test]
    fn a_crates_lines_are_added_up() {
        let cost = Cost { seconds: 3.5, bytes: 17_000_100, calls: 2 };
        assert_eq!(cost_of(LOG, "a").unwrap(), cost);
        assert_eq!(over("a", cost), ["a expands to 17000100 bytes, at most 16777216"]);
        let other = over("b", cost_of(LOG, "b").unwrap());
        assert_eq!(other, ["b takes 30.0 s to expand, at most 20"]);
    }

    #[test]
    fn a_family_that_was_not_built_is_no_success() {
        assert!(cost_of(LOG, "c").is_err());
        assert!(cost_of("nonsense", "a").is_err());
    }
}
