//! What a kernel can do wrong while it runs.

use crate::ir::Span;
use std::fmt;
use thiserror::Error;

/// A mistake of a kernel (or of its launch), and where it happened.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("kernel `{}`, block {:?}, thread {:?}: {}", .0.kernel, .0.block, .0.thread, .0.kind)]
pub struct Fault(pub Box<FaultSite>);

/// The parts of a [`Fault`].
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSite {
    /// The kernel's name.
    pub kernel: String,
    /// Coordinates of the workgroup in the grid.
    pub block: [u32; 3],
    /// Coordinates of the thread in its workgroup.
    pub thread: [u32; 3],
    /// The operation.
    pub span: Span,
    /// What is wrong.
    pub kind: FaultKind,
}

impl Fault {
    /// What is wrong.
    pub fn kind(&self) -> &FaultKind {
        &self.0.kind
    }
}

/// The result of something that a kernel does.
pub type Exec<T> = Result<T, FaultKind>;

/// A kind of mistake.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum FaultKind {
    /// An access outside of its array.
    #[error("`{array}`: element {index} and {count} bytes from there exceed {length} elements")]
    OutOfBounds {
        /// Buffer or workgroup array.
        array: String,
        /// In elements of the declared type.
        index: i128,
        /// Bytes accessed.
        count: u64,
        /// Elements of the declared type.
        length: u64,
    },
    /// An address that is no multiple of what the access needs.
    #[error("`{array}`: address {address:#x} must be a multiple of {bytes}")]
    Misaligned {
        /// Buffer or workgroup array.
        array: String,
        /// The address.
        address: u64,
        /// The required multiple.
        bytes: u64,
    },
    /// A read of memory that nobody wrote.
    #[error("`{array}`: byte {byte} is read but was never written")]
    Unwritten {
        /// Buffer or workgroup array.
        array: String,
        /// Offset in the array's memory.
        byte: u64,
    },
    /// A read of a local that was never assigned.
    #[error("local `{0}` is read before it is assigned")]
    UnassignedLocal(String),
    /// A parameter used against its declared access.
    #[error("`{array}` is declared {declared} but is {used}")]
    Access {
        /// The parameter.
        array: String,
        /// What its declaration allows.
        declared: &'static str,
        /// What the kernel did.
        used: &'static str,
    },
    /// Two accesses, one of them a write, that nothing orders.
    #[error("`{array}`: byte {byte}: this {access} races with an earlier {earlier} by {other}")]
    Race {
        /// Buffer or workgroup array.
        array: String,
        /// Offset in the array's memory.
        byte: u64,
        /// `read` or `write`.
        access: &'static str,
        /// `read` or `write`.
        earlier: &'static str,
        /// Who made the earlier one.
        other: String,
    },
    /// Memory or a register that an asynchronous operation still uses.
    #[error("{what} is used while {by} is in flight: wait for it first")]
    InFlight {
        /// What is touched too early.
        what: String,
        /// The asynchronous operation.
        by: String,
    },
    /// An asynchronous read of memory whose writer made no proxy fence.
    #[error("`{array}`: byte {byte}: written by {writer} without `fence.proxy.async` after it")]
    MissingProxyFence {
        /// The workgroup array.
        array: String,
        /// Offset in the workgroup's memory.
        byte: u64,
        /// Who wrote it.
        writer: String,
    },
    /// An `index` that leaves its range.
    #[error("index overflow: {0}")]
    IndexOverflow(String),
    /// An operation that needs all threads of a group, which are not all there.
    #[error("{operation} is not reached by all threads: {detail}")]
    Divergent {
        /// The operation.
        operation: String,
        /// Who is where.
        detail: String,
    },
    /// Nobody can go on.
    #[error("deadlock: {}", list(.0))]
    Deadlock(Vec<Waiter>),
    /// A wait for an mbarrier phase that ended two phases ago.
    #[error(
        "parity alias: {barrier} has finished phase {finished} while a wait for phase {phase} \
             has not been noticed"
    )]
    ParityAlias {
        /// The barrier.
        barrier: String,
        /// The phase waited for.
        phase: u64,
        /// The phase that is over.
        finished: u64,
    },
    /// A misuse of a barrier.
    #[error("{0}")]
    Barrier(String),
    /// An access to an earlier kernel's data before `griddepcontrol.wait`.
    #[error("`{0}` may still be written by an earlier kernel: wait for the grid dependency first")]
    DependentAccess(String),
    /// A tensor map that does not fit its parameter or the hardware's rules.
    #[error("tensor map `{map}`: {detail}")]
    TensorMap {
        /// The parameter.
        map: String,
        /// What does not fit.
        detail: String,
    },
    /// A matrix descriptor or matrix operation that the hardware does not have.
    #[error("matrix operation: {0}")]
    Matrix(String),
    /// Accumulators or A registers written without a `wgmma.fence` before their use.
    #[error("{0} was written after the last wgmma fence")]
    MissingWgmmaFence(String),
    /// A stated fact that does not hold.
    #[error("the assumed condition does not hold")]
    AssumeViolated,
    /// Arguments that do not fit the kernel.
    #[error("launch: {0}")]
    Launch(String),
    /// A workgroup that ends while something still uses its memory.
    #[error("the workgroup ends while {0} is in flight")]
    ExitInFlight(String),
    /// An operation on types that it does not take.
    #[error("unsupported operands: {0}")]
    Operands(String),
    /// The options' bound on executed operations.
    #[error("more than {0} operations were executed")]
    StepLimit(u64),
}

/// Threads of one workgroup that wait for the same thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiter {
    /// The kernel.
    pub kernel: String,
    /// The workgroup.
    pub block: [u32; 3],
    /// First and last linear thread index, and how many.
    pub threads: (u32, u32, u32),
    /// Where they wait.
    pub span: Span,
    /// For what.
    pub wait: String,
}

impl fmt::Display for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last, count) = self.threads;
        write!(
            f,
            "`{}` block {:?}, {count} threads of {first}..={last} wait for {}",
            self.kernel, self.block, self.wait
        )
    }
}

fn list(waiters: &[Waiter]) -> String {
    waiters.iter().map(Waiter::to_string).collect::<Vec<_>>().join("; ")
}
