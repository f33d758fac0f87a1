//! [`Plan`]: what one pass computes.

use super::SequenceId;
use crate::block_manager::{PageCopy, PageSwap};
use crate::speculative::DraftTree;

/// Tokens of one sequence in a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedSpan {
    /// The sequence.
    pub id: SequenceId,
    /// Position of the first token.
    pub start: u32,
    /// Number of known tokens.
    pub count: u32,
    /// Guessed tokens that follow them, one place each: a node of a tree has a place of its own.
    pub drafts: DraftTree,
    /// Whether the known tokens are all that there are, so that the next one is chosen.
    pub output: bool,
}

impl PlannedSpan {
    /// Tokens of the pass, guessed ones among them.
    pub fn tokens(&self) -> u32 {
        self.count + self.drafts.len() as u32
    }
}

/// What happens to a page before the pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Its contents get a second page.
    Copy(PageCopy),
    /// It is brought to the host.
    Out(PageSwap),
    /// It is brought back.
    In(PageSwap),
}

/// The next pass. Moves come before it, in their order: one may read what an earlier one wrote,
/// and write what an earlier one read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// What is computed.
    pub spans: Vec<PlannedSpan>,
    /// Pages to move, and for whom.
    pub moves: Vec<(SequenceId, Move)>,
    /// Sequences that lost their pages.
    pub preempted: Vec<SequenceId>,
    /// Sequences whose deadline passed: they are gone.
    pub expired: Vec<SequenceId>,
    /// Known tokens of all spans.
    known: u32,
}

impl Plan {
    /// Tokens of the pass.
    pub fn tokens(&self) -> u32 {
        self.spans.iter().map(PlannedSpan::tokens).sum()
    }

    /// Known tokens of the pass: all of them while it is being planned, since drafts come last.
    pub(super) fn known(&self) -> u32 {
        self.known
    }

    /// Adds a span without drafts.
    pub(super) fn push(&mut self, span: PlannedSpan) {
        self.known += span.count;
        self.spans.push(span);
    }

    /// Takes the span of a sequence out again.
    pub(super) fn remove(&mut self, id: SequenceId) {
        let known = &mut self.known;
        self.spans.retain(|span| {
            let kept = span.id != id;
            *known -= if kept { 0 } else { span.count };
            kept
        });
    }

    /// Adds moves for a sequence.
    pub(super) fn extend(&mut self, id: SequenceId, moves: impl IntoIterator<Item = Move>) {
        self.moves.extend(moves.into_iter().map(|step| (id, step)));
    }
}
