//! WGSL: legalise in IR, then write the text from tables.
//!
//! # The contract with the runtime
//! Storage buffers are `@group(0) @binding(i)` in parameter order, counting buffers only. If the kernel
//! has scalar parameters or a one-dimensional grid, the next binding is `var<uniform> scalars: Scalars`,
//! a struct of 4-byte fields: the scalar parameters in order (`bool` as `u32`), then `grid_linear: u32`
//! where the grid is one-dimensional. Such a grid is launched folded, as any `x` by `y` workgroups that
//! are at least `grid_linear` together; those beyond return at once.
//!
//! # Uniformity, as naga 30 and the WGSL standard see it
//! Tried on naga 30.0.1: only cooperative-matrix operations are checked for uniform control flow; a
//! `workgroupBarrier` is accepted anywhere, so that the verifier and Chromium are what protects barriers.
//! For naga a value varies if it comes from a thread's coordinates, a local variable, a subgroup
//! operation, an atomic or a writable buffer; workgroup memory, read-only buffers, uniforms and
//! `workgroup_id` are uniform. A loop's `break` on a varying condition is not held against what follows
//! it in the loop; a `return` under one is, to the end of the function. The WGSL standard in turn takes
//! workgroup memory as varying, and tracks what a local variable holds. Hence: values are `let`, not
//! `var`; the fold's guard depends on `workgroup_id`, `num_workgroups` and a uniform only; and what
//! steers control flow round a barrier is loaded by `workgroupUniformLoad`.
//!
//! # Where WGSL departs
//! Cache hints and prefetches have no effect. Atomics are relaxed; on buffers their scope is the device.

mod arith;
mod bindings;
mod control;
mod fragment;
mod legalise;
mod memory;
mod module;
mod names;
mod polyfill;
mod subgroup;
mod sync;
mod tables;
mod validate;
mod writer;

pub use module::{Binding, ScalarField, WgslText};
pub use validate::{capabilities, validate};

use crate::diag::Diagnostic;
use crate::diag::catalog::resources;
use crate::ir::Span;
use crate::verify::Verified;

/// The WGSL text of a kernel instance.
///
/// # Errors
/// What the instance's target lacks; see the catalogue's `TW030x`, `TW036x` and `TW046x`.
pub fn emit(module: &Verified) -> Result<WgslText, Vec<Diagnostic>> {
    let Some(target) = bindings::wgsl(module.target) else {
        let message =
            format!("`{}` is an instance for {}, not for WGSL", module.name, module.target);
        return Err(vec![Diagnostic::new(&resources::NOT_WGSL, Span::default(), message)]);
    };
    let legal = legalise::legalise(module, &target)?;
    Ok(module::write(&legal, &target))
}
