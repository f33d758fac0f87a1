//! Commands over a loaded model, on the processor: a tiny random model, and the default one.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tilewright_model::synthetic::SyntheticModel;

use crate::scratch::{Scratch, tilewright};

/// A tiny model's file in the scratch folder.
fn tiny(scratch: &Scratch, context_length: u32) -> String {
    let path = scratch.path().join("tiny.gguf");
    let model = SyntheticModel { context_length, ..SyntheticModel::default() };
    std::fs::write(&path, model.to_bytes()).unwrap();
    path.to_str().unwrap().to_owned()
}

fn default_model() -> String {
    let path = std::env::var("TILEWRIGHT_TEST_MODEL");
    path.expect("set TILEWRIGHT_TEST_MODEL to the default model's file; `cargo xtask ci` does")
}

fn command(scratch: &Scratch, name: &str, model: &str) -> Command {
    let mut command = tilewright(scratch);
    command.args([name, "--model", model, "--device", "cpu"]).stdin(Stdio::null());
    command
}

fn succeeds(output: Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code 1, one line with every part, and nothing on standard output.
fn fails(output: Output, parts: &[&str]) {
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.matches('\n').count()), (Some(1), 1), "{stderr}");
    assert!(stderr.starts_with("error: ") && output.stdout.is_empty(), "{stderr}");
    assert!(parts.iter().all(|part| stderr.contains(part)), "{stderr}");
}

fn reference_case(prompt: &str) -> Value {
    let root = std::env::var("CARGO_MANIFEST_DIR")
        .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let text = std::fs::read(PathBuf::from(root).join("../tests/data/smollm2.json")).unwrap();
    let data: Value = serde_json::from_slice(&text).unwrap();
    let mut cases = data["cases"].as_array().unwrap().iter();
    cases.find(|case| case["prompt"] == prompt).unwrap().clone()
}

#[test]
fn json_of_the_default_model_equals_the_reference() {
    let scratch = Scratch::new("generate-json");
    let prompt = "1, 2, 3, 4, 5, 6, 7, 8,";
    let case = reference_case(prompt);
    let mut command = command(&scratch, "generate", &default_model());
    command.args(["--prompt", prompt, "--max-tokens", "32", "--temperature", "0", "--json"]);
    let text = succeeds(command.args(["--top-logits", "16"]).output().unwrap());
    let object: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(object["prompt_ids"], case["prompt_ids"]);
    assert_eq!(object["ids"], case["greedy_ids"]);
    assert_eq!(object["text"], " 9, 10, 11, 12, 13, 14, 15, 16, ");
    assert_eq!(object["finish_reason"], "length");
    assert!(object["device"].as_str().unwrap().starts_with("cpu"));
    let logits = object["top_logits"].as_array().unwrap();
    assert!(logits.len() == 32 && logits.iter().all(|l| l.as_array().unwrap().len() == 16));
    for entry in case["top5_first"].as_array().unwrap() {
        let found = logits[0].as_array().unwrap().iter().find(|l| l["id"] == entry["id"]);
        let found = found.unwrap()["logit"].as_f64().unwrap();
        assert!((found - entry["logit"].as_f64().unwrap()).abs() <= 0.02);
    }
    let timings = &object["timings"];
    assert_eq!((&timings["prompt_tokens"], &timings["decode_tokens"]), (&23.into(), &31.into()));
    let positive = |key: &str| timings[key].as_f64().unwrap() > 0.0;
    assert!(["load_ms", "prompt_ms", "decode_ms", "ttft_ms"].into_iter().all(positive));
}

