//! The JSON file of a run: `bench/results/NAME.json`. `cargo xtask figures` reads it into the README.
//!
//! A run of uncommitted sources and a row whose check failed count as absent.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The version of the schema.
pub const SCHEMA: u32 = 1;

/// What one machine did in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The device's name, such as `NVIDIA H100 80GB HBM3`.
    pub device: String,
    /// Its driver's name and version.
    pub driver: String,
    /// The commit that was built.
    pub commit: String,
    /// Whether the sources had changes that are not in the commit.
    pub dirty: bool,
    /// When the run began: `2026-01-31T12:00:00Z`.
    pub utc: String,
    /// The kernels' and the engine's tests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conformance: Option<Conformance>,
    /// Whole generations with the default model, one entry per device.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generate: Vec<Generate>,
    /// Measured ceilings of the device, against which rows are rated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceilings: Option<Ceilings>,
    /// Single kernels and parts of a model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    /// What was to be measured and has no speed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Absent>,
}

/// What the tests said.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Conformance {
    /// Tests that passed, over all suites.
    pub passed: u32,
    /// Tests that failed; a suite that crashed or ran out of time is one more.
    pub failed: u32,
    /// Each suite on each device.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suites: Vec<Suite>,
}

/// One test binary on one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suite {
    /// Package and target: `kernels-layers/suite`.
    pub id: String,
    /// What `TILEWRIGHT_TEST_DEVICES` named; `none` for a suite that does not ask.
    pub device: String,
    /// `passed`, `failed`, `crashed (signal 11)`, `timed out after 600 s`.
    pub outcome: String,
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed, and the crash.
    pub failed: u32,
    /// How long it took.
    pub seconds: f64,
    /// Names of the tests that failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
}

/// A completion of a fixed prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generate {
    /// What `--device` named: `cuda`, `wgpu`, `cpu`.
    pub device: String,
    /// The device's own name.
    pub name: String,
    /// The model's file, without its folder.
    pub model: String,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Median over the measured runs.
    pub prompt_tokens_per_s: f64,
    /// Generated tokens after the first.
    pub decode_tokens: u32,
    /// Median over the measured runs.
    pub decode_tokens_per_s: f64,
    /// From the start of loading to the first token, with empty caches of kernels.
    pub cold_start_ms: f64,
    /// The same with the caches that the first start left.
    pub warm_start_ms: f64,
    /// The first position's best logits against those of the scalar references.
    pub check: Check,
}

/// Measured ceilings.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ceilings {
    /// GB/s (10^9 bytes) that a plain read reaches.
    pub read_gbps: f64,
    /// TFLOP/s that a large bf16 product reaches.
    pub bf16_tflops: f64,
}

/// One thing measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What: `matmul/bf16/8192x8192x8192`, `quantized/q4_0/14336x4096/m1`, `model/8b/q4_0/tg128`.
    pub id: String,
    /// `cuda`, `wgpu` or `cpu`, where it is not the run's device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// How it was measured.
    pub protocol: Protocol,
    /// Median time in microseconds.
    pub us: f64,
    /// 10^12 operations per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tflops: Option<f64>,
    /// 10^9 bytes per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gbps: Option<f64>,
    /// Of the ceiling that binds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction_of_limit: Option<f64>,
    /// Registers of a thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registers: Option<u32>,
    /// Bytes that a thread spills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spills: Option<u32>,
    /// Shared memory of a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_bytes: Option<u32>,
    /// Somebody else's kernel in the same run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rival: Option<Rival>,
    /// The rival's time over ours: above 1 we are faster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Processes over which times are medians; one, where it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<u32>,
    /// Rounds of each process over which they are medians.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// The numbers of the same run.
    pub check: Check,
}

/// How a row was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Launches on the same buffers, at least 15 rounds.
    Hot,
    /// Replays of a graph of at least 64 launches over distinct buffers.
    Graph,
    /// The same with programmatic dependent launch.
    Pdl,
    /// As Triton's `do_bench`: caches flushed between launches.
    DoBench,
}

/// Somebody else's kernel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rival {
    /// `cuDNN`, `cuBLAS`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its median time in microseconds.
    pub us: f64,
    /// Its own error against what our row is checked with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_error: Option<f64>,
}

/// A row without a speed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Absent {
    /// As a row's.
    pub id: String,
    /// Why.
    pub reason: String,
    /// The numbers, where they are why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Check>,
}

/// How the numbers compare with the reference's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Whether all are near enough.
    pub passed: bool,
    /// The error that is the largest share of its tolerance.
    pub max_error: f64,
    /// That tolerance.
    pub tolerance: f64,
}

impl Run {
    /// How many results are not what they should be.
    pub fn failures(&self) -> usize {
        let tests = self.conformance.as_ref().map_or(0, |tests| tests.failed as usize);
        let checks = self.generate.iter().map(|row| row.check);
        let checks = checks.chain(self.rows.iter().map(|row| row.check));
        let checks = checks.chain(self.absent.iter().filter_map(|row| row.check));
        tests + checks.filter(|check| !check.passed).count()
    }

    /// Reads a run.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Json`].
    pub fn read(path: &Path) -> Result<Run, Error> {
        let text = std::fs::read(path).map_err(|cause| Error::file("read", path, cause))?;
        let json = |cause| Error::Json { what: path.display().to_string(), cause };
        serde_json::from_slice(&text).map_err(json)
    }

    /// Writes the run, whole or not at all.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Json`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let json = |cause| Error::Json { what: path.display().to_string(), cause };
        let mut text = serde_json::to_string_pretty(self).map_err(json)?;
        text.push('\n');
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| Error::file("create", folder, e))?;
        }
        let part = path.with_extension("json.part");
        std::fs::write(&part, text).map_err(|cause| Error::file("write", &part, cause))?;
        std::fs::rename(&part, path).map_err(|cause| Error::file("write", path, cause))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Protocol, Run};
    use serde_json::Value;

    /// Also what the reader in `xtask` is tested with.
    const EXAMPLE: &str = include_str!("../data/example.json");

    #[test]
    fn the_example_is_read_and_written_unchanged() {
        let run: Run = serde_json::from_str(EXAMPLE).unwrap();
        let again = serde_json::to_value(&run).unwrap();
        assert_eq!(again, serde_json::from_str::<Value>(EXAMPLE).unwrap());
        assert_eq!(run.rows[0].protocol, Protocol::Graph);
        // One test, one row, one generation, and one row without a speed.
        assert_eq!(run.failures(), 4);
    }

    #[test]
    fn a_run_is_written_whole() {
        let run: Run = serde_json::from_str(EXAMPLE).unwrap();
        let folder = std::env::temp_dir().join(format!("tilewright-record-{}", std::process::id()));
        let path = folder.join("new/run.json");
        run.write(&path).unwrap();
        assert_eq!(Run::read(&path).unwrap(), run);
        let files = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
        std::fs::remove_dir_all(folder).unwrap();
        assert_eq!(files, 1);
    }
}
