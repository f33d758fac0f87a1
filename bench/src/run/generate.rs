//! Whole generations by the `tilewright` program, on each device.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::bundle::Bundle;
use super::child::{self, Outcome};
use super::options::Options;
use crate::Error;
use crate::record::{Check, Generate};

const PROMPT: &str = "1, 2, 3, 4, 5, 6, 7, 8,";
const TOKENS: u32 = 32;
/// Runs whose median counts.
const MEASURED: usize = 3;
/// Logits of the scalar references that a device must have, and how near.
const BEST: usize = 5;
const TOLERANCE: f64 = 0.25;

/// What `generate --json --top-logits 16` prints.
#[derive(Debug, Deserialize)]
struct Completion {
    ids: Vec<u32>,
    device: String,
    timings: Timings,
    top_logits: Vec<Vec<TopLogit>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Timings {
    load_ms: f64,
    prompt_tokens: u32,
    prompt_ms: f64,
    decode_tokens: u32,
    decode_ms: f64,
    ttft_ms: f64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct TopLogit {
    id: u32,
    logit: f64,
}

/// One entry per device, after a run of the scalar references to compare with.
///
/// # Errors
/// [`Error::Child`] where a run fails.
pub(super) fn measure(bundle: &Bundle, options: &Options) -> Result<Vec<Generate>, Error> {
    let caches = options.logs.join("caches");
    let reference = complete(bundle, options, "cpu", 1, &caches.join("reference"), "reference")?;
    let mut rows = Vec::new();
    for device in &options.devices {
        // A folder of its own that nobody has filled.
        let cache = caches.join(device.replace(':', "-"));
        if cache.exists() {
            std::fs::remove_dir_all(&cache).map_err(|e| Error::file("empty", &cache, e))?;
        }
        let run = |name: &str| complete(bundle, options, device, TOKENS, &cache, name);
        let (cold, warm) = (run("cold")?, run("warm")?);
        let measured = (0..MEASURED).map(|at| run(&format!("measured-{at}")));
        let measured = measured.collect::<Result<Vec<Completion>, Error>>()?;
        let row = row(device, &options.model, &reference, &cold, &warm, &measured);
        eprintln!(
            "generate on {device}: prompt {:.1} tokens/s, decode {:.1} tokens/s, start {:.0} ms cold and \
             {:.0} ms warm{}",
            row.prompt_tokens_per_s,
            row.decode_tokens_per_s,
            row.cold_start_ms,
            row.warm_start_ms,
            if row.check.passed { "" } else { "; THE NUMBERS ARE WRONG" }
        );
        rows.push(row);
    }
    Ok(rows)
}

/// One run. Every cache of compiled kernels, the drivers' included, is in `cache`.
fn complete(
    bundle: &Bundle,
    options: &Options,
    device: &str,
    tokens: u32,
    cache: &Path,
    name: &str,
) -> Result<Completion, Error> {
    std::fs::create_dir_all(cache).map_err(|e| Error::file("create", cache, e))?;
    let mut command = Command::new(bundle.program());
    command.arg("generate").arg("--model").arg(&options.model);
    command.args(["--prompt", PROMPT, "--max-tokens", &tokens.to_string(), "--device", device]);
    command.args(["--temperature", "0", "--json", "--top-logits", "16", "--ctx-size", "1024"]);
    for variable in [
        "TILEWRIGHT_CACHE",
        "CUDA_CACHE_PATH",
        "__GL_SHADER_DISK_CACHE_PATH",
        "MESA_SHADER_CACHE_DIR",
        "XDG_CACHE_HOME",
    ] {
        command.env(variable, cache);
    }
    command.env("NODEVICE_SELECT", "1").env_remove("TILEWRIGHT_LOG");
    let log = options.logs.join(format!("generate.{}-{name}.log", device.replace(':', "-")));
    let ended = child::run(&mut command, &log, options.timeout)?;
    let what = format!("generate --device {device}");
    if ended.outcome != Outcome::Exited(0) {
        let (outcome, line) = (ended.story(), ended.last_line());
        return Err(Error::Child { what, outcome, line });
    }
    serde_json::from_str(&ended.stdout).map_err(|cause| Error::Json { what, cause })
}

fn row(
    device: &str,
    model: &Path,
    reference: &Completion,
    cold: &Completion,
    warm: &Completion,
    measured: &[Completion],
) -> Generate {
    let start = |timings: Timings| timings.load_ms + timings.ttft_ms;
    let timings = measured.iter().map(|run| run.timings);
    let prompt = timings.clone().map(|t| rate(t.prompt_tokens, t.prompt_ms));
    let decode = timings.map(|t| rate(t.decode_tokens, t.decode_ms));
    let same = measured.iter().chain([warm]).all(|run| run.ids == cold.ids);
    let max_error = distance(reference, cold);
    Generate {
        device: device.to_owned(),
        name: cold.device.clone(),
        model: model.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        prompt_tokens: cold.timings.prompt_tokens,
        prompt_tokens_per_s: median(prompt.collect()),
        decode_tokens: cold.timings.decode_tokens,
        decode_tokens_per_s: median(decode.collect()),
        cold_start_ms: start(cold.timings),
        warm_start_ms: start(warm.timings),
        check: Check { passed: same && max_error <= TOLERANCE, max_error, tolerance: TOLERANCE },
    }
}

/// The largest distance of the reference's best logits after the prompt; of one that is missing,
/// all of it.
fn distance(reference: &Completion, found: &Completion) -> f64 {
    let (Some(expected), Some(found)) = (reference.top_logits.first(), found.top_logits.first())
    else {
        return f64::MAX;
    };
    let distance = |best: &TopLogit| {
        let same = found.iter().find(|other| other.id == best.id);
        same.map_or(f64::MAX, |other| (other.logit - best.logit).abs())
    };
    expected.iter().take(BEST).map(distance).fold(0.0, f64::max)
}

fn rate(tokens: u32, ms: f64) -> f64 {
    if ms > 0.0 { f64::from(tokens) * 1e3 / ms } else { 0.0 }
}

/// The middle one, the lower of two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Completion, median, row};
    use std::path::Path;

    fn completion(last_id: u32, logit: f64, decode_ms: f64) -> Completion {
        let text = format!(
            r#"{{"prompt_ids": [1], "ids": [7, {last_id}], "text": "", "finish_reason": "length",
            "device": "cuda: A", "timings": {{"load_ms": 100, "prompt_tokens": 4, "prompt_ms": 20,
            "decode_tokens": 1, "decode_ms": {decode_ms}, "ttft_ms": 30}},
            "top_logits": [[{{"id": 7, "logit": {logit}}}]]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_row_has_medians_and_both_starts() {
        let runs = [completion(9, 1.0, 4.0), completion(9, 1.0, 1.0), completion(9, 1.0, 2.0)];
        let (cold, warm) = (completion(9, 1.25, 9.0), completion(9, 1.0, 9.0));
        let row = row("cuda", Path::new("a/m.gguf"), &completion(0, 1.0, 1.0), &cold, &warm, &runs);
        assert_eq!((row.prompt_tokens_per_s, row.decode_tokens_per_s), (200.0, 500.0));
        assert_eq!((row.cold_start_ms, row.model.as_str()), (130.0, "m.gguf"));
        assert!(row.check.passed && row.check.max_error == 0.25);
    }

    #[test]
    fn other_tokens_and_other_logits_fail() {
        let passed = |cold: &Completion, run: Completion| {
            let reference = completion(0, 1.0, 1.0);
            let warm = completion(9, 1.0, 1.0);
            row("cuda", Path::new("m"), &reference, cold, &warm, &[run]).check.passed
        };
        assert!(passed(&completion(9, 1.0, 1.0), completion(9, 1.0, 1.0)));
        assert!(!passed(&completion(9, 1.0, 1.0), completion(8, 1.0, 1.0)));
        assert!(!passed(&completion(9, 1.3, 1.0), completion(9, 1.0, 1.0)));
        let mut missing = completion(9, 1.0, 1.0);
        missing.top_logits[0][0].id = 6;
        assert!(!passed(&missing, completion(9, 1.0, 1.0)));
    }

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![2.0, 1.0]), 1.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}
