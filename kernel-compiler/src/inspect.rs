//! Any kernel of a source text at any stage, as text: what `tilewright inspect` prints.

use crate::ast::{Function, Items};
use crate::compile::compile;
use crate::diag::render;
use crate::diag::source::SourceMap;
use crate::instance::{cases, targets};
use crate::lower::{Instance, Program, lower};
use crate::target::Target;
use crate::{library, parse};
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

/// Prints a stage of one kernel of a source text, for every case; `target` keeps only that target.
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
    let mut map = SourceMap::default();
    let items = match parse::text(name, source, &mut map) {
        Ok(items) => items,
        Err(list) => return Err(render::text(&list, &map)),
    };
    let library = match library::items(&mut map) {
        Ok(items) => items,
        Err(list) => return Err(render::text(&list, &map)),
    };
    let function = find(&items, kernel)?;
    let program = Program::new(&[&items, &library]);
    let shown = match stage {
        Stage::Ast => Ok(format!("{function:#?}\n")),
        Stage::Ir => show_ir(&program, function, target),
        Stage::Ptx | Stage::Wgsl => show_texts(&program, function, stage, target),
    };
    shown.map_err(|list| render::text(&list, &map))
}

/// The names of the kernels of a source text.
///
/// # Errors
/// The diagnostics of text that cannot be parsed.
pub fn kernels(source: &str) -> Result<Vec<String>, String> {
    let mut map = SourceMap::default();
    let items = parse::text("source", source, &mut map);
    let items = items.map_err(|list| render::text(&list, &map))?;
    let kernels = items.functions.iter().filter(|f| f.kernel.is_some());
    Ok(kernels.map(|f| f.name.name.clone()).collect())
}

fn find<'i>(items: &'i Items, kernel: &str) -> Result<&'i Function, String> {
    let kernels = || items.functions.iter().filter(|f| f.kernel.is_some());
    kernels().find(|f| f.name.name == kernel).ok_or_else(|| {
        let names: Vec<&str> = kernels().map(|f| f.name.name.as_str()).collect();
        format!("there is no kernel `{kernel}`: there are {}", names.join(", "))
    })
}

type Shown = Result<String, Vec<crate::diag::Diagnostic>>;

fn show_ir(program: &Program<'_>, function: &Function, only: Option<Target>) -> Shown {
    let mut out = String::new();
    let Some(attribute) = &function.kernel else { return Ok(out) };
    let wanted = targets(attribute).into_iter().filter(|t| only.is_none_or(|only| only == *t));
    for target in wanted {
        for case in cases(program, function, attribute)? {
            let instance = Instance {
                generics: case.generics,
                target,
                index_bits: attribute.index_bits.map_or(32, |(bits, _)| bits),
                entry: function.name.name.clone(),
            };
            if let Some(module) = lower(program, function, &instance)? {
                let _ = writeln!(out, "; {}\n{module}", case_text(&instance.generics));
            }
        }
    }
    Ok(out)
}

fn show_texts(
    program: &Program<'_>,
    function: &Function,
    stage: Stage,
    only: Option<Target>,
) -> Shown {
    let mut out = String::new();
    for case in compile(program, function)?.cases {
        for text in &case.texts {
            let is_stage = matches!(text.target, Target::Ptx(_)) == (stage == Stage::Ptx);
            if is_stage && only.is_none_or(|only| only == text.target) {
                let values = case_text(&case.values.generics);
                let _ = writeln!(out, "// {}: {values}\n{}", text.target, text.code);
            }
        }
    }
    Ok(out)
}

fn case_text(generics: &[(String, crate::lower::Argument)]) -> String {
    let parts: Vec<String> = generics.iter().map(|(n, v)| format!("{n} = {v}")).collect();
    parts.join(", ")
}
