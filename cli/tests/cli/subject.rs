//! What the tests run commands on: tiny models and the default one, and what is expected of them.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tilewright_model::synthetic::SyntheticModel;

use crate::scratch::{Scratch, tilewright};

/// The devices that `TILEWRIGHT_TEST_DEVICES` names.
pub fn test_devices() -> Vec<String> {
    let names = std::env::var("TILEWRIGHT_TEST_DEVICES").unwrap_or_else(|_| "cpu,wgpu".to_owned());
    names.split(',').map(str::to_owned).collect()
}

/// A tiny model's file in the scratch folder.
pub fn tiny(scratch: &Scratch, context_length: u32) -> String {
    let path = scratch.path().join("tiny.gguf");
    let model = SyntheticModel { context_length, ..SyntheticModel::default() };
    std::fs::write(&path, model.to_bytes()).unwrap();
    path.to_str().unwrap().to_owned()
}

pub fn default_model() -> String {
    let path = std::env::var("TILEWRIGHT_TEST_MODEL");
    path.expect("set TILEWRIGHT_TEST_MODEL to the default model's file; `cargo xtask ci` does")
}

pub fn command(scratch: &Scratch, name: &str, model: &str) -> Command {
    let mut command = tilewright(scratch);
    command.args([name, "--model", model, "--device", "cpu"]).stdin(Stdio::null());
    command
}

pub fn succeeds(output: Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code 1, one line with every part, and nothing on standard output.
pub fn fails(output: Output, parts: &[&str]) {
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.matches('\n').count()), (Some(1), 1), "{stderr}");
    assert!(stderr.starts_with("error: ") && output.stdout.is_empty(), "{stderr}");
    assert!(parts.iter().all(|part| stderr.contains(part)), "{stderr}");
}

pub fn reference_case(prompt: &str) -> Value {
    let root = std::env::var("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let text = std::fs::read(PathBuf::from(root).join("../tests/data/smollm2.json")).unwrap();
    let data: Value = serde_json::from_slice(&text).unwrap();
    let mut cases = data["cases"].as_array().unwrap().iter();
    cases.find(|case| case["prompt"] == prompt).unwrap().clone()
}

/// Options that make a tiny model write visible text for as long as it is let.
pub const ENDLESS: [&str; 6] =
    ["--temperature", "0", "--max-tokens", "1000000", "--ctx-size", "100000"];

/// Waits for a minute at most until `done`.
pub fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "no {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Presses Ctrl-C for a process.
pub fn press_ctrl_c(child: &Child) {
    let pressed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(pressed.success());
}
