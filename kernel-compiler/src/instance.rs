//! The instances of a kernel: every combination of element types, values and tiles, per target.

use crate::ast::{Expr, Function, GenericKind, KernelAttribute, Type};
use crate::diag::catalog::attribute::{BAD_VALUE, MISSING_INSTANCE};
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::Span;
use crate::lower::{Argument, Program, Ty, constant, element_type};
use crate::target::Target;

/// One case: what its generic parameters stand for, in order of declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseValues {
    /// Name and value of each generic parameter.
    pub generics: Vec<(String, Argument)>,
    /// Where the tile's choice stands, for errors that a target has with it.
    pub tile: Option<Span>,
    /// The one target of this case; `None`: all targets of the kernel.
    pub target: Option<Target>,
}

/// The targets of a kernel that names none.
pub const DEFAULT_TARGETS: [Target; 2] = [Target::SM_80, Target::WGSL];

/// The targets of a kernel.
pub fn targets(attribute: &KernelAttribute) -> Vec<Target> {
    if attribute.targets.is_empty() {
        return DEFAULT_TARGETS.to_vec();
    }
    attribute.targets.iter().map(|(target, _)| *target).collect()
}

/// All cases of a kernel: elements, then values, then tiles, the last varying fastest.
///
/// # Errors
/// Generic parameters that the attribute does not instantiate, values that are not compile-time.
pub fn cases(
    program: &Program<'_>,
    kernel: &Function,
    attribute: &KernelAttribute,
) -> Result<Vec<CaseValues>, Vec<Diagnostic>> {
    let mut diagnostics = Diagnostics::default();
    let mut cases = vec![CaseValues { generics: Vec::new(), tile: None, target: None }];
    for (name, types) in &attribute.elements {
        let types: Vec<Argument> =
            types.iter().filter_map(|ty| element(ty, &mut diagnostics)).collect();
        cases = product(cases, &name.name, &types);
    }
    for (name, values) in &attribute.values {
        let values: Vec<Argument> =
            values.iter().filter_map(|v| value(program, v, &mut diagnostics)).collect();
        cases = product(cases, &name.name, &values);
    }
    if let Some(tiles) = &attribute.tiles {
        let mut tiled = Vec::new();
        for case in &cases {
            for (choice, span) in &tiles.choices {
                let mut case = case.clone();
                case.tile = Some(*span);
                for (name, expr) in tiles.names.iter().zip(choice) {
                    if let Some(argument) = value(program, expr, &mut diagnostics) {
                        case.generics.push((name.name.clone(), argument));
                    }
                }
                tiled.push(case);
            }
        }
        cases = tiled;
    }
    check_complete(kernel, &cases, &mut diagnostics);
    diagnostics.gate(cases)
}

fn product(cases: Vec<CaseValues>, name: &str, values: &[Argument]) -> Vec<CaseValues> {
    let mut out = Vec::with_capacity(cases.len() * values.len());
    for case in cases {
        for value in values {
            let mut case = case.clone();
            case.generics.push((name.to_owned(), value.clone()));
            out.push(case);
        }
    }
    out
}

fn element(ty: &Type, diagnostics: &mut Diagnostics) -> Option<Argument> {
    match element_type(ty) {
        Some(scalar) => Some(Argument::Type(Ty::Scalar(scalar))),
        None => {
            diagnostics.report(
                Diagnostic::new(&BAD_VALUE, ty.span, "this is not an element type")
                    .help("element types are f32, f16, bf16, f8e4m3, f8e5m2 and the integers"),
            );
            None
        }
    }
}

fn value(program: &Program<'_>, expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Argument> {
    match constant(program, expr) {
        Ok(argument) => Some(argument),
        Err(list) => {
            diagnostics.extend(list);
            None
        }
    }
}

fn check_complete(kernel: &Function, cases: &[CaseValues], diagnostics: &mut Diagnostics) {
    let Some(first) = cases.first() else { return };
    for generic in &kernel.generics {
        if first.generics.iter().any(|(name, _)| *name == generic.name.name) {
            continue;
        }
        let key = match generic.kind {
            GenericKind::Type(_) => "element",
            GenericKind::Const(_) => "values",
        };
        let name = &generic.name.name;
        diagnostics.report(
            Diagnostic::new(
                &MISSING_INSTANCE,
                generic.name.span,
                format!("nothing says which `{name}` this kernel is made for"),
            )
            .help(format!("write `{key}({name} = [..])` in #[kernel(..)], or name it in `tiles`")),
        );
    }
}
