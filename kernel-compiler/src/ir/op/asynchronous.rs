//! Asynchronous copies, mbarriers and dependent launches (PTX only).

use super::super::{Operand, ParamId};
use super::memory::{AtomicOp, L2Hint, Place, Scope};

/// Asynchronous operations. No results, except [`AsyncOp::MbarrierTryWait`] (a `Bool`).
#[derive(Debug, Clone, PartialEq)]
pub enum AsyncOp {
    /// `cp.async.ca/cg.shared.global`: `bytes` is 4, 8 or 16; bytes beyond `valid` are zero.
    CopyAsync {
        /// In shared memory.
        to: Place,
        /// In global memory.
        from: Place,
        /// Size.
        bytes: u32,
        /// Bytes really read (`U32`), if not all.
        valid: Option<Operand>,
    },
    /// `cp.async.commit_group`
    CopyAsyncCommit,
    /// `cp.async.wait_group n`
    CopyAsyncWait(u32),
    /// `cp.async.mbarrier.arrive.noinc.shared.b64`
    CopyAsyncArrive(Place),

    /// `mbarrier.init`: `count` arrivals complete a phase (`U32`).
    MbarrierInit {
        /// A `U64` of shared memory.
        barrier: Place,
        /// Arrivals.
        count: Operand,
    },
    /// `mbarrier.arrive.release` with a count (`U32`); the barrier may be in the cluster.
    MbarrierArrive {
        /// The barrier.
        barrier: Place,
        /// Arrivals.
        count: Operand,
        /// Who sees what the thread wrote before, once it saw the arrival. [`Scope::Workgroup`] is
        /// enough to hand memory back that was only read, and waits for no store on its way.
        scope: Scope,
    },
    /// `mbarrier.arrive.expect_tx`: one arrival, and `bytes` (`U32`) more are expected.
    MbarrierExpect {
        /// The barrier.
        barrier: Place,
        /// Bytes.
        bytes: Operand,
    },
    /// `mbarrier.try_wait.parity`: whether the phase with this parity (`U32`) is over. One `Bool`.
    MbarrierTryWait {
        /// The barrier.
        barrier: Place,
        /// Parity of the phase waited for.
        parity: Operand,
    },
    /// Waits until the phase with this parity is over (a loop of `try_wait`).
    MbarrierWait {
        /// The barrier.
        barrier: Place,
        /// Parity of the phase waited for.
        parity: Operand,
    },

    /// `cp.async.bulk.tensor.{n}d`: a box at `coordinates` (innermost first, `I32`) to shared memory.
    TensorLoad {
        /// The tensor map.
        map: ParamId,
        /// One per dimension.
        coordinates: Vec<Operand>,
        /// Where the box goes.
        to: Place,
        /// Completed by so many bytes.
        barrier: Place,
        /// Workgroups of the cluster that get it, a bit each (`U32`, low 16 bits).
        multicast: Option<Operand>,
        /// Second-level hint.
        l2: L2Hint,
    },
    /// The opposite: shared to global, optionally reducing.
    TensorStore {
        /// The tensor map.
        map: ParamId,
        /// One per dimension.
        coordinates: Vec<Operand>,
        /// Where the box is.
        from: Place,
        /// Instead of a plain store.
        reduce: BulkReduce,
    },
    /// `prefetch.tensormap`
    TensorMapPrefetch(ParamId),
    /// `cp.async.bulk` from global to shared, `bytes` (`U32`) a multiple of 16.
    BulkLoad {
        /// In shared memory, 16-byte aligned.
        to: Place,
        /// In global memory, 16-byte aligned.
        from: Place,
        /// Size.
        bytes: Operand,
        /// Completed by so many bytes.
        barrier: Place,
        /// Second-level hint.
        l2: L2Hint,
    },
    /// `cp.async.bulk` from shared to global, or `cp.reduce.async.bulk`.
    BulkStore {
        /// In global memory.
        to: Place,
        /// In shared memory.
        from: Place,
        /// Size.
        bytes: Operand,
        /// Instead of a plain store.
        reduce: BulkReduce,
    },
    /// `cp.async.bulk.prefetch.L2.global`
    BulkPrefetch {
        /// In global memory.
        from: Place,
        /// Size.
        bytes: Operand,
    },
    /// `cp.async.bulk.commit_group`
    BulkCommit,
    /// `cp.async.bulk.wait_group[.read] n`
    BulkWait {
        /// Groups that may stay in flight.
        pending: u32,
        /// Only the reads of shared memory must be done.
        read: bool,
    },

    /// `griddepcontrol.wait`: earlier kernels of the stream are done and visible.
    GridDependencyWait,
    /// `griddepcontrol.launch_dependents`
    GridDependencyLaunch,
}

/// What a bulk or tensor store does with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BulkReduce {
    /// Overwrites it.
    None,
    /// Combines.
    With(AtomicOp),
}
