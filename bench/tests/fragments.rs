//! The `tilewright-bench fragments` command: what it refuses is one line.

#![allow(clippy::unwrap_used)]

use std::process::Command;

/// Exit code and standard error of the command.
fn fragments(args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tilewright-bench"));
    let output = command.args(["fragments", "--out", "/no/such/folder/record.json"]).args(args);
    let output = output.output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_is_missing_is_one_line() {
    let (code, text) = fragments(&["--commit", "0123", "--only", "q3_k"]);
    assert_eq!((code, text.trim()), (Some(1), "error: no row of the table has q3_k in its id"));
    let (code, text) = fragments(&["--device", "cpu"]);
    assert_eq!(code, Some(1));
    assert!(text.trim().ends_with("say it with --commit"), "{text}");
    let (code, text) = fragments(&["--commit", "0123", "--device", "gpu7"]);
    assert_eq!((code, text.lines().count()), (Some(1), 1), "{text}");
}
