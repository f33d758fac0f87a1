//! Exchange of values within a subgroup (warp). All of its threads must take part.

use super::super::Operand;

/// Subgroup operations. One result each, of the value's type (votes: see there).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubgroupOp {
    /// The value of another lane; `lane` is a `U32`.
    Shuffle {
        /// How the other lane is found.
        mode: ShuffleMode,
        /// What is exchanged: 32-bit types.
        value: Operand,
        /// Mask, distance or lane.
        lane: Operand,
    },
    /// Reduction over the subgroup; the same result in every lane.
    Reduce(ReduceOp, Operand),
    /// Votes on a `Bool`.
    Vote(VoteMode, Operand),
    /// The first lane's value.
    BroadcastFirst(Operand),
}

/// How [`SubgroupOp::Shuffle`] finds the other lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShuffleMode {
    /// `lane_id ^ mask`
    Xor,
    /// `lane_id - distance`; lanes without one keep their value
    Up,
    /// `lane_id + distance`; lanes without one keep their value
    Down,
    /// A lane by number
    Index,
}

/// Reductions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReduceOp {
    /// Sum (tree order: xor shuffles from the widest distance down)
    Add,
    /// Minimum
    Min,
    /// Maximum
    Max,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
}

/// Votes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VoteMode {
    /// Any lane: `Bool`
    Any,
    /// All lanes: `Bool`
    All,
    /// One bit a lane: `U32`
    Ballot,
}
