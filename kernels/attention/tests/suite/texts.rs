//! The texts themselves: every PTX text assembles without spills, and a family stays within its budget.

use std::io::Write;
use std::process::{Command, Stdio};
use tilewright_kernels_attention::kernels::{decode, dense, dense_wide, prefill};
use tilewright_runtime::{KernelText, Target};

fn texts() -> Vec<&'static KernelText> {
    let cases = decode::INFO.cases.iter().chain(prefill::INFO.cases);
    let cases = cases.chain(dense::INFO.cases).chain(dense_wide::INFO.cases);
    cases.flat_map(|case| case.texts).collect()
}

/// Needs `TILEWRIGHT_PTXAS`, the path of an assembler; passes over the check where there is none.
#[test]
fn ptx_assembles_without_spills() {
    let Some(ptxas) = std::env::var_os("TILEWRIGHT_PTXAS") else {
        eprintln!("TILEWRIGHT_PTXAS names no assembler: not checked");
        return;
    };
    let mut checked = 0;
    for text in texts() {
        let Target::Ptx { sm, exact, .. } = text.target else { continue };
        let arch = format!("-arch=sm_{sm}{}", if exact { "a" } else { "" });
        let mut child = Command::new(&ptxas)
            .args(["-v", "-warn-spills", "-Werror", &arch, "-o", "/dev/null", "/dev/stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("TILEWRIGHT_PTXAS runs");
        child.stdin.take().unwrap().write_all(text.code.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {log}", text.entry);
        assert!(log.contains("0 bytes spill stores"), "{}: {log}", text.entry);
        // wgmma that the assembler could not keep in flight: an info line, and a slow kernel.
        assert!(!log.contains("are serialized"), "{}: {log}", text.entry);
        checked += 1;
    }
    // Six head sizes and three elements: four tiles of decode, one of prefill. Two of them with two
    // elements on Hopper; and there dense ones: two elements, two masks, one or two tiles.
    assert_eq!(checked, 6 * 3 * 5 + 2 * 2 + 2 * (1 + 2 + 2 * 2 + 2));
}

#[test]
fn the_family_is_within_its_budget() {
    let bytes: usize = texts().iter().map(|text| text.code.len()).sum();
    assert!(bytes < 16 << 20, "{bytes} bytes of text");
}
