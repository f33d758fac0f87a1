//! The reference interpreter: what a verified module means, executed.
//!
//! It is the oracle of both back ends and the judge of the templates' synchronisation. Threads are
//! resumable; a seeded scheduler interleaves them, and completes asynchronous operations at any time
//! that the semantics of [`crate::ir`] allow. What a device would leave undefined is a [`Fault`].
//!
//! - **Order.** Lanes meet only where an operation needs all of them. Seeds divisible by 3 complete
//!   asynchronous operations as late as possible, the others at random times.
//! - **Races** are found by what happens-before, not by luck: barriers, mbarrier phases, atomics with
//!   an order, fences and waits carry knowledge between threads (vector clocks), and an access that
//!   conflicts with an unknown one is a fault under every seed. Asynchronous engines are agents of
//!   their own, so a missing wait is such a conflict, too.
//! - **Floats.** Every operation rounds once, to nearest even; approximations are computed accurately.
//!   Matrix products are summed in `f64` and rounded once an operation: compare with a tolerance.
//! - **Launches** run in the order of the stream. When a kernel executes `launch_dependents`, the next
//!   one overlaps with it, and its accesses to earlier data must be behind `griddepcontrol.wait`.
//!
//! ```text
//! launch   arguments bound and checked        code      body flattened
//! machine  launches, clusters, workgroups     schedule  who runs, what completes, the end
//! step     one instruction of one thread      arith integer float
//! access   places, bounds, races              load_store atomic
//! barrier  mbarrier  subgroup                 copy tensor_map proxy asynchronous
//! matrix   mma sparse matrix_memory fragment descriptor wgmma
//! clock race storage memory task thread block random report deadlock fault
//! ```

mod access;
mod arith;
mod asynchronous;
mod atomic;
mod barrier;
mod block;
mod clock;
mod code;
mod copy;
mod deadlock;
mod descriptor;
mod fault;
mod float;
mod fragment;
mod integer;
mod launch;
mod load_store;
mod machine;
mod matrix;
mod matrix_memory;
mod mbarrier;
mod memory;
mod mma;
mod proxy;
mod race;
mod random;
mod report;
mod schedule;
mod sparse;
mod step;
mod storage;
mod subgroup;
mod task;
mod tensor_map;
mod thread;
mod wgmma;

pub use fault::{Fault, FaultKind, FaultSite, Waiter};
pub use launch::{Argument, Launch, Options};
pub use memory::{BufferId, Memory};
pub use report::{Operations, Report};
pub use tensor_map::TensorMapValue;

/// Runs kernels in the order of the stream.
///
/// # Errors
/// The first mistake of a kernel or its launch.
pub fn run(
    memory: &mut Memory,
    launches: &[Launch<'_>],
    options: Options,
) -> Result<Report, Fault> {
    machine::Machine::new(memory, launches, options)?.run()
}
