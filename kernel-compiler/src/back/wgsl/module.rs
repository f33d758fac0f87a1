//! The module round the statements: declarations, polyfills, the entry point.

use super::legalise::Legal;
use super::tables::type_name;
use super::writer::{Input, Writer};
use crate::ir::{Access, FragmentId, Module, ParamId, ParamKind, Scalar, Sym};
use crate::target::Wgsl;
use std::fmt::Write as _;

/// A WGSL text and what its launcher must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WgslText {
    /// The source.
    pub code: String,
    /// The entry point's name.
    pub entry: String,
    /// Threads of a workgroup.
    pub threads: [u32; 3],
    /// Bytes of workgroup memory as WebGPU counts them.
    pub workgroup_storage: u32,
    /// Number of storage buffers: bindings `0..storage_buffers` of group 0.
    pub storage_buffers: u32,
    /// The storage buffers, by binding.
    pub bindings: Vec<Binding>,
    /// Binding of the uniform struct, if there is one.
    pub scalars_binding: Option<u32>,
    /// Its fields, each 4 bytes, in order.
    pub scalars: Vec<ScalarField>,
    /// The grid is one-dimensional: launched folded, its length in the last field, `grid_linear`.
    pub folds_grid: bool,
    /// The text uses native `f16`.
    pub uses_f16: bool,
    /// The text uses subgroup operations.
    pub uses_subgroups: bool,
    /// The text uses cooperative matrices.
    pub uses_cooperative_matrix: bool,
}

/// A storage buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The parameter.
    pub param: ParamId,
    /// `var<storage, read>`, not `read_write`.
    pub read_only: bool,
}

/// A field of the uniform struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalarField {
    /// The parameter; none for `grid_linear`.
    pub param: Option<ParamId>,
    /// Its name in the text.
    pub name: String,
    /// `U32`, `I32`, `F32`, or `Bool` (as a `u32`).
    pub ty: Scalar,
    /// Bytes from the struct's beginning.
    pub offset: u32,
}

/// Whether the grid has only one axis.
pub(super) fn folds_grid(module: &Module) -> bool {
    module.grid[1..].iter().all(|axis| *axis == Sym::Const(1))
}

/// Writes a legalised module.
pub(super) fn write(legal: &Legal, target: &Wgsl) -> WgslText {
    let module = &legal.module;
    let folds = folds_grid(module);
    let mut writer = Writer::new(legal, target, folds);
    let entry = writer.names.fresh(&module.name);
    writer.block(&module.body);
    if folds {
        writer.input(Input::Workgroup);
        writer.input(Input::Workgroups);
    }
    let scalars = scalar_fields(&writer);
    let storage_buffers = legal.cells.buffers.iter().flatten().count() as u32;
    let scalars_binding = (!scalars.is_empty()).then_some(storage_buffers);

    let mut halves = legal.cells.shared.iter().chain(legal.cells.buffers.iter().flatten());
    let cooperative = target.cooperative_matrix.is_some() && !module.fragments.is_empty();
    let f16_fragment = module.fragments.iter().any(|f| f.element == Scalar::F16);
    let uses_f16 = halves.any(|cell| cell.scalar == Scalar::F16) || (cooperative && f16_fragment);

    let mut code = String::new();
    if uses_f16 {
        code.push_str("enable f16;\n");
    }
    if cooperative {
        code.push_str("enable wgpu_cooperative_matrix;\n");
    }
    declarations(&mut code, &writer, &scalars, scalars_binding);
    for polyfill in &writer.polyfills {
        let _ = write!(code, "\n{}", polyfill.text());
    }
    for (_, source) in writer.functions.values() {
        let _ = write!(code, "\n{source}");
    }
    let bindings = storage(module).map(|(param, read_only)| Binding { param, read_only }).collect();
    let uses_subgroups = writer.uses_subgroups;
    entry_point(&mut code, writer, &entry);
    WgslText {
        code,
        entry,
        threads: module.threads,
        workgroup_storage: u32::try_from(legal.cells.workgroup_storage(module)).unwrap_or(u32::MAX),
        storage_buffers,
        bindings,
        scalars_binding,
        scalars,
        folds_grid: folds,
        uses_f16,
        uses_subgroups,
        uses_cooperative_matrix: cooperative,
    }
}

/// The buffers and whether each is only read.
fn storage(module: &Module) -> impl Iterator<Item = (ParamId, bool)> {
    module.params.iter().enumerate().filter_map(|(i, param)| match param.kind {
        ParamKind::Buffer { access, .. } => Some((ParamId(i as u32), access == Access::Read)),
        _ => None,
    })
}

fn scalar_fields(writer: &Writer) -> Vec<ScalarField> {
    let mut fields: Vec<ScalarField> = Vec::new();
    let mut push = |param, name: String, ty| {
        let offset = 4 * fields.len() as u32;
        fields.push(ScalarField { param, name, ty, offset });
    };
    for (i, param) in writer.module.params.iter().enumerate() {
        if let ParamKind::Scalar(ty) = param.kind {
            push(Some(ParamId(i as u32)), writer.params[i].clone(), ty);
        }
    }
    if writer.folds_grid {
        push(None, "grid_linear".to_owned(), Scalar::U32);
    }
    fields
}

fn declarations(
    code: &mut String,
    writer: &Writer,
    scalars: &[ScalarField],
    scalars_binding: Option<u32>,
) {
    if !scalars.is_empty() {
        code.push_str("struct Scalars {\n");
        for field in scalars {
            let ty = if field.ty == Scalar::Bool { "u32" } else { type_name(field.ty) };
            let _ = writeln!(code, "    {}: {ty},", field.name);
        }
        code.push_str("}\n\n");
    }
    for (binding, (param, read_only)) in storage(writer.module).enumerate() {
        let access = if read_only { "read" } else { "read_write" };
        let name = &writer.params[param.index()];
        if let Some(cell) = writer.cells.buffers[param.index()] {
            let _ = writeln!(
                code,
                "@group(0) @binding({binding}) var<storage, {access}> {name}: array<{}>;",
                cell.type_name()
            );
        }
    }
    if let Some(binding) = scalars_binding {
        let _ = writeln!(code, "@group(0) @binding({binding}) var<uniform> scalars: Scalars;");
    }
    for (i, (array, cell)) in writer.module.shared.iter().zip(&writer.cells.shared).enumerate() {
        let cells = (array.len * array.element.size()).div_ceil(cell.size());
        let name = &writer.shared[i];
        let _ = writeln!(code, "var<workgroup> {name}: array<{}, {cells}>;", cell.type_name());
    }
}

fn entry_point(code: &mut String, writer: Writer, entry: &str) {
    let [x, y, z] = writer.module.threads;
    let inputs: Vec<String> = writer.inputs.iter().map(|input| input.declaration()).collect();
    let _ = writeln!(code, "\n@compute @workgroup_size({x}, {y}, {z})");
    let _ = writeln!(code, "fn {entry}(\n    {}\n) {{", inputs.join(",\n    "));
    if writer.folds_grid {
        code.push_str("    let block = workgroup.x + workgroup.y * workgroups.x;\n");
        code.push_str("    if (block >= scalars.grid_linear) { return; }\n");
    }
    for local in &writer.used_locals {
        let ty = type_name(writer.module.locals[local.index()].ty);
        let _ = writeln!(code, "    var {}: {ty};", writer.locals[local.index()]);
    }
    for i in 0..writer.module.fragments.len() {
        let _ = writeln!(code, "    {}", writer.fragment_declaration(FragmentId(i as u32)));
    }
    code.push_str(&writer.into_body());
    code.push_str("}\n");
}
