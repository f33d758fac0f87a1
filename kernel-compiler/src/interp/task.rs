//! Asynchronous operations between their issue and their completion.

use super::clock::{Agent, Clock};
use super::wgmma::Product;
use crate::ir::Scalar;
use crate::ir::op::AtomicOp;
use std::collections::VecDeque;

/// Which memory: a buffer or the workgroup memory of a resident workgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Buffer(usize),
    Shared(usize),
}

/// Some bytes of a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) space: Space,
    pub(super) at: usize,
    pub(super) len: usize,
}

/// Moves bytes, perhaps combining them with what is there; without a source it writes zeros.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) from: Option<Extent>,
    pub(super) to: Extent,
    pub(super) reduce: Option<(AtomicOp, Scalar)>,
}

/// What happens when an operation completes.
#[derive(Debug, Clone)]
pub(super) enum Task {
    /// `cp.async`, a bulk store or a tensor store.
    Moves(Vec<Move>),
    /// `cp.async.mbarrier.arrive.noinc` of an agent on a barrier (workgroup, address).
    Arrive(usize, u32, Agent, Box<Clock>),
    /// A bulk or tensor load: the moves, then the bytes are counted.
    Load { moves: Vec<Move>, block: usize, barrier: u32, bytes: u32 },
    /// A `wgmma`.
    Product(Box<Product>),
}

/// Operations that complete in order, in groups.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    /// Not completed, with the sequence number of each.
    pub(super) tasks: VecDeque<(u32, Task)>,
    /// The number that operations issued now get, less one.
    pub(super) sequence: u32,
    /// Whether any was issued since the last commit.
    pub(super) open: bool,
    /// Last sequence number of each committed group.
    pub(super) groups: Vec<u32>,
    /// Groups of the longest wait so far.
    pub(super) waited: usize,
}

impl Queue {
    pub(super) fn push(&mut self, task: Task) {
        self.tasks.push_back((self.sequence + 1, task));
        self.open = true;
    }

    /// The number that operations issued now get.
    pub(super) fn current(&self) -> u32 {
        self.sequence + 1
    }

    /// Ends the numbering of what was issued so far.
    pub(super) fn advance(&mut self) -> u32 {
        self.sequence += 1;
        self.sequence
    }

    pub(super) fn commit(&mut self) {
        let last = self.advance();
        self.groups.push(last);
        self.open = false;
    }

    /// The sequence number up to which all is complete when at most `pending` groups are in flight.
    pub(super) fn wait(&mut self, pending: usize) -> u32 {
        let done = self.groups.len().saturating_sub(pending);
        self.waited = self.waited.max(done);
        done.checked_sub(1).and_then(|last| self.groups.get(last)).copied().unwrap_or(0)
    }

    /// Takes the next task up to a sequence number.
    pub(super) fn pop(&mut self, up_to: u32) -> Option<Task> {
        let (sequence, _) = self.tasks.front()?;
        if *sequence > up_to {
            return None;
        }
        self.tasks.pop_front().map(|(_, task)| task)
    }

    /// Whether everything issued has been waited for.
    pub(super) fn settled(&self) -> bool {
        !self.open && self.waited == self.groups.len()
    }
}
