//! Thread coordinates, barriers and fences.

use super::super::Operand;
use super::memory::Scope;

/// Coordinates and sizes; `U32`. The axis is 0, 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// Index of the thread in its workgroup along an axis.
    ThreadId(u8),
    /// Index of the workgroup in the grid along an axis.
    BlockId(u8),
    /// Workgroups of the grid along an axis.
    GridDim(u8),
    /// Index of the thread in its subgroup.
    LaneId,
    /// Index of the subgroup in the workgroup; the same in all its threads.
    SubgroupId,
    /// Rank of the workgroup in its cluster.
    ClusterRank,
}

/// Barriers and fences. No results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyncOp {
    /// All threads of the workgroup meet; orders shared and global memory among them.
    Barrier,
    /// All threads of the subgroup meet; orders memory among them.
    SubgroupBarrier,
    /// Named barrier (`bar.sync`/`bar.arrive`) of `threads` threads, a multiple of 32.
    Named {
        /// 1 to 15 (0 is the workgroup's own), `U32`; may be a uniform value.
        id: Operand,
        /// How many take part.
        threads: u32,
        /// Arrive without waiting.
        arrive_only: bool,
    },
    /// Orders earlier accesses before later ones.
    Fence(FenceKind),
    /// Announces arrival at the cluster barrier (release).
    ClusterArrive,
    /// Waits for all threads of the cluster (acquire).
    ClusterWait,
}

/// What a fence orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FenceKind {
    /// Ordinary accesses, among the threads of a scope (`fence.acq_rel`).
    Memory(Scope),
    /// Ordinary writes to shared memory before asynchronous-proxy reads (`fence.proxy.async`).
    ProxyAsync,
    /// `mbarrier` initialisation before use by the cluster (`fence.mbarrier_init`).
    MbarrierInit,
}
