//! `inspect`: shipped kernels and files of one's own, at every stage.

use std::process::{Output, Stdio};

use crate::scratch::{Scratch, tilewright};

fn inspect(scratch: &Scratch, args: &[&str]) -> Output {
    tilewright(scratch).arg("inspect").args(args).stdin(Stdio::null()).output().unwrap()
}

fn shown(output: &Output) -> &str {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The one line on standard error, of a run that printed nothing.
fn refused(output: &Output, code: i32) -> String {
    assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0));
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(line.starts_with("error: ") && line.matches('\n').count() == 1, "{line}");
    line
}

#[test]
fn a_shipped_kernel_has_every_stage() {
    let scratch = Scratch::new("inspect");
    let stages = [
        ("ast", "Function {"),
        ("ir", "kernel argmax"),
        ("ptx", ".visible .entry argmax"),
        ("wgsl", "@compute @workgroup_size"),
    ];
    for (stage, part) in stages {
        let output = inspect(&scratch, &["argmax", "--emit", stage]);
        assert!(shown(&output).contains(part), "{stage}");
    }
    let hopper = inspect(&scratch, &["matmul_dense", "--emit", "ptx"]);
    assert!(shown(&hopper).contains("wgmma.mma_async"));
}

/// The format of the example is declared in the file that uses it.
#[test]
fn a_kernel_with_a_format_of_ones_own_has_every_stage() {
    let scratch = Scratch::new("inspect-format");
    let path = scratch.path().join("ternary.rs");
    std::fs::write(&path, include_str!("../../../examples/own-kernel/src/ternary.rs")).unwrap();
    let stages = [
        ("ast", "Function {"),
        ("ir", "kernel product"),
        ("ptx", ".visible .entry product"),
        ("wgsl", "@compute @workgroup_size"),
    ];
    for (stage, part) in stages {
        let output = inspect(&scratch, &["--source", path.to_str().unwrap(), "--emit", stage]);
        assert!(shown(&output).contains(part), "{stage}");
        assert!(stage == "ast" || shown(&output).contains("Format::Ternary"), "{stage}");
    }
}

#[test]
fn a_target_without_a_text_is_told_which_there_are() {
    let scratch = Scratch::new("inspect-target");
    let one = inspect(&scratch, &["argmax", "--emit", "ptx", "--target", "sm_80"]);
    assert!(shown(&one).contains(".target sm_80"));
    for args in [["ptx", "sm_90a"], ["wgsl", "sm_80"]] {
        let output = inspect(&scratch, &["argmax", "--emit", args[0], "--target", args[1]]);
        let line = refused(&output, 2);
        assert!(line.contains("its targets are sm_80"), "{line}");
    }
}

#[test]
fn a_file_of_ones_own_is_shown_and_its_mistakes_have_places() {
    let scratch = Scratch::new("inspect-source");
    let path = scratch.path().join("own.rs");
    let (file, place) = (path.to_str().unwrap(), format!("{}:", path.display()));
    let kernel = "#[kernel(shapes(y: [n]), grid = n.div_ceil(32), threads = 32)]
        fn fill(y: &mut [u32], n: u32) { let i = block_id() * 32 + thread_id(); BODY }";
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    write(&kernel.replace("BODY", "if i < n { y[i] = 7; }"));
    let output = inspect(&scratch, &["--source", file, "--emit", "wgsl"]);
    assert!(shown(&output).contains("fn fill("));
    write(&kernel.replace("BODY", "y[i] = 7;"));
    let line = refused(&inspect(&scratch, &["--source", file, "--emit", "ptx"]), 1);
    assert!(line.contains(&place) && !line.contains('|'), "{line}");
    assert_eq!(line.matches("error").count(), 1, "{line}");
    write("fn main() {}");
    assert!(refused(&inspect(&scratch, &["--source", file]), 1).contains("has no kernel"));
}
