//! `devices`: every device with what the kernels care about.

use crate::args::DevicesArgs;
use crate::error::Error;
use crate::output;
use std::fmt::Write as _;
use tilewright_runtime::{Capabilities, enumerate};

/// Lists the devices.
pub(super) fn run(_args: &DevicesArgs) -> Result<(), Error> {
    let mut text = String::new();
    for found in enumerate() {
        let facts = &found.capabilities;
        let software = if facts.is_software { ", software" } else { "" };
        let _ = writeln!(text, "{}  {} ({}{software})", found.selector, facts.name, facts.driver);
        describe(&mut text, facts);
        let _ = writeln!(text, "  kernels       {}", variants(facts));
    }
    output::stream(&mut std::io::stdout(), &text)
}

fn describe(text: &mut String, facts: &Capabilities) {
    if let Some(bytes) = facts.total_memory {
        let _ = writeln!(text, "  memory        {} MiB", bytes >> 20);
    }
    if let Some(cuda) = &facts.cuda {
        let _ = writeln!(
            text,
            "  chip          sm_{}, {} multiprocessors",
            cuda.sm, cuda.multiprocessors
        );
        let _ = writeln!(text, "  subgroup      32");
        let _ = writeln!(text, "  shared memory {} KiB", cuda.shared_per_block >> 10);
    }
    if let Some(wgpu) = &facts.wgpu {
        let subgroup = match wgpu.subgroup {
            Some((least, most)) if least == most => least.to_string(),
            Some((least, most)) => format!("{least} to {most}"),
            None => "none".to_owned(),
        };
        let _ = writeln!(text, "  interface     {}", wgpu.interface);
        let _ = writeln!(text, "  subgroup      {subgroup}");
        let _ = writeln!(text, "  shared memory {} KiB", wgpu.workgroup_storage >> 10);
        let _ = writeln!(text, "  f16           {}", if wgpu.f16 { "yes" } else { "no" });
        let _ = writeln!(
            text,
            "  limits        {} threads, {} buffers, {} MiB per binding",
            wgpu.max_threads,
            wgpu.max_storage_buffers,
            wgpu.max_storage_binding >> 20
        );
        let shapes: Vec<String> = wgpu
            .cooperative_matrix
            .iter()
            .map(|m| format!("{0}x{0} {1:?} to {2:?}", m.size, m.factors, m.accumulator))
            .collect();
        let shapes = if shapes.is_empty() { "none".to_owned() } else { shapes.join(", ") };
        let _ = writeln!(text, "  matrices      {shapes}");
    }
}

/// Which text of each shipped kernel the device gets.
fn variants(facts: &Capabilities) -> String {
    let mut names: Vec<String> = Vec::new();
    for kernel in tilewright_kernels::all() {
        let Some(case) = kernel.info.cases.first() else { continue };
        let name = match tilewright_runtime::choose_text(kernel.info, case, facts) {
            Ok(Some(text)) => match text.target {
                tilewright_runtime::Target::Ptx { sm, exact, .. } => {
                    format!("sm_{sm}{}", if exact { "a" } else { "" })
                }
                tilewright_runtime::Target::Wgsl { subgroup: Some(size), .. } => {
                    format!("wgsl(subgroup = {size})")
                }
                tilewright_runtime::Target::Wgsl { .. } => "wgsl".to_owned(),
            },
            Ok(None) => "scalar reference".to_owned(),
            Err(_) => "none".to_owned(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}
