//! A thread: its registers, where it stands, and what it waits for.

use super::clock::Clock;
use super::fault::{Exec, FaultKind};
use super::task::Queue;
use crate::ir::op::Scope;
use crate::ir::{Operand, Span, ValueId};

/// What a thread does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Ready,
    Waiting(Wait),
    Exited,
}

/// What a thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// The other lanes of its subgroup, or the other threads of its warp group.
    Collective { warp_group: bool },
    /// The workgroup's barrier.
    Barrier,
    /// A named barrier.
    Named(u32),
    /// The cluster's barrier, this phase of it.
    Cluster(u64),
    /// A phase of an mbarrier of its workgroup.
    Mbarrier { address: u32, phase: u64 },
    /// Any progress of anybody: it polls.
    Progress(u64),
    /// Earlier kernels of the stream.
    GridDependency,
}

/// How a register that may change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalState {
    Unassigned,
    Assigned,
    /// A `wgmma` in flight reads or writes it.
    InFlight,
}

/// One thread of a workgroup.
#[derive(Debug, Clone)]
pub(super) struct Thread {
    pub(super) pc: u32,
    pub(super) state: State,
    pub(super) span: Span,
    /// Values, then loop states.
    pub(super) values: Vec<u64>,
    pub(super) locals: Vec<u64>,
    pub(super) local_states: Vec<LocalState>,
    /// Values that a `wgmma` in flight reads, as a count, where the kernel has such.
    pub(super) value_uses: Vec<u32>,
    /// Number of the last change of each local and value that `wgmma` uses.
    pub(super) local_changes: Vec<u32>,
    pub(super) value_changes: Vec<u32>,
    pub(super) changes: u32,
    /// `changes` at the last `wgmma.fence`.
    pub(super) fenced: u32,
    pub(super) index: u32,
    /// Its own time in the race clocks; starts with 1.
    pub(super) tick: u32,
    /// What it knows of others.
    pub(super) clock: Clock,
    /// What it knew at its last memory fence, if it made one, and for whom.
    pub(super) release: Option<(Clock, Scope)>,
    /// What relaxed reads have seen; a later fence makes it known.
    pub(super) seen: Clock,
    /// `cp.async` copies, in order.
    pub(super) copies: Queue,
    /// Bulk and tensor stores, in order.
    pub(super) stores: Queue,
    /// Fruitless polls since `progress` was what it is.
    pub(super) polls: u32,
    pub(super) poll_epoch: u64,
    /// The cluster barrier phase it has arrived at and not waited for.
    pub(super) cluster_arrived: Option<u64>,
}

impl Thread {
    pub(super) fn new(index: u32, registers: usize, locals: usize, values: usize) -> Thread {
        Thread {
            pc: 0,
            state: State::Ready,
            span: Span::default(),
            values: vec![0; registers],
            locals: vec![0; locals],
            local_states: vec![LocalState::Unassigned; locals],
            value_uses: vec![0; values],
            local_changes: vec![0; locals],
            value_changes: vec![0; values],
            changes: 0,
            fenced: 0,
            index,
            tick: 1,
            clock: Clock::default(),
            release: None,
            seen: Clock::default(),
            copies: Queue::default(),
            stores: Queue::default(),
            polls: 0,
            poll_epoch: 0,
            cluster_arrived: None,
        }
    }

    /// The bits of an operand.
    pub(super) fn get(&self, operand: Operand) -> u64 {
        match operand {
            Operand::Const(c) => c.bits,
            Operand::Value(id) => self.values[id.index()],
        }
    }

    /// Binds a value.
    pub(super) fn define(&mut self, id: ValueId, bits: u64) -> Exec<()> {
        self.values[id.index()] = bits;
        if let Some(uses) = self.value_uses.get(id.index()) {
            if *uses > 0 {
                let what = format!("value {}", id.0);
                return Err(FaultKind::InFlight { what, by: "a wgmma that reads it".to_owned() });
            }
            self.changes += 1;
            self.value_changes[id.index()] = self.changes;
        }
        Ok(())
    }

    /// Whether it has arrived at a phase of the cluster's barrier.
    pub(super) fn arrived_at(&self, phase: u64) -> bool {
        self.cluster_arrived == Some(phase) || self.state == State::Waiting(Wait::Cluster(phase))
    }
}
