//! Operations, one file per family; back ends and the interpreter have a file of the same name.

mod arith;
mod asynchronous;
mod matrix;
mod memory;
mod subgroup;
mod sync;
mod visit;

pub use arith::{ArithOp, BinaryOp, UnaryOp};
pub use asynchronous::{AsyncOp, BulkReduce};
pub use matrix::{DescriptorLayout, MatrixOp, MmaShape, WgmmaA};
pub use memory::{AtomicOp, Base, Cache, L1Hint, L2Hint, MemoryOp, MemoryOrder, Place, Scope};
pub use subgroup::{ReduceOp, ShuffleMode, SubgroupOp, VoteMode};
pub use sync::{Builtin, FenceKind, SyncOp};

use super::{LocalId, ParamId};

/// An operation. Number and types of its results follow from it ([`Op::result_types`]).
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// The value of a local now. One result.
    Read(LocalId),
    /// A scalar parameter. One result.
    Param(ParamId),
    /// Which thread this is. One `U32`.
    Builtin(Builtin),
    /// Arithmetic, comparisons, conversions: pure.
    Arith(ArithOp),
    /// Loads, stores, atomics.
    Memory(MemoryOp),
    /// Barriers and fences.
    Sync(SyncOp),
    /// Exchange within a subgroup.
    Subgroup(SubgroupOp),
    /// Matrix units.
    Matrix(MatrixOp),
    /// Asynchronous copies, mbarriers, dependent launches.
    Async(AsyncOp),
}
