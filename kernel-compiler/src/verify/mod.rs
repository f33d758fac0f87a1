//! The verifier: the only maker of [`Verified`].
//!
//! Stages in order; the first two are about mistakes of the compiler itself (`TW0001`), and what follows
//! them may rely on what they found in order.
//!
//! **Scope** (`scope`)
//! 1. Every identifier is in its table, and names the kind of thing that it must.
//! 2. Every value is defined once, before its uses, in the same or an enclosing block.
//! 3. `break` and `continue` are in a loop (of the same role or `elect_one`); nothing follows them or a
//!    `return` in their block; roles are not nested; nothing returns from `elect_one`.
//!
//! **Types** (`types`)
//! 4. Operands and results have the types that the operation asks for and gives.
//! 5. Sizes are among those that the operation has (wgmma columns, copies, vectors, matrices, prefetch).
//!
//! **Resources** (`resources`)
//! 6. Workgroup memory, threads, clusters and storage buffers fit the target.
//! 7. Every operation, matrix shape and type exists on the target.
//! 8. Roles' warps add up to the workgroup, and their registers to no more than the launch allocates.
//!
//! **Memory** (`memory`)
//! 9. Parameters are read and written as they are declared; only `Weights` go the non-coherent way.
//! 10. On WGSL a store covers whole 32-bit words.
//!
//! **Uniformity** (`uniform`)
//! 11. Barriers and collective operations are reached by all the threads that they need.
//!
//! **Bounds** (`bounds`, on `symbolic` and `ranges`)
//! 12. Every access is within its array, and aligned to its size.
//!
//! **Asynchronous operations** (`asynchronous`)
//! 13. Registers of a wgmma in flight are not touched; it is fenced, committed and waited for.
//! 14. Workgroup memory is not read before any wait for the copies to it.
//! 15. Nothing that depends on an earlier kernel is accessed before the dependency wait.
//!
//! Not checked here: data races and missing barriers between plain accesses; that a local is assigned
//! before it is read; mbarrier phases, transaction bytes and proxy fences; which stage of a ring a copy
//! fills; the extent of a tile behind a matrix descriptor; named barriers' participants (all of these by
//! the interpreter); overflow of `index`; that a cluster divides the grid; two parameters that alias (the
//! launcher's).

mod asynchronous;
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
    asynchronous::check(&module, &mut sink);
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
