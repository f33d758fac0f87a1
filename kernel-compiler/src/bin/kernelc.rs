//! Dumps any stage of any kernel: `kernelc FILE.rs KERNEL ast|ir|ptx|wgsl`.

use std::process::ExitCode;
use tilewright_kernel_compiler::inspect::{Stage, inspect};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, kernel, stage] = arguments.as_slice() else {
        eprintln!("error: usage: kernelc FILE.rs KERNEL ast|ir|ptx|wgsl");
        return ExitCode::from(2);
    };
    let stage = match stage.as_str() {
        "ast" => Stage::Ast,
        "ir" => Stage::Ir,
        "ptx" => Stage::Ptx,
        "wgsl" => Stage::Wgsl,
        other => {
            eprintln!("error: `{other}` is not a stage: write ast, ir, ptx or wgsl");
            return ExitCode::from(2);
        }
    };
    let shown = std::fs::read_to_string(file)
        .map_err(|error| format!("error: cannot read {file}: {error}"))
        .and_then(|source| inspect(file, &source, kernel, stage, None));
    match shown {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}
