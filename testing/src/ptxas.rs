//! `ptxas` as the judge of PTX.

use std::io::Write;
use std::process::{Command, Stdio};

/// Assembles a text for a chip such as `sm_90a` with the program that `TILEWRIGHT_PTXAS` names.
///
/// # Panics
/// Where it is refused; for spills, and for `wgmma` that is serialised (C7510 to C7518: info lines and
/// exit code 0).
pub fn assemble(name: &str, code: &str, chip: &str) {
    let ptxas = std::env::var_os("TILEWRIGHT_PTXAS").expect(
        "TILEWRIGHT_PTXAS is not set: point it at ptxas (PyPI package nvidia-cuda-nvcc==13.0.88)",
    );
    let mut child = Command::new(ptxas)
        .args(["-v", "-warn-spills", "-Werror"])
        .args([&format!("-arch={chip}"), "-o", "/dev/null", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("TILEWRIGHT_PTXAS runs");
    child.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name}: ptxas refuses it for {chip}:\n{log}\n{code}");
    assert!(log.contains("0 bytes spill stores, 0 bytes spill loads"), "{name}: {log}");
    let serialised = (7510..=7518).any(|number| log.contains(&format!("C{number}")));
    assert!(!serialised, "{name}: wgmma is serialised: {log}");
}
