//! [`Rank`]: who comes first.

/// Names a sequence; later ones are larger.
pub type SequenceId = u64;

/// Steps by which one level of priority goes ahead.
pub const LEAD: i64 = 1000;

/// Smaller comes first. It never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    arrival: i64,
    id: SequenceId,
}

impl Rank {
    /// The rank of a sequence that arrives at a step.
    pub fn new(step: u64, priority: i32, id: SequenceId) -> Rank {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        Rank { arrival: step.saturating_sub(i64::from(priority) * LEAD), id }
    }

    /// The sequence.
    pub fn id(self) -> SequenceId {
        self.id
    }
}
