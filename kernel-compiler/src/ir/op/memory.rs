//! Loads, stores and atomics.

use super::super::{Operand, ParamId, Scalar, SharedId};

/// Where an access goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The array.
    pub base: Base,
    /// Index in elements of the base's declared type: `Index` or `U32`.
    pub index: Operand,
}

/// An array in some address space. The set is open: new spaces are new variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Base {
    /// A global buffer.
    Buffer(ParamId),
    /// An array of this workgroup.
    Shared(SharedId),
    /// The same array in another workgroup of the cluster.
    Cluster {
        /// The array.
        array: SharedId,
        /// Rank of the workgroup in the cluster (`U32`).
        rank: Operand,
    },
}

/// How an access treats caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Cache {
    /// Read through the non-coherent path (`ld.global.nc`); weights only.
    pub non_coherent: bool,
    /// First-level hint.
    pub l1: L1Hint,
    /// Second-level hint.
    pub l2: L2Hint,
    /// Second-level prefetch size in bytes: 0, 64, 128 or 256.
    pub prefetch: u32,
}

/// First-level cache hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum L1Hint {
    /// None.
    #[default]
    Default,
    /// `.L1::no_allocate`
    NoAllocate,
    /// `.L1::evict_first`
    EvictFirst,
    /// `.L1::evict_last`
    EvictLast,
}

/// Second-level cache hint (a `createpolicy` and `.L2::cache_hint` on PTX).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum L2Hint {
    /// None.
    #[default]
    Default,
    /// Evict first.
    EvictFirst,
    /// Evict last.
    EvictLast,
}

/// Among whom an atomic or a fence orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The workgroup.
    Workgroup,
    /// The cluster.
    Cluster,
    /// The device.
    Device,
    /// The device and the host.
    System,
}

/// Memory order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MemoryOrder {
    /// No order with other accesses.
    Relaxed,
    /// Later accesses stay after.
    Acquire,
    /// Earlier accesses stay before.
    Release,
    /// Both.
    AcquireRelease,
}

/// Read-modify-write operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AtomicOp {
    /// `+` (`U32 I32 U64 F32`)
    Add,
    /// The smaller one
    Min,
    /// The larger one
    Max,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// The new value
    Exchange,
}

/// Loads, stores and atomics.
#[derive(Debug, Clone, PartialEq)]
pub enum MemoryOp {
    /// Reads `count` consecutive scalars of type `ty` (4, 8 or 16 bytes together where count > 1).
    /// `count` results.
    Load {
        /// From where.
        place: Place,
        /// As what.
        ty: Scalar,
        /// How many.
        count: u32,
        /// Cache hints.
        cache: Cache,
    },
    /// Writes consecutive scalars of one type. No result.
    Store {
        /// To where.
        place: Place,
        /// What; all of one type.
        values: Vec<Operand>,
        /// Cache hints.
        cache: Cache,
    },
    /// A load with scope and order (polling); never widened or moved. One result.
    LoadOrdered {
        /// From where.
        place: Place,
        /// As what.
        ty: Scalar,
        /// Among whom.
        scope: Scope,
        /// Relaxed or acquire.
        order: MemoryOrder,
    },
    /// A store with scope and order. No result.
    StoreOrdered {
        /// To where.
        place: Place,
        /// What.
        value: Operand,
        /// Among whom.
        scope: Scope,
        /// Relaxed or release.
        order: MemoryOrder,
    },
    /// Read-modify-write; the result is the old value (`atom`), or none (`red`).
    Atomic {
        /// Which.
        op: AtomicOp,
        /// Where.
        place: Place,
        /// With what.
        value: Operand,
        /// Whether the old value is a result.
        returns: bool,
        /// Among whom.
        scope: Scope,
        /// In which order.
        order: MemoryOrder,
    },
    /// Writes `value` if the cell holds `expected`; the result is the old value.
    CompareExchange {
        /// Where.
        place: Place,
        /// What must be there.
        expected: Operand,
        /// What is written.
        value: Operand,
        /// Among whom.
        scope: Scope,
        /// In which order.
        order: MemoryOrder,
    },
    /// The 32-bit shared-window address of a place in workgroup memory. One `U32`.
    SharedAddress(Place),
    /// Asks for a line in the second-level cache. No result.
    Prefetch(Place),
}
