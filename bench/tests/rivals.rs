//! The `tilewright-bench rivals` command: what it refuses is one line.

#![allow(clippy::unwrap_used)]

use std::process::Command;

/// Exit code and standard error of the command.
fn rivals(args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tilewright-bench"));
    let output =
        command.args(["rivals", "--out", "/no/such/folder/record.json"]).args(args).output();
    let output = output.unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn what_is_missing_is_one_line() {
    let python = ["--device", "cpu", "--commit", "0123", "--python", "/no/such/python"];
    let (code, text) = rivals(&python);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("error: ") && text.contains("cannot run /no/such/python"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    let (code, text) = rivals(&["--device", "cpu"]);
    assert_eq!(code, Some(1));
    assert!(text.trim().ends_with("say it with --commit"), "{text}");
    let (code, text) = rivals(&["--commit", "0123", "--only", "hd77"]);
    assert_eq!(code, Some(1));
    assert_eq!(text.trim(), "error: no row of the table has hd77 in its id");
}

#[test]
fn fewer_rounds_than_count_are_refused() {
    let (code, text) = rivals(&["--rounds", "14"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("14 is not in 15.."), "{text}");
}
