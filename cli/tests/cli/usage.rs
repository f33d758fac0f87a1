//! The command line as a user meets it: exit codes, one line per failure, pipes, Ctrl-C.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::scratch::{Scratch, tilewright};
use crate::server::{Manner, Server, sha256};

fn run(scratch: &Scratch, args: &[&str]) -> Output {
    tilewright(scratch).args(args).stdin(Stdio::null()).output().unwrap()
}

/// Checks the exit code and the one line on standard error; standard output must be empty.
fn fails(output: &Output, code: i32, part: &str) {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(stderr.starts_with("error: "), "{stderr}");
    assert_eq!(stderr.matches('\n').count(), 1, "{stderr}");
    assert!(stderr.ends_with('\n') && stderr.contains(part), "'{part}' is not in: {stderr}");
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn usage_errors_are_one_line_and_exit_2() {
    let scratch = Scratch::new("usage");
    let cases: &[(&[&str], &str)] = &[
        (&[], "subcommand"),
        (&["generat"], "similar subcommand exists: 'generate'"),
        (&["generate"], "--model <FILE>"),
        (&["generate", "--model", "m"], "--prompt"),
        (
            &["generate", "--model", "m", "--prompt", "a", "--prompt-file", "b"],
            "cannot be used with",
        ),
        (&["generate", "--model", "", "--prompt", "a"], "--model"),
        (&["throughput", "--model", "m", "--lengths", "9"], "PROMPT:ANSWER"),
        (&["throughput", "--model", "m", "--requests", "0"], "--requests"),
        (&["synthesize", "--shape", "llama-9b"], "llama-8b"),
        (
            &["synthesize", "--shape", "smollm2-135m", "--quant", "q4_k_m", "--out", "m"],
            "rows of 576",
        ),
        (&["bench", "--shape", "smollm2-135m", "--quant", "q4_k_m"], "rows of 576"),
        (&["generate", "--model", "hf:o/r", "--prompt", "a"], "hf:OWNER/REPO/FILE"),
        (&["generate", "--model", "m", "--prompt", "a", "--temperature", "-1"], "at least 0"),
        (&["generate", "--model", "m", "--prompt", "a", "--temperature", "nan"], "at least 0"),
        (&["generate", "--model", "m", "--prompt", "a", "--temperature=-0.5"], "at least 0"),
        (&["generate", "--model", "m", "--prompt", "a", "--temperature", "inf"], "at least 0"),
        (&["generate", "--model", "m", "--prompt", "a", "--top-p", "1.5"], "above 0 and at most 1"),
        (&["generate", "--model", "m", "--prompt", "a", "--top-p", "0"], "above 0 and at most 1"),
        (&["generate", "--model", "m", "--prompt", "a", "--top-p", "-1"], "above 0 and at most 1"),
        (&["generate", "--model", "m", "--prompt", "a", "--min-p", "1.01"], "from 0 to 1"),
        (&["generate", "--model", "m", "--prompt", "a", "--top-k", "-1"], "--top-k"),
        (&["generate", "--model", "m", "--prompt", "a", "--repeat-penalty", "-2"], "above 0"),
        (
            &["generate", "--model", "m", "--prompt", "a", "--seed", "-1"],
            "whole number from 0 to 18446744073709551615",
        ),
        (&["generate", "--model", "m", "--prompt", "a", "--seed", "1e3"], "whole number from 0"),
        (&["throughput", "--model", "m", "--seed=-1"], "whole number from 0"),
        (
            &["perplexity", "--model", "m", "--file", "f", "--ctx-size", "1"],
            "--ctx-size 1 leaves no token to predict",
        ),
        (&["chat", "--model", "m", "--temperature", "-1"], "at least 0"),
        (&["generate", "--model", "m", "--prompt", "a", "--min-p", "-0.1"], "from 0 to 1"),
        (&["generate", "--model", "m", "--prompt", "a", "--repeat-penalty", "0"], "above 0"),
        (&["generate", "--model", "m", "--prompt", "a", "--ctx-size", "0"], "--ctx-size"),
        (&["generate", "--model", "m", "--prompt", "a", "--threads", "0"], "--threads"),
        (&["generate", "--model", "m", "--prompt", "a", "--max-tokens", "x"], "--max-tokens"),
        (&["generate", "--model", "m", "--prompt", "a", "--top-logits", "3"], "--json"),
        (&["generate", "--model", "m", "--prompt", "a", "--stop", ""], "--stop"),
        (&["generate", "--model", "m", "--prompt", "a", "--device", "tpu"], "unknown device"),
        (
            &["generate", "--model", "m", "--prompt", "a", "--device", "cuda:x\ny"],
            "no device index",
        ),
        (
            &["generate", "--model", "m", "--prompt", "a", "--kv-dtype", "int3"],
            "auto, f32, f16 or bf16",
        ),
        (&["inspect"], "<KERNEL>"),
        (&["inspect", "k", "--emit", "sass"], "possible values: ast, ir, ptx, wgsl"),
        (
            &["inspect", "add", "--target", "sm_10"],
            "no target `sm_10`; help: did you mean `sm_80`?",
        ),
        (&["perplexity", "--model", "m"], "--file"),
        (&["bench", "--shape", "llama-9b", "--quant", "Q4_0"], "llama-1b, llama-8b"),
        (&["bench", "--shape", "llama-1b", "--quant", "Q2_K"], "Q4_0, Q4_K_M, Q8_0, bf16"),
    ];
    for (args, part) in cases {
        fails(&run(&scratch, args), 2, part);
    }
    let log = tilewright(&scratch).arg("devices").env("TILEWRIGHT_LOG", "x=y=z").output().unwrap();
    fails(&log, 2, "TILEWRIGHT_LOG");
}

#[test]
fn bad_files_are_one_line_and_exit_1() {
    let scratch = Scratch::new("files");
    let folder = scratch.path().to_str().unwrap();
    let latin = scratch.path().join("latin1.txt");
    std::fs::write(&latin, b"caf\xe9").unwrap();
    let latin = latin.to_str().unwrap();
    let missing = format!("{folder}/a\nb");
    let cases: &[(&[&str], &str)] = &[
        (&["generate", "--model", &missing, "--prompt", "a"], "cannot read"),
        (&["generate", "--model", folder, "--prompt", "a"], "is a folder, not a file"),
        (&["generate", "--model", "/dev/null", "--prompt", "a"], "is a special file"),
        (&["generate", "--model", "m", "--prompt-file", folder], "is a folder, not a file"),
        (
            &["generate", "--model", "m", "--prompt-file", latin],
            "not UTF-8 (first bad byte at offset 3)",
        ),
        (&["generate", "--model", "hf:o/r/f", "--hf-endpoint", "x", "--prompt", "a"], "no address"),
        (&["chat", "--model", folder], "is a folder, not a file"),
        (&["inspect", "--source", &missing], "cannot read"),
        (&["perplexity", "--model", "m", "--file", latin], "not UTF-8"),
    ];
    for (args, part) in cases {
        fails(&run(&scratch, args), 1, part);
    }
}

#[test]
fn a_prompt_on_standard_input_must_be_utf8() {
    let scratch = Scratch::new("stdin");
    let latin = scratch.path().join("latin1.txt");
    std::fs::write(&latin, b"\xff").unwrap();
    let mut command = tilewright(&scratch);
    command.args(["generate", "--model", "m", "--prompt-file", "-"]);
    command.stdin(std::fs::File::open(&latin).unwrap());
    fails(&command.output().unwrap(), 1, "standard input is not UTF-8");
}

#[test]
fn version_tells_commit_host_and_targets() {
    let scratch = Scratch::new("version");
    let output = run(&scratch, &["--version"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(words, ["tilewright", "commit", "host", "targets"]);
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let scratch = Scratch::new("pipe");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = tilewright(&scratch).arg("--help").stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    let scratch = Scratch::new("fullout");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = tilewright(&scratch).arg("--help").stdout(full).output().unwrap();
    fails(&output, 1, "cannot write to standard output");
}

#[test]
fn a_missing_file_on_the_hub_is_one_line() {
    let scratch = Scratch::new("hub404");
    let server = Server::start(Manner::Status(404), b"x");
    let args = ["generate", "--model", "hf:o/r/f.gguf", "--prompt", "a"];
    let by_variable = tilewright(&scratch).args(args).env("HF_ENDPOINT", &server.endpoint).output();
    fails(&by_variable.unwrap(), 1, "hf:o/r/f.gguf does not exist on the hub");
    let by_flag =
        tilewright(&scratch).args(args).args(["--hf-endpoint", &server.endpoint]).output();
    fails(&by_flag.unwrap(), 1, "hf:o/r/f.gguf does not exist on the hub");
}

/// Waits until `path` has bytes.
fn wait_for(path: &Path) {
    let start = Instant::now();
    while std::fs::metadata(path).map_or(0, |m| m.len()) == 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "{} stays empty", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_download_and_keeps_the_part() {
    let scratch = Scratch::new("ctrlc");
    let body = vec![3; 200_000];
    let server = Server::start(Manner::Stall(150_000), &body);
    let mut command = tilewright(&scratch);
    command.args(["generate", "--model", "hf:o/r/f.gguf", "--prompt", "a", "--hf-endpoint"]);
    command.arg(&server.endpoint).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let hub = scratch.path().join("cache/hub");
    let blobs = hub.join(".incoming/o--r--f.gguf/models--o--r/blobs");
    let part = blobs.join(format!("{}.part", sha256(&body)));
    wait_for(&part);
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    assert!(part.exists() && !hub.join("o/r/f.gguf").exists());
}
