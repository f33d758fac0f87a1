//! The frame round the body: version, target, parameters, launch bounds, declarations.

use std::fmt::Write;

use crate::diag::Diagnostic;
use crate::ir::{Access, Module, Param, ParamKind, Scalar, Stmt};

use super::PtxText;
use super::emitter::Emitter;
use super::tables;

/// Shared memory that a kernel may declare statically.
const STATIC_SHARED_LIMIT: u32 = 48 * 1024;

/// Puts the sections together.
pub(super) fn assemble(mut emitter: Emitter<'_>) -> Result<PtxText, Vec<Diagnostic>> {
    let module = emitter.module;
    if module.cluster != [1, 1, 1] {
        emitter.need(tables::CLUSTER);
    }
    let (_, shared) = module.shared_layout();
    let dynamic = shared > STATIC_SHARED_LIMIT;
    let version = emitter.version;

    let mut code = String::new();
    preamble(&mut code, &emitter, shared, dynamic);
    entry(&mut code, module);
    code.push_str("{\n");
    code.push_str(&emitter.registers.declarations());
    locals(&mut code, &emitter);
    if !emitter.prologue.is_empty() {
        code.push_str("\n    // parameters, coordinates\n");
        code.push_str(&emitter.prologue);
    }
    code.push_str("\n    // body\n");
    code.push_str(&emitter.body);
    code.push_str("    ret;\n}\n");

    emitter.diagnostics.gate(PtxText {
        code,
        entry: module.name.clone(),
        version,
        static_shared: if dynamic { 0 } else { shared },
        dynamic_shared: if dynamic { shared } else { 0 },
    })
}

// Writing to a String cannot fail: results are dropped.
fn preamble(code: &mut String, emitter: &Emitter<'_>, shared: u32, dynamic: bool) {
    let module = emitter.module;
    let [x, y, z] = module.threads;
    let (major, minor) = emitter.version;
    let suffix = if emitter.ptx.exact { "a" } else { "" };
    let _ = writeln!(
        code,
        "// {}: {x} x {y} x {z} threads, {shared} bytes of shared memory",
        module.name
    );
    let _ = writeln!(code, ".version {major}.{minor}");
    let _ = writeln!(code, ".target sm_{}{suffix}", emitter.ptx.sm);
    let _ = writeln!(code, ".address_size 64\n");
    if shared > 0 {
        let (offsets, _) = module.shared_layout();
        let align = module.shared.iter().map(|a| a.align.max(a.element.size())).max();
        let align = align.unwrap_or(1).max(16);
        for (array, offset) in module.shared.iter().zip(&offsets) {
            let (name, len, element) = (&array.name, array.len, array.element.name());
            let _ = writeln!(code, "// tw_shared + {offset}: {name}, {len} x {element}");
        }
        if dynamic {
            let _ = writeln!(code, ".extern .shared .align {align} .b8 tw_shared[];\n");
        } else {
            let _ = writeln!(code, ".shared .align {align} .b8 tw_shared[{shared}];\n");
        }
    }
}

fn entry(code: &mut String, module: &Module) {
    let _ = write!(code, ".visible .entry {}(", module.name);
    for (i, param) in module.params.iter().enumerate() {
        let comma = if i + 1 == module.params.len() { "" } else { "," };
        let (text, comment) = declaration(i, param, module.index_bits);
        let _ = write!(code, "\n    {text}{comma}{comment}");
    }
    code.push_str("\n)\n");
    let [x, y, z] = module.threads;
    let _ = writeln!(code, ".reqntid {x}, {y}, {z}");
    // `setmaxnreg` moves registers between warps of a pool whose size must be known.
    let roles_need = module.body.0.iter().any(has_registers).then_some(1);
    if let Some(blocks) = module.min_blocks.or(roles_need) {
        let _ = writeln!(code, ".minnctapersm {blocks}");
    }
    if module.cluster != [1, 1, 1] {
        let [x, y, z] = module.cluster;
        let _ = writeln!(code, ".reqnctapercluster {x}, {y}, {z}");
    }
}

fn has_registers(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Roles { roles, .. } => roles.iter().any(|role| role.registers.is_some()),
        Stmt::If { then, otherwise, .. } => then.0.iter().chain(&otherwise.0).any(has_registers),
        Stmt::For { body, .. } | Stmt::Loop { body, .. } => body.0.iter().any(has_registers),
        _ => false,
    }
}

/// A parameter's declaration, and what a comment adds to it.
fn declaration(position: usize, param: &Param, index_bits: u32) -> (String, String) {
    let name = param_name(position, param);
    match &param.kind {
        ParamKind::Buffer { element, access, .. } => {
            let mutable = if *access == Access::Read { "" } else { "mut " };
            (format!(".param .u64 {name}"), format!(" // &{mutable}[{}]", element.name()))
        }
        ParamKind::Scalar(ty) => {
            (format!(".param .{} {name}", param_type(*ty, index_bits)), String::new())
        }
        ParamKind::TensorMap { element, tile, .. } => {
            let tile: Vec<String> = tile.iter().map(u32::to_string).collect();
            let comment = format!(" // box of {} x {}", tile.join(" x "), element.name());
            (format!(".param .align 64 .b8 {name}[128]"), comment)
        }
    }
}

/// The type of a scalar parameter.
pub(super) fn param_type(ty: Scalar, index_bits: u32) -> &'static str {
    match ty {
        Scalar::Index if index_bits == 32 => "u32",
        _ => tables::memory_type(ty),
    }
}

/// The name of a parameter in the text: its position keeps it unique.
pub(super) fn param_name(position: usize, param: &Param) -> String {
    let clean = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("p{position}_{}", param.name.chars().map(clean).collect::<String>())
}

/// Which register holds which local, with the name in the source.
fn locals(code: &mut String, emitter: &Emitter<'_>) {
    let mut row = String::new();
    for (local, reg) in emitter.module.locals.iter().zip(&emitter.locals) {
        let Some(reg) = reg else { continue };
        let item = format!("{reg} {}", local.name);
        if row.len() + item.len() > 90 {
            let _ = writeln!(code, "    // {row}");
            row.clear();
        }
        if !row.is_empty() {
            row.push_str(", ");
        }
        row.push_str(&item);
    }
    if !row.is_empty() {
        let _ = writeln!(code, "    // locals: {row}");
    }
}
