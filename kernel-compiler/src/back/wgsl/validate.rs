//! The text's acceptance by naga, with exactly the capabilities of its target.

use super::{WgslText, bindings};
use crate::diag::Diagnostic;
use crate::diag::catalog::resources;
use crate::ir::Span;
use crate::target::Target;
use naga::valid::{Capabilities, ValidationFlags, Validator};

/// naga's capabilities of a target. `pack2x16float` needs no extension in WGSL; naga has a flag for it.
pub fn capabilities(target: Target) -> Capabilities {
    let mut all = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    let Some(wgsl) = bindings::wgsl(target) else { return all };
    if wgsl.f16 {
        all |= Capabilities::SHADER_FLOAT16;
    }
    if wgsl.subgroup.is_some() {
        all |= Capabilities::SUBGROUP | Capabilities::SUBGROUP_BARRIER;
    }
    if wgsl.cooperative_matrix.is_some() {
        all |= Capabilities::COOPERATIVE_MATRIX;
    }
    all
}

/// Parses and validates a text.
///
/// # Errors
/// naga's own rendering of what it rejects: a mistake of this back end.
pub fn validate(text: &WgslText, target: Target) -> Result<(), Diagnostic> {
    let rejected = |details: String| {
        let message = format!("naga rejects the WGSL of `{}`: {details}", text.entry);
        Diagnostic::new(&resources::WGSL_REJECTED, Span::default(), message)
            .help("this is a mistake of the compiler: please report it with the kernel's source")
    };
    let module = naga::front::wgsl::parse_str(&text.code)
        .map_err(|error| rejected(error.emit_to_string(&text.code)))?;
    Validator::new(ValidationFlags::all(), capabilities(target))
        .validate(&module)
        .map_err(|error| rejected(error.emit_to_string(&text.code)))?;
    Ok(())
}
