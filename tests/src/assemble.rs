//! `ptxas` as the judge of PTX.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Assembles a text for its target. Spills and serialised wgmma (C7510 to C7518, info lines with exit
/// code 0) are failures.
pub(crate) fn assemble(name: &str, code: &str, chip: &str) {
    let ptxas = std::env::var_os("TILEWRIGHT_PTXAS").map(PathBuf::from).expect(
        "TILEWRIGHT_PTXAS is not set: point it at ptxas (PyPI package nvidia-cuda-nvcc==13.0.88)",
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp/golden");
    let folder = std::env::var_os("CARGO_TARGET_DIR")
        .map_or(folder, |target| Path::new(&target).join("tmp/golden"));
    std::fs::create_dir_all(&folder).unwrap();
    let (input, output) = (folder.join(name), folder.join(format!("{name}.cubin")));
    std::fs::write(&input, code).unwrap();
    let result = Command::new(&ptxas)
        .args(["-v", "-warn-spills"])
        .arg(format!("-arch={chip}"))
        .args([input.as_os_str(), "-o".as_ref(), output.as_os_str()])
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", ptxas.display()));
    let log = String::from_utf8_lossy(&result.stderr) + String::from_utf8_lossy(&result.stdout);
    assert!(result.status.success(), "{name}: ptxas refuses it:\n{log}\n{code}");
    let serialised = (7510..=7518).any(|number| log.contains(&format!("C{number}")));
    assert!(!serialised, "{name}: wgmma is serialised:\n{log}");
    for line in log.lines().filter(|line| line.contains("spill")) {
        let none = line.contains("0 bytes spill stores, 0 bytes spill loads");
        assert!(none, "{name}: registers spill: {line}");
    }
}
