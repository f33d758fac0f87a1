//! `manifest.json`: what was packed. `bench/src/run/bundle.rs` reads it.

use std::process::Command;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::process;

/// What was packed, paths relative to the bundle's folder.
pub(super) struct Manifest {
    pub commit: String,
    /// Whether there were changes that are not in the commit.
    pub dirty: bool,
    pub target: String,
    pub programs: Vec<String>,
    pub benches: Vec<String>,
    pub tests: Vec<TestBinary>,
}

pub(super) struct TestBinary {
    /// Package and target.
    pub id: String,
    pub path: String,
    /// What `CARGO_MANIFEST_DIR` must name.
    pub home: String,
    /// Whether it runs on the devices of `TILEWRIGHT_TEST_DEVICES`.
    pub devices: bool,
}

impl Manifest {
    /// The file's text.
    pub fn text(&self) -> String {
        format!("{:#}\n", self.json())
    }

    fn json(&self) -> Value {
        let test = |test: &TestBinary| {
            let TestBinary { id, path, home, devices } = test;
            json!({ "id": id, "path": path, "home": home, "devices": devices })
        };
        json!({
            "schema": 1,
            "commit": self.commit,
            "dirty": self.dirty,
            "target": self.target,
            "programs": self.programs,
            "benches": self.benches,
            "tests": self.tests.iter().map(test).collect::<Vec<_>>(),
        })
    }
}

/// The commit that is checked out, and whether the sources differ from it. Results do not count:
/// a run writes them.
pub(super) fn commit() -> Result<(String, bool), Failure> {
    let git = |args: &[&str]| process::capture(Command::new("git").args(args));
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?.trim().to_owned();
    let changes = git(&["status", "--porcelain", "--", ".", ":!bench/results"])?;
    Ok((commit, !changes.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Manifest, TestBinary};
    use serde_json::Value;

    #[test]
    fn the_example_that_bench_reads_is_written() {
        let test = |id: &str, home: &str, devices| TestBinary {
            id: id.to_owned(),
            path: format!("tests/{id}"),
            home: home.to_owned(),
            devices,
        };
        let manifest = Manifest {
            commit: "0123456789ab".to_owned(),
            dirty: true,
            target: "x86_64-unknown-linux-gnu".to_owned(),
            programs: vec!["bin/tilewright".to_owned()],
            benches: vec!["benches/bench/kernels".to_owned()],
            tests: vec![
                test("kernels/api", "source/kernels", false),
                test("kernels-layers/suite", "source/kernels/layers", true),
            ],
        };
        let example = include_str!("../../../bench/data/manifest.json");
        let found: Value = serde_json::from_str(&manifest.text()).unwrap();
        assert_eq!(found, serde_json::from_str::<Value>(example).unwrap());
    }
}
