//! Any kernel of a source text at any stage, as text: what `tilewright inspect` prints.

use crate::compile::{Compiled, CompiledText};
use crate::instance::CaseValues;
use crate::lower::{Instance, lower};
use crate::source::{Found, Source};
use crate::target::Target;
use std::fmt::Write as _;

/// A stage whose result can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The syntax tree.
    Ast,
    /// The typed intermediate representation, an instance at a time.
    Ir,
    /// PTX.
    Ptx,
    /// WGSL.
    Wgsl,
}

/// Prints a stage of one kernel of a source text, for every case; `target` keeps only that target. The
/// text may be a file with host code in it, and a call of a family macro.
///
/// # Errors
/// The diagnostics as text, or what kernels there are if `kernel` is none of them.
pub fn inspect(
    name: &str,
    source: &str,
    kernel: &str,
    stage: Stage,
    target: Option<Target>,
) -> Result<String, String> {
    let source = Source::read(name, source)?;
    let found = source.find(kernel)?;
    match stage {
        Stage::Ast => Ok(format!("{:#?}\n", found.function())),
        Stage::Ir => show_ir(&found, target),
        Stage::Ptx | Stage::Wgsl => show_texts(&found, stage, target),
    }
}

/// The names of the kernels of a source text; `name` is what diagnostics call it.
///
/// # Errors
/// The diagnostics of text that cannot be parsed.
pub fn kernels(name: &str, source: &str) -> Result<Vec<String>, String> {
    let source = Source::read(name, source)?;
    Ok(source.names().into_iter().map(str::to_owned).collect())
}

/// The target of each case of a kernel of a source text.
///
/// # Errors
/// As for [`inspect`].
pub fn targets(name: &str, source: &str, kernel: &str) -> Result<Vec<Target>, String> {
    let source = Source::read(name, source)?;
    let cases = instances(&source.find(kernel)?, None)?;
    Ok(cases.into_iter().map(|(_, target)| target).collect())
}

/// Each case with each of its targets that is asked for.
fn instances(found: &Found<'_>, only: Option<Target>) -> Result<Vec<(CaseValues, Target)>, String> {
    let mut all = Vec::new();
    for (case, targets) in found.cases()? {
        let wanted = targets.into_iter().filter(|target| only.is_none_or(|only| only == *target));
        all.extend(wanted.map(|target| (case.clone(), target)));
    }
    Ok(all)
}

fn show_ir(found: &Found<'_>, only: Option<Target>) -> Result<String, String> {
    let mut out = String::new();
    let function = found.function();
    for (case, target) in instances(found, only)? {
        let bits = function.kernel.as_ref().and_then(|attribute| attribute.index_bits);
        let instance = Instance {
            generics: case.generics,
            target,
            index_bits: bits.map_or(32, |(bits, _)| bits),
            entry: function.name.name.clone(),
        };
        let module = lower(&found.program(), function, &instance);
        if let Some(module) = module.map_err(|list| found.render(&list))? {
            let _ = writeln!(out, "; {}\n{module}", case_text(&instance.generics));
        }
    }
    Ok(out)
}

fn show_texts(found: &Found<'_>, stage: Stage, only: Option<Target>) -> Result<String, String> {
    let mut out = String::new();
    for (case, target) in instances(found, only)? {
        if matches!(target, Target::Ptx(_)) != (stage == Stage::Ptx) {
            continue;
        }
        if let Some(Compiled { text: CompiledText { code, .. }, .. }) =
            found.compile(&case, target)?
        {
            let _ = writeln!(out, "// {target}: {}\n{code}", case_text(&case.generics));
        }
    }
    Ok(out)
}

fn case_text(generics: &[(String, crate::lower::Argument)]) -> String {
    let parts: Vec<String> = generics.iter().map(|(n, v)| format!("{n} = {v}")).collect();
    parts.join(", ")
}