#[test]
fn a_chat_answers_every_line() {
    let scratch = Scratch::new("chat");
    let case = reference_case(
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging \
         Face<|im_end|>\n<|im_start|>user\nWhat is 2+2?<|im_end|>\n<|im_start|>assistant\n",
    );
    let mut command = command(&scratch, "chat", &default_model());
    command.args(["--temperature", "0", "--max-tokens", "12"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"What is 2+2?\n/exit\n").unwrap();
    let text = succeeds(child.wait_with_output().unwrap());
    assert!(text.contains('4') && text.ends_with('\n'), "{text}");
    assert!(!text.contains("<|im_end|>") && case["exact"] == true);
}

#[test]
fn text_streams_and_the_figures_close() {
    let scratch = Scratch::new("generate-text");
    let model = tiny(&scratch, 256);
    let run = |seed: &str| {
        let mut command = command(&scratch, "generate", &model);
        command.args(["--prompt", "ab", "--max-tokens", "20", "--seed", seed]).output().unwrap()
    };
    let output = run("3");
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(stderr.starts_with("cpu") && stderr.matches('\n').count() == 1, "{stderr}");
    assert!(stderr.contains("| prompt 2 tokens, ") && stderr.contains("| first token "));
    let text = succeeds(output);
    assert_eq!(text, succeeds(run("3")));
    assert_ne!(text, succeeds(run("4")));
}

#[test]
fn what_does_not_fit_is_refused() {
    let scratch = Scratch::new("fit");
    let model = tiny(&scratch, 1 << 31);
    let generate = |args: &[&str]| {
        command(&scratch, "generate", &model).args(["--prompt", "abc"]).args(args).output().unwrap()
    };
    fails(generate(&["--ctx-size", "2147483648"]), &["need ", "bytes", " are free"]);
    fails(generate(&["--ctx-size", "2147483649"]), &["over the model's 2147483648"]);
    fails(generate(&["--ctx-size", "2"]), &["3 tokens", "holds 2"]);
    let mut chat = command(&scratch, "chat", &model);
    let child = chat.stdin(Stdio::piped()).stderr(Stdio::piped()).stdout(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hello\n").unwrap();
    fails(child.wait_with_output().unwrap(), &["chat template"]);
    let gpu = tilewright(&scratch)
        .args(["generate", "--model", &model, "--prompt", "a", "--device", "wgpu:99"])
        .output();
    fails(gpu.unwrap(), &["99"]);
}

#[test]
fn a_model_is_as_good_as_itself() {
    let scratch = Scratch::new("perplexity");
    let model = tiny(&scratch, 64);
    let text = scratch.path().join("text.txt");
    std::fs::write(&text, "The quick brown fox jumps over the lazy dog. ".repeat(4)).unwrap();
    let score = |file: &str, more: &[&str]| {
        let mut command = command(&scratch, "perplexity", &model);
        command.args(["--file", file]).args(more).output().unwrap()
    };
    let text = text.to_str().unwrap();
    let lines = succeeds(score(text, &["--against", &model]));
    // 180 tokens in windows of 64, the first of each not predicted.
    assert!(lines.starts_with("tokens      177\nperplexity  "), "{lines}");
    assert!(lines.ends_with("divergence  0.000000\n"), "{lines}");
    let value: f64 =
        lines.lines().nth(1).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!((50.0..2000.0).contains(&value), "{value}");
    assert!(!succeeds(score(text, &[])).contains("divergence"));
    let short = scratch.path().join("short.txt");
    std::fs::write(&short, "a").unwrap();
    fails(score(short.to_str().unwrap(), &[]), &["fewer than two tokens"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_completion_with_its_figures() {
    let scratch = Scratch::new("generate-interrupt");
    let model = tiny(&scratch, 1 << 20);
    let out = scratch.path().join("out.txt");
    let mut command = command(&scratch, "generate", &model);
    command.args(["--prompt", "ab", "--max-tokens", "1000000", "--ctx-size", "100000"]);
    command.stdout(std::fs::File::create(&out).unwrap()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let start = Instant::now();
    while std::fs::metadata(&out).unwrap().len() < 20 {
        assert!(start.elapsed() < Duration::from_secs(60), "no text");
        std::thread::sleep(Duration::from_millis(10));
    }
    let pressed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(pressed.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("| decode ") && stderr.matches('\n').count() == 1, "{stderr}");
    assert!(std::fs::read_to_string(&out).unwrap().ends_with('\n'));
}

#[test]
fn devices_and_kernels_can_be_looked_at() {
    let scratch = Scratch::new("look");
    let run = |args: &[&str]| succeeds(tilewright(&scratch).args(args).output().unwrap());
    let list: Value = serde_json::from_str(&run(&["devices", "--json"])).unwrap();
    let cpu = list.as_array().unwrap().iter().find(|d| d["selector"] == "cpu").unwrap();
    assert_eq!(cpu["kernels"]["rms_norm"], serde_json::json!(["scalar reference"]));
    assert!(run(&["devices"]).contains("\n  kernels       scalar reference\n"));
    let wgsl = run(&["inspect", "rms_norm", "--emit", "wgsl", "--target", "wgsl"]);
    assert!(wgsl.contains("@compute"), "{wgsl}");
    assert!(run(&["inspect", "rms_norm", "--emit", "ptx", "--target", "sm_80"]).contains(".entry"));
    // A kernel of a family: its embedded source is the macro's call.
    let family = run(&["inspect", "decode", "--emit", "wgsl", "--target", "wgsl"]);
    assert!(family.contains("HEAD_DIM = 64, K = f16") && family.contains("fn decode"));
}
