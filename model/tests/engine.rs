//! The engine against the f32 oracle of the default model, on every device.
//!
//! `TILEWRIGHT_TEST_MODEL` names the model's file; `TILEWRIGHT_TEST_DEVICES` the devices ("cpu,wgpu").

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::PathBuf;
use tilewright_model::Engine;
use tilewright_model::sampling::SamplingParams;
use tilewright_runtime::{BackendKind, Device};

/// The devices under test, each with the largest error of a logit that is allowed.
fn devices() -> Vec<(Device, f32)> {
    let names = std::env::var("TILEWRIGHT_TEST_DEVICES").unwrap_or_else(|_| "cpu,wgpu".to_owned());
    let open = |name: &str| {
        let device = Device::open(&name.parse().unwrap()).expect(name);
        let tolerance = if device.kind() == BackendKind::Cpu { 0.02 } else { 0.25 };
        (device, tolerance)
    };
    names.split(',').map(open).collect()
}

fn model() -> PathBuf {
    let path = std::env::var_os("TILEWRIGHT_TEST_MODEL");
    path.expect("set TILEWRIGHT_TEST_MODEL to the default model's file; `cargo xtask ci` does")
        .into()
}

fn data(name: &str) -> serde_json::Value {
    let root =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    let path = PathBuf::from(root).join("../tests/data").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn ids(value: &serde_json::Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

/// The best `count` tokens with their logits, best first, equal ones by id.
fn best(logits: &[f32], count: usize) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(count);
    all
}

#[test]
fn reference_cases_hold_on_every_device() {
    let reference = data("smollm2.json");
    for (device, tolerance) in devices() {
        let name = device.capabilities().name.clone();
        let mut engine = Engine::builder().model(model()).device(&device).build().unwrap();
        for case in reference["cases"].as_array().unwrap() {
            let prompt = ids(&case["prompt_ids"]);
            let expected = ids(&case["greedy_ids"]);
            let gaps: Vec<f64> =
                case["gaps"].as_array().unwrap().iter().map(|g| g.as_f64().unwrap()).collect();
            engine.start(&prompt).unwrap();
            let first = engine.step(&SamplingParams::greedy(), true).unwrap().unwrap();
            let ours = best(&first.logits, 16);
            for entry in case["top5_first"].as_array().unwrap() {
                let id = entry["id"].as_u64().unwrap() as u32;
                let logit = entry["logit"].as_f64().unwrap() as f32;
                let found = ours.iter().find(|(i, _)| *i == id);
                let (_, value) = found.unwrap_or_else(|| panic!("{name}: {id} not in the top 16"));
                assert!(
                    (value - logit).abs() <= tolerance,
                    "{name}: {id} has {value}, not {logit}"
                );
            }
            if gaps[0] > f64::from(2.0 * tolerance) {
                assert_eq!(first.id, expected[0], "{name}: the first token");
            }
            if case["exact"].as_bool().unwrap() {
                let mut generated = vec![first.id];
                while generated.len() < expected.len() {
                    let next = engine.step(&SamplingParams::greedy(), false).unwrap().unwrap();
                    generated.push(next.id);
                }
                assert_eq!(generated, expected, "{name}");
            }
        }
    }
}

/// A text of `count` tokens that repeats the reference's prompts.
fn prompt(count: usize) -> Vec<u32> {
    let reference = data("smollm2.json");
    let all = reference["cases"].as_array().unwrap().iter().flat_map(|c| ids(&c["prompt_ids"]));
    let all: Vec<u32> = all.collect();
    all.iter().copied().cycle().take(count).collect()
}

/// Prefill in one go, in chunks of 17 and token by token, with pages in shuffled order.
fn chunkings_agree(device: &Device, tolerance: f32, lengths: &[usize], chunks: &[u32]) {
    for &length in lengths {
        let prompt = prompt(length);
        let mut expected: Option<Vec<(u32, f32)>> = None;
        for &chunk in chunks {
            let engine = Engine::builder().model(model()).device(device);
            let mut engine = engine.chunk(chunk).context(1024).shuffle_pages(7).build().unwrap();
            engine.start(&prompt).unwrap();
            let token = engine.step(&SamplingParams::greedy(), true).unwrap().unwrap();
            let top = best(&token.logits, 16);
            match &expected {
                None => expected = Some(top),
                Some(expected) => {
                    for (id, logit) in &expected[..5] {
                        let found = top.iter().find(|(i, _)| i == id);
                        let (_, value) = found.expect("a top-5 token is not in the top 16");
                        let error = (value - logit).abs();
                        assert!(
                            error <= tolerance,
                            "{length} tokens by {chunk}: {value}, not {logit}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn chunkings_of_a_prompt_agree() {
    for (device, tolerance) in devices() {
        let software = device.capabilities().is_software && device.kind() == BackendKind::Wgpu;
        if software {
            chunkings_agree(&device, tolerance, &[65], &[512, 17]);
        } else {
            chunkings_agree(&device, tolerance, &[63, 65, 129], &[1024, 17, 1]);
            chunkings_agree(&device, tolerance, &[600], &[1024, 17]);
        }
    }
}

#[test]
fn a_prompt_over_the_context_is_refused_and_a_full_context_ends() {
    let device = Device::open(&"cpu".parse().unwrap()).unwrap();
    let mut engine = Engine::builder().model(model()).device(&device).context(24).build().unwrap();
    let error = engine.start(&prompt(25)).unwrap_err().to_string();
    assert!(error.contains("25 tokens") && error.contains("24"), "{error}");
    assert!(engine.start(&[]).is_err());
    assert!(engine.start(&[1 << 20]).is_err());
    engine.start(&prompt(22)).unwrap();
    let mut count = 0;
    while engine.step(&SamplingParams::greedy(), false).unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, 3, "two tokens fill the context, and one more follows from it");
}
