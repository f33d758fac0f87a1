//! What is wrong with a case, told at the caller's tile: bytes asked, bytes there, what would fit.

use super::cases::{Plan, WrittenTile};
use crate::ast::Function;
use crate::compile::Failure;
use crate::diag::catalog::resources::SHARED_LIMIT;
use crate::diag::{Diagnostic, Diagnostics};
use crate::instance::CaseValues;
use crate::ir::Span;
use crate::lower::{Argument, Instance, Program, lower};
use crate::target::Target;

/// The mistakes of each tile with the tile's place.
pub(super) fn by_tile(
    program: &Program<'_>,
    kernel: &Function,
    plan: &Plan,
    failures: Vec<Failure>,
) -> Vec<(Vec<Diagnostic>, Span)> {
    let mut tiles: Vec<(usize, Diagnostics)> = Vec::new();
    for failure in failures {
        let Some(tile) = plan.tile_of.get(failure.case).copied() else { continue };
        let told = failure.diagnostics.into_iter().map(|diagnostic| {
            if diagnostic.entry != &SHARED_LIMIT {
                return diagnostic;
            }
            let (case, tile) = (&plan.cases[failure.case], &plan.tiles[tile]);
            too_much_memory(program, kernel, case, tile).unwrap_or(diagnostic)
        });
        match tiles.iter_mut().find(|(at, _)| *at == tile) {
            Some((_, sink)) => sink.extend(told),
            None => {
                let mut sink = Diagnostics::default();
                sink.extend(told);
                tiles.push((tile, sink));
            }
        }
    }
    let placed = tiles
        .into_iter()
        .map(|(tile, sink)| (sink.gate(()).err().unwrap_or_default(), plan.tiles[tile].span));
    placed.collect()
}

/// `this tile needs 245760 bytes of shared memory and sm_90a has 232448`, at the field to shrink.
fn too_much_memory(
    program: &Program<'_>,
    kernel: &Function,
    case: &CaseValues,
    tile: &WrittenTile,
) -> Option<Diagnostic> {
    let target = case.target?;
    let (limit, need) = (target.shared_limit(), memory(program, kernel, case, target)?);
    let kind = match target {
        Target::Ptx(_) => "shared",
        Target::Wgsl(_) => "workgroup",
    };
    let message = format!("this tile needs {need} bytes of {kind} memory and {target} has {limit}");
    let Some((field, value, span)) = tile.fields.iter().find(|(field, ..)| field.shrinks) else {
        return Some(Diagnostic::new(&SHARED_LIMIT, tile.span, message));
    };
    let mut smaller = (field.range.0..*value).rev().filter(|v| v.is_multiple_of(field.step));
    let fits = smaller.find(|value| {
        let mut case = case.clone();
        for (name, argument) in &mut case.generics {
            if name == field.generic {
                *argument = Argument::Const(i128::from(*value));
            }
        }
        memory(program, kernel, &case, target).is_some_and(|need| need <= limit)
    });
    let others = tile.fields.iter().filter(|(other, ..)| other.name != field.name);
    let others: Vec<String> =
        others.map(|(other, value, _)| format!("{}: {value}", other.name)).collect();
    let help = match fits {
        Some(value) => {
            let with = others.join(", ");
            format!("with {with} the largest {} tile that fits is {value}", field.name)
        }
        None => format!("no {} tile fits: make {} smaller", field.name, others.join(" or ")),
    };
    Some(Diagnostic::new(&SHARED_LIMIT, *span, message).help(help))
}

/// Bytes of workgroup memory of a case; `None` where it cannot be made.
fn memory(
    program: &Program<'_>,
    kernel: &Function,
    case: &CaseValues,
    target: Target,
) -> Option<u32> {
    let instance = Instance {
        generics: case.generics.clone(),
        target,
        index_bits: 32,
        entry: kernel.name.name.clone(),
    };
    let module = lower(program, kernel, &instance).ok()??;
    Some(module.shared_layout().1)
}
