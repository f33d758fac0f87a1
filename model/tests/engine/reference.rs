//! The default model's file and what an independent implementation says of it.

use std::path::PathBuf;

pub fn model() -> PathBuf {
    let path = std::env::var_os("TILEWRIGHT_TEST_MODEL");
    path.expect("set TILEWRIGHT_TEST_MODEL to the default model's file; `cargo xtask ci` does")
        .into()
}

pub struct Case {
    pub prompt: Vec<u32>,
    pub greedy: Vec<u32>,
    /// Whether every implementation agrees on `greedy`.
    pub exact: bool,
    /// The five best tokens after the prompt, with their logits.
    pub top: Vec<(u32, f32)>,
    /// Best less second-best logit at each generated position.
    pub gaps: Vec<f32>,
}

pub fn cases() -> Vec<Case> {
    let root =
        std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").into());
    let path = PathBuf::from(root).join("../tests/data/smollm2.json");
    let data: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let cases = data["cases"].as_array().unwrap().iter();
    cases.map(case).collect()
}

fn case(case: &serde_json::Value) -> Case {
    let ids = |key: &str| -> Vec<u32> {
        case[key].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
    };
    let top = case["top5_first"].as_array().unwrap().iter();
    let top = top.map(|e| (e["id"].as_u64().unwrap() as u32, e["logit"].as_f64().unwrap() as f32));
    let gaps = case["gaps"].as_array().unwrap().iter().map(|gap| gap.as_f64().unwrap() as f32);
    Case {
        prompt: ids("prompt_ids"),
        greedy: ids("greedy_ids"),
        exact: case["exact"].as_bool().unwrap(),
        top: top.collect(),
        gaps: gaps.collect(),
    }
}

/// A prompt of `count` tokens that repeats the reference's.
pub fn prompt(count: usize) -> Vec<u32> {
    let all: Vec<u32> = cases().into_iter().flat_map(|case| case.prompt).collect();
    all.iter().copied().cycle().take(count).collect()
}

/// The best `count` tokens with their logits, best first, equal ones by id.
pub fn best(logits: &[f32], count: usize) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(count);
    all
}

/// Whether each of `expected` is among `ours`, with a logit within the tolerance.
pub fn assert_near(ours: &[(u32, f32)], expected: &[(u32, f32)], tolerance: f32, what: &str) {
    for (id, logit) in expected {
        let found = ours.iter().find(|(i, _)| i == id);
        let (_, value) = found.unwrap_or_else(|| panic!("{what}: {id} is not in our best tokens"));
        assert!((value - logit).abs() <= tolerance, "{what}: {id} has {value}, not {logit}");
    }
}
