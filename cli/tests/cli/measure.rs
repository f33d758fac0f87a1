//! `synthesize` and `throughput`: a model to measure with, and the measurement.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::scratch::{Scratch, tilewright};
use crate::subject::{command, fails, succeeds, test_devices, tiny};

#[test]
fn a_synthetic_model_is_written_whole_and_runs() {
    let scratch = Scratch::new("synthesize");
    let path = scratch.path().join("model.gguf");
    let path = path.to_str().unwrap();
    let mut synthesize = tilewright(&scratch);
    synthesize.args(["synthesize", "--shape", "smollm2-135m", "--quant", "q4_0", "--out", path]);
    succeeds(synthesize.output().unwrap());
    assert!(!Path::new(&format!("{path}.part")).exists());
    let mut generate = command(&scratch, "generate", path);
    generate.args(["--prompt", "a", "--max-tokens", "2", "--json", "--temperature", "0"]);
    let found: Value = serde_json::from_str(&succeeds(generate.output().unwrap())).unwrap();
    assert_eq!(found["prompt_ids"].as_array().unwrap().len(), 1);
    assert!(!found["ids"].as_array().unwrap().is_empty());
}

#[test]
fn a_synthetic_model_that_cannot_be_written_leaves_nothing() {
    let scratch = Scratch::new("synthesize-nowhere");
    let path = scratch.path().join("no/model.gguf");
    let mut synthesize = tilewright(&scratch);
    synthesize.args(["synthesize", "--shape", "smollm2-135m", "--quant", "q8_0", "--out"]);
    fails(synthesize.arg(&path).output().unwrap(), &["cannot write", "no/model.gguf"]);
    // A folder stands where the file should be.
    let path = scratch.path().join("folder");
    std::fs::create_dir(&path).unwrap();
    let mut synthesize = tilewright(&scratch);
    synthesize.args(["synthesize", "--shape", "smollm2-135m", "--quant", "q4_0", "--out"]);
    fails(synthesize.arg(&path).output().unwrap(), &["cannot write", "folder"]);
    assert!(!scratch.path().join("folder.part").exists());
}

#[test]
fn every_request_gets_all_of_its_tokens() {
    let scratch = Scratch::new("throughput");
    let model = tiny(&scratch, 256);
    for device in test_devices() {
        let mut throughput = tilewright(&scratch);
        throughput.args(["throughput", "--model", &model, "--device", &device, "--json"]);
        throughput.args(["--lengths", "30:9", "--requests", "20", "--concurrency", "7"]);
        let output = throughput.stdin(Stdio::null()).output().unwrap();
        let found: Value = serde_json::from_str(&succeeds(output)).unwrap();
        assert_eq!((&found["output_tokens"], &found["prompt_tokens"]), (&180.into(), &600.into()));
        let number = |name: &str| found[name].as_f64().unwrap();
        let rate = 180.0 / number("wall_s");
        assert!((number("output_tokens_per_s") / rate - 1.0).abs() < 1e-6, "{found}");
        // Seven sequences at a time, one token each in a step.
        assert!((1.0..=7.0).contains(&number("tokens_per_step")), "{found}");
        let [first, next] = ["first_token_ms", "next_token_ms"].map(|name| &found[name]);
        assert!(
            first["p50"].as_f64() <= first["most"].as_f64() && next["p99"].as_f64() > Some(0.0)
        );
    }
}

#[test]
fn a_request_over_the_context_is_an_error() {
    let scratch = Scratch::new("throughput-refused");
    let model = tiny(&scratch, 256);
    let mut throughput = command(&scratch, "throughput", &model);
    throughput.args(["--lengths", "300:1", "--requests", "3"]);
    fails(throughput.output().unwrap(), &["300", "256"]);
}
