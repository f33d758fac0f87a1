//! Commands over a loaded model, on the processor: a tiny random model, and the default one.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;
use tilewright_model::synthetic::SyntheticModel;

use crate::scratch::{Scratch, tilewright};
use crate::subject::{command, default_model, fails, reference_case, succeeds, test_devices, tiny};

#[test]
fn json_of_the_default_model_equals_the_reference() {
    let scratch = Scratch::new("generate-json");
    let prompt = "1, 2, 3, 4, 5, 6, 7, 8,";
    let case = reference_case(prompt);
    for device in test_devices() {
        let tolerance = if device == "cpu" { 0.02 } else { 0.25 };
        let mut command = tilewright(&scratch);
        command.args(["generate", "--model", &default_model(), "--device", &device]);
        command.args(["--prompt", prompt, "--max-tokens", "32", "--temperature", "0", "--json"]);
        let text = succeeds(command.args(["--top-logits", "16"]).output().unwrap());
        let object: Value = serde_json::from_str(&text).unwrap();
        let label = object["device"].as_str().unwrap();
        assert!(label.starts_with(&device) && label.matches("cpu (").count() <= 1, "{label}");
        equals_the_reference(&object, &case, tolerance);
    }
}

/// A completion of "1, 2, 3, 4, 5, 6, 7, 8," by the default model.
fn equals_the_reference(object: &Value, case: &Value, tolerance: f64) {
    assert_eq!(object["prompt_ids"], case["prompt_ids"]);
    assert_eq!(object["ids"], case["greedy_ids"]);
    assert_eq!(object["text"], " 9, 10, 11, 12, 13, 14, 15, 16, ");
    assert_eq!(object["finish_reason"], "length");
    let logits = object["top_logits"].as_array().unwrap();
    assert!(logits.len() == 32 && logits.iter().all(|l| l.as_array().unwrap().len() == 16));
    for entry in case["top5_first"].as_array().unwrap() {
        let found = logits[0].as_array().unwrap().iter().find(|l| l["id"] == entry["id"]);
        let found = found.unwrap()["logit"].as_f64().unwrap();
        assert!((found - entry["logit"].as_f64().unwrap()).abs() <= tolerance);
    }
    let timings = &object["timings"];
    assert_eq!((&timings["prompt_tokens"], &timings["decode_tokens"]), (&23.into(), &31.into()));
    let positive = |key: &str| timings[key].as_f64().unwrap() > 0.0;
    assert!(["load_ms", "prompt_ms", "decode_ms", "ttft_ms"].into_iter().all(positive));
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
    assert!(stderr.starts_with("cpu (") && stderr.matches('\n').count() == 1, "{stderr}");
    assert!(stderr.contains("| prompt 2 tokens, ") && stderr.contains("| first token "));
    let text = succeeds(output);
    assert_eq!(text, succeeds(run("3")));
    assert_ne!(text, succeeds(run("4")));
}

#[cfg(unix)]
#[test]
fn a_prompt_is_read_from_a_pipe_as_from_a_file() {
    let scratch = Scratch::new("prompt-pipe");
    let model = tiny(&scratch, 64);
    let path = scratch.path().join("prompt");
    let ids = |path: &std::path::Path, stdin: Stdio| {
        let mut command = command(&scratch, "generate", &model);
        command.args(["--max-tokens", "1", "--json", "--prompt-file"]).arg(path).stdin(stdin);
        let text = succeeds(command.output().unwrap());
        serde_json::from_str::<Value>(&text).unwrap()["prompt_ids"].clone()
    };
    std::fs::write(&path, "a pipe\n").unwrap();
    let expected = ids(&path, Stdio::null());
    assert_eq!(expected.as_array().unwrap().len(), 7);
    let pipe = scratch.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::thread::scope(|scope| {
        // Two writes with a pause: the pipe is read to its end, not to what is there at first.
        scope.spawn(|| {
            let mut end = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
            end.write_all(b"a p").unwrap();
            std::thread::sleep(std::time::Duration::from_millis(50));
            end.write_all(b"ipe\n").unwrap();
        });
        assert_eq!(ids(&pipe, Stdio::null()), expected);
    });
    for name in ["-", "/dev/stdin"] {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"a pipe\n").unwrap();
        drop(writer);
        assert_eq!(ids(name.as_ref(), reader.into()), expected, "{name}");
        let (near, mut far) = std::os::unix::net::UnixStream::pair().unwrap();
        far.write_all(b"a pipe\n").unwrap();
        drop(far);
        assert_eq!(ids(name.as_ref(), std::os::fd::OwnedFd::from(near).into()), expected, "{name}");
    }
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
    let other = |name: &str, other: SyntheticModel| {
        let path = scratch.path().join(name);
        std::fs::write(&path, other.to_bytes()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let seeded = SyntheticModel { context_length: 64, seed: 2, ..SyntheticModel::default() };
    let against = succeeds(score(text, &["--against", &other("other.gguf", seeded)]));
    let figure = |lines: &str, at: usize| -> f64 {
        lines.lines().nth(at).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    // The perplexity is the first model's; the divergence from an unrelated one is large.
    assert_eq!(figure(&against, 1), value);
    assert!((0.1..20.0).contains(&figure(&against, 2)), "{against}");
    let wide = SyntheticModel { vocab_size: 300, ..SyntheticModel::default() };
    let wide = other("wide.gguf", wide);
    fails(score(text, &["--against", &wide]), &["260 and 300 tokens", "same tokenizer"]);
    fails(score(text, &["--against", "missing.gguf"]), &["cannot read missing.gguf"]);
    let short = scratch.path().join("short.txt");
    std::fs::write(&short, "a").unwrap();
    fails(score(short.to_str().unwrap(), &[]), &["fewer than two tokens"]);
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
