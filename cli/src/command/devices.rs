//! `devices`: every device with what the kernels care about.

use crate::args::DevicesArgs;
use crate::error::Error;
use crate::output;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::stdout;
use tilewright_runtime::{Capabilities, KernelInfo, Target, choose_text, enumerate};

/// Lists the devices.
pub(super) fn run(args: &DevicesArgs) -> Result<(), Error> {
    let found = enumerate();
    if args.json {
        let list: Vec<Value> =
            found.iter().map(|d| object(&d.selector.to_string(), &d.capabilities)).collect();
        return output::json(&mut stdout().lock(), &list);
    }
    let text: String =
        found.iter().map(|d| lines(&d.selector.to_string(), &d.capabilities)).collect();
    output::stream(&mut stdout().lock(), &text)
}

/// A device as JSON; what it does not have is `null`.
fn object(selector: &str, facts: &Capabilities) -> Value {
    let cuda = facts.cuda.as_ref().map(|cuda| {
        json!({
            "sm": cuda.sm,
            "multiprocessors": cuda.multiprocessors,
            "shared_per_block": cuda.shared_per_block,
            "max_threads": cuda.max_threads,
            "l2_bytes": cuda.l2_bytes,
            "driver_version": cuda.driver_version,
        })
    });
    let wgpu = facts.wgpu.as_ref().map(|wgpu| {
        json!({
            "interface": wgpu.interface,
            "subgroup": wgpu.subgroup,
            "f16": wgpu.f16,
            "cooperative_matrix": matrices(facts),
            "workgroup_storage": wgpu.workgroup_storage,
            "max_threads": wgpu.max_threads,
            "max_storage_buffers": wgpu.max_storage_buffers,
            "max_storage_binding": wgpu.max_storage_binding,
            "max_buffer": wgpu.max_buffer,
        })
    });
    let kernels: Map<String, Value> = tilewright_kernels::all()
        .iter()
        .map(|kernel| (kernel.info.name.to_owned(), json!(variants(kernel.info, facts))))
        .collect();
    json!({
        "selector": selector,
        "name": facts.name,
        "driver": facts.driver,
        "software": facts.is_software,
        "memory": facts.total_memory,
        "cuda": cuda,
        "wgpu": wgpu,
        "kernels": kernels,
    })
}

/// A device as text: its name, then one fact per line.
fn lines(selector: &str, facts: &Capabilities) -> String {
    let software = if facts.is_software { ", software" } else { "" };
    let mut text = format!("{selector}  {} ({}{software})\n", facts.name, facts.driver);
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<13} {value}");
    };
    if let Some(bytes) = facts.total_memory {
        fact("memory", format!("{} MiB", bytes >> 20));
    }
    if let Some(cuda) = &facts.cuda {
        fact("chip", format!("sm_{}, {} multiprocessors", cuda.sm, cuda.multiprocessors));
        fact("subgroup", "32".to_owned());
        fact("shared memory", format!("{} KiB", cuda.shared_per_block >> 10));
        fact("limits", format!("{} threads", cuda.max_threads));
    }
    if let Some(wgpu) = &facts.wgpu {
        fact("interface", wgpu.interface.clone());
        let subgroup = match wgpu.subgroup {
            Some((least, most)) if least == most => least.to_string(),
            Some((least, most)) => format!("{least} to {most}"),
            None => "none".to_owned(),
        };
        fact("subgroup", subgroup);
        fact("shared memory", format!("{} KiB", wgpu.workgroup_storage >> 10));
        fact("f16", if wgpu.f16 { "yes" } else { "no" }.to_owned());
        let (threads, buffers) = (wgpu.max_threads, wgpu.max_storage_buffers);
        let binding = wgpu.max_storage_binding >> 20;
        fact("limits", format!("{threads} threads, {buffers} buffers, {binding} MiB per binding"));
        fact("matrices", or_none(matrices(facts)));
    }
    let mut targets: Vec<String> = Vec::new();
    for target in tilewright_kernels::all().iter().flat_map(|k| variants(k.info, facts)) {
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    fact("kernels", or_none(targets));
    text
}

fn or_none(items: Vec<String>) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// Shapes of the cooperative matrices.
fn matrices(facts: &Capabilities) -> Vec<String> {
    let shapes = facts.wgpu.iter().flat_map(|wgpu| &wgpu.cooperative_matrix);
    shapes.map(|m| format!("{0}x{0} {1:?} to {2:?}", m.size, m.factors, m.accumulator)).collect()
}

/// Which texts the device gets for the cases of a kernel, without repetitions.
fn variants(kernel: &'static KernelInfo, facts: &Capabilities) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for case in kernel.cases {
        let name = match choose_text(kernel, case, facts) {
            Ok(Some(text)) => target(&text.target),
            Ok(None) => "scalar reference".to_owned(),
            Err(_) => "none".to_owned(),
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A target as tile lists write it.
fn target(target: &Target) -> String {
    match target {
        Target::Ptx { sm, exact, .. } => format!("sm_{sm}{}", if *exact { "a" } else { "" }),
        Target::Wgsl { f16, subgroup, cooperative_matrix, .. } => {
            let mut needs = Vec::new();
            needs.extend(f16.then(|| "f16".to_owned()));
            needs.extend(subgroup.map(|size| format!("subgroup = {size}")));
            needs.extend(cooperative_matrix.map(|size| format!("matrix = {size}")));
            if needs.is_empty() { "wgsl".to_owned() } else { format!("wgsl({})", needs.join(", ")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{object, target};
    use tilewright_runtime::{Target, enumerate};

    #[test]
    fn every_machine_has_a_processor_that_runs_references() {
        let found = enumerate();
        let cpu = found.iter().find(|d| d.selector.to_string() == "cpu");
        let value = cpu.map(|d| object("cpu", &d.capabilities)).unwrap_or_default();
        assert_eq!(value["kernels"]["argmax"], serde_json::json!(["scalar reference"]));
        assert!(value["cuda"].is_null() && value["wgpu"].is_null());
    }

    #[test]
    fn targets_have_the_names_of_tile_lists() {
        assert_eq!(target(&Target::Ptx { sm: 90, exact: true, shared: 0 }), "sm_90a");
        let wgsl = |f16, subgroup| Target::Wgsl {
            f16,
            subgroup,
            cooperative_matrix: None,
            workgroup_storage: 0,
        };
        assert_eq!(target(&wgsl(false, None)), "wgsl");
        assert_eq!(target(&wgsl(true, Some(32))), "wgsl(f16, subgroup = 32)");
    }
}
