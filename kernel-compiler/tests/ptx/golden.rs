//! Emits, compares with the pinned text, assembles, reads the log.

use std::path::{Path, PathBuf};
use std::process::Command;

use tilewright_kernel_compiler::back::ptx::{self, PtxText};
use tilewright_kernel_compiler::ir::Module;
use tilewright_kernel_compiler::target::{Ptx, Target};

pub const SM_75: Target = Target::Ptx(Ptx { sm: 75, exact: false, shared: 64 * 1024 });
pub const SM_80: Target = Target::SM_80;
pub const SM_89: Target = Target::Ptx(Ptx { sm: 89, exact: false, shared: 99 * 1024 });
pub const SM_90A: Target = Target::SM_90A;
pub const SM_100A: Target = Target::Ptx(Ptx { sm: 100, exact: true, shared: 227 * 1024 });
pub const SM_120A: Target = Target::Ptx(Ptx { sm: 120, exact: true, shared: 99 * 1024 });

/// Emits a module that must have no diagnostics.
pub fn emit(module: Module) -> PtxText {
    match ptx::emit_unverified(&module) {
        Ok(text) => text,
        Err(list) => panic!("{}", list.iter().map(|d| format!("{d}\n")).collect::<String>()),
    }
}

/// Pins the text of one module and assembles it.
pub fn check(name: &str, module: Module) -> PtxText {
    let target = module.target;
    let text = emit(module);
    let file = format!("{name}.{target}.ptx");
    pin(&file, &text.code);
    assemble(&file, &text.code, target);
    text
}

fn pin(file: &str, code: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ptx").join(file);
    if std::env::var_os("TILEWRIGHT_BLESS").is_some_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, code).unwrap();
        return;
    }
    let pinned = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{file}: {error}; write it with TILEWRIGHT_BLESS=1"));
    if pinned != code {
        let differs = pinned.lines().zip(code.lines()).position(|(a, b)| a != b);
        let line = differs.unwrap_or_else(|| pinned.lines().count().min(code.lines().count()));
        panic!(
            "{file} drifted at line {}: pinned `{}`, now `{}`; TILEWRIGHT_BLESS=1 accepts it",
            line + 1,
            pinned.lines().nth(line).unwrap_or(""),
            code.lines().nth(line).unwrap_or(""),
        );
    }
}

/// Runs ptxas; spills and serialised wgmma (C7510 to C7518, info lines with exit code 0) are failures.
pub fn assemble(name: &str, code: &str, target: Target) {
    let ptxas = std::env::var_os("TILEWRIGHT_PTXAS").map(PathBuf::from).expect(
        "TILEWRIGHT_PTXAS is not set: point it at ptxas (PyPI package nvidia-cuda-nvcc==13.0.88)",
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (input, output) = (folder.join(name), folder.join(format!("{name}.cubin")));
    std::fs::write(&input, code).unwrap();
    let result = Command::new(&ptxas)
        .arg("-v")
        .arg("-warn-spills")
        .arg(format!("-arch={target}"))
        .args([input.as_os_str(), "-o".as_ref(), output.as_os_str()])
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", ptxas.display()));
    let log = String::from_utf8_lossy(&result.stderr) + String::from_utf8_lossy(&result.stdout);
    assert!(result.status.success(), "{name}: ptxas refuses it:\n{log}");
    let serialised = (7510..=7518).any(|number| log.contains(&format!("C{number}")));
    assert!(!serialised, "{name}: wgmma is serialised:\n{log}");
    for line in log.lines().filter(|line| line.contains("spill")) {
        let none = line.contains("0 bytes spill stores, 0 bytes spill loads");
        assert!(none, "{name}: registers spill: {line}");
    }
}
