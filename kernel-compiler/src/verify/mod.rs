//! The verifier: the only maker of [`Verified`].

mod bounds;
mod memory;
mod ranges;
mod resources;
mod scope;
mod symbolic;
mod types;
pub mod uniform;
mod walk;

use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::Module;
use crate::ir::op::Base;
use std::ops::Deref;

/// A module that holds every invariant; only such a one can be emitted or interpreted.
#[derive(Debug, Clone)]
pub struct Verified(Module);

impl Deref for Verified {
    type Target = Module;

    fn deref(&self) -> &Module {
        &self.0
    }
}

/// Checks a module.
///
/// # Errors
/// All violations found.
pub fn verify(module: Module) -> Result<Verified, Vec<Diagnostic>> {
    let mut sink = Diagnostics::default();
    scope::check(&module, &mut sink);
    sink = gate(sink)?;
    types::check(&module, &mut sink);
    sink = gate(sink)?;
    resources::check(&module, &mut sink);
    memory::check(&module, &mut sink);
    uniform::check(&module, &mut sink);
    bounds::check(&module, &mut sink);
    sink.gate(Verified(module))
}

/// Stops unless nothing was reported: what follows relies on what was checked.
fn gate(sink: Diagnostics) -> Result<Diagnostics, Vec<Diagnostic>> {
    sink.gate(Diagnostics::default())
}

/// The name of an array, for messages.
fn base_name(module: &Module, base: Base) -> &str {
    match base {
        Base::Buffer(id) => &module.params[id.index()].name,
        Base::Shared(id) | Base::Cluster { array: id, .. } => &module.shared[id.index()].name,
    }
}
