//! Writes every text for browsers of every portable kernel: `web_texts FOLDER`.
//!
//! A browser takes the texts that need nothing beyond WebGPU's baseline: no subgroups, no
//! `shader-f16`, no cooperative matrices, 16 KiB of workgroup memory, 256 threads, 8 storage buffers.
//! A file is called `KERNEL.VALUES.wgsl`. A case may be there for other devices only; a portable kernel
//! without any text for browsers is an error.

use std::path::PathBuf;
use std::process::ExitCode;

use tilewright_runtime::{Case, KernelInfo, KernelText, ParamKind, Target};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprintln!("error: usage: web_texts FOLDER");
        return ExitCode::from(2);
    };
    match write_all(&PathBuf::from(folder)) {
        Ok(count) => {
            println!("{count} texts");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_all(folder: &std::path::Path) -> Result<usize, String> {
    let at = |path: &std::path::Path, error: std::io::Error| {
        format!("cannot write {}: {error}", path.display())
    };
    std::fs::create_dir_all(folder).map_err(|e| at(folder, e))?;
    let mut count = 0;
    for kernel in tilewright_kernels::portable() {
        let before = count;
        for case in kernel.info.cases {
            if let Some(text) = case.texts.iter().find(|text| is_baseline(kernel.info, text)) {
                let path = folder.join(file_name(kernel.info, case));
                std::fs::write(&path, text.code).map_err(|e| at(&path, e))?;
                count += 1;
            }
        }
        if count == before {
            return Err(format!("{} has no text for browsers", kernel.info.name));
        }
    }
    Ok(count)
}

/// Whether every browser with WebGPU can run the text.
fn is_baseline(kernel: &KernelInfo, text: &KernelText) -> bool {
    let buffers = kernel
        .params
        .iter()
        .filter(|p| matches!(p.kind, ParamKind::Read | ParamKind::Write | ParamKind::ReadWrite));
    match text.target {
        Target::Wgsl { f16, subgroup, cooperative_matrix, workgroup_storage } => {
            !f16 && subgroup.is_none()
                && cooperative_matrix.is_none()
                && workgroup_storage <= 16 * 1024
                && text.threads.iter().product::<u32>() <= 256
                && buffers.count() <= 8
        }
        Target::Ptx { .. } => false,
    }
}

fn file_name(kernel: &KernelInfo, case: &Case) -> String {
    let values: Vec<String> = case.values.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let name = format!("{}.{}.wgsl", kernel.name, values.join(","));
    name.replace(|c: char| !(c.is_ascii_alphanumeric() || ".,=_".contains(c)), "_")
}
