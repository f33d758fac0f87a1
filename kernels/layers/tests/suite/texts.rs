//! The texts themselves: every PTX text assembles without spills.

use std::io::Write;
use std::process::{Command, Stdio};
use tilewright_kernels_layers::{add, rms_norm, rotary_append, select_rows, swiglu};
use tilewright_runtime::{KernelText, Target, TypedKernel};

fn all() -> Vec<&'static TypedKernel> {
    vec![
        &rms_norm::KERNEL,
        &swiglu::KERNEL,
        &add::KERNEL,
        &select_rows::KERNEL,
        &rotary_append::KERNEL,
    ]
}

/// Needs `TILEWRIGHT_PTXAS`, the path of an assembler; passes over the check where there is none.
#[test]
fn ptx_assembles_without_spills() {
    let Some(ptxas) = std::env::var_os("TILEWRIGHT_PTXAS") else {
        eprintln!("TILEWRIGHT_PTXAS names no assembler: not checked");
        return;
    };
    for kernel in all() {
        let texts: Vec<&KernelText> = kernel.info.cases.iter().flat_map(|c| c.texts).collect();
        let mut checked = 0;
        for text in texts {
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
            assert!(log.contains("0 bytes spill stores, 0 bytes spill loads"), "{log}");
            checked += 1;
        }
        // A family's case has one target, a kernel's all of its targets.
        let cases = kernel.info.cases.iter();
        let without = cases.filter(|case| {
            case.texts.iter().all(|text| matches!(text.target, Target::Wgsl { .. }))
        });
        let with = kernel.info.cases.len() - without.count();
        assert!(checked > 0 && checked == with, "{}: one text per case", kernel.info.name);
    }
}
