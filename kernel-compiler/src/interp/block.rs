//! A resident workgroup, and its cluster.

use super::clock::{Agent, Clock, Gather};
use super::mbarrier::Mbarrier;
use super::race::History;
use super::storage::Storage;
use super::task::Queue;
use super::thread::Thread;
use crate::ir::{LocalId, ValueId};
use std::collections::HashMap;

/// First address of the shared window's arrays, as on the device.
pub(super) const SHARED_BASE: u32 = 0x400;

/// A workgroup in flight.
#[derive(Debug)]
pub(super) struct Workgroup {
    pub(super) launch: usize,
    pub(super) cluster: usize,
    /// Rank in the cluster.
    pub(super) rank: u32,
    pub(super) coordinates: [u32; 3],
    pub(super) threads: Vec<Thread>,
    pub(super) warps: Vec<Warp>,
    pub(super) memory: Storage,
    pub(super) history: History,
    pub(super) mbarriers: Vec<(u32, Mbarrier)>,
    /// Threads at the workgroup's barrier, and what they know.
    pub(super) at_barrier: u32,
    pub(super) gather: Gather,
    pub(super) named: Vec<NamedBarrier>,
    /// Pending `wgmma`s of each warp group.
    pub(super) products: Vec<Queue>,
    /// Registers that each warp group's products use, until the wait for that sequence number.
    pub(super) borrowed: Vec<Vec<(Register, u32)>>,
    /// Fragments of each subgroup: `[subgroup][fragment]`.
    pub(super) fragments: Vec<Vec<Vec<f64>>>,
    pub(super) exited: u32,
    pub(super) retired: bool,
    /// Whether it has let the next kernel start.
    pub(super) launched: bool,
}

/// A register of every thread of a warp group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Register {
    /// An accumulator.
    Local(LocalId),
    /// A part of A.
    Value(ValueId),
}

/// A subgroup.
#[derive(Debug, Default, Clone)]
pub(super) struct Warp {
    /// Its first thread and how many it has.
    pub(super) first: u32,
    pub(super) lanes: u32,
    pub(super) ready: u32,
    pub(super) exited: u32,
    /// Lanes that wait for the others.
    pub(super) gathered: u32,
    /// Whether it stands in the scheduler's list.
    pub(super) queued: bool,
}

/// One of the sixteen barriers of a workgroup.
#[derive(Debug, Default, Clone)]
pub(super) struct NamedBarrier {
    pub(super) expected: u32,
    pub(super) arrived: u32,
    pub(super) waiting: Vec<u32>,
    pub(super) gather: Gather,
}

/// A cluster of workgroups.
#[derive(Debug, Default)]
pub(super) struct Cluster {
    /// Resident slot of each rank.
    pub(super) members: Vec<usize>,
    pub(super) threads: u32,
    pub(super) live: u32,
    pub(super) arrived: u32,
    pub(super) phase: u64,
    pub(super) gather: Gather,
    /// What each finished phase made known (the last one only is needed).
    pub(super) known: Clock,
    /// Slots of asynchronous agents.
    pub(super) engines: HashMap<Engine, u32>,
}

/// An asynchronous agent of a workgroup (its rank, and its thread, warp group or address).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Engine {
    /// A thread's `cp.async` copies.
    Copies(u32, u32),
    /// A thread's bulk stores: their reads of workgroup memory.
    StoreReads(u32, u32),
    /// A thread's bulk stores: their writes of global memory.
    StoreWrites(u32, u32),
    /// Loads that complete on an mbarrier.
    Loads(u32, u32),
    /// A warp group's products.
    Products(u32, u32),
}

impl Cluster {
    /// The agent of an engine, made when first asked for.
    pub(super) fn engine(&mut self, cluster: usize, engine: Engine) -> Agent {
        let next = self.threads + self.engines.len() as u32;
        let slot = *self.engines.entry(engine).or_insert(next);
        Agent { cluster: cluster as u32, slot }
    }

    /// Who an agent is, in words.
    pub(super) fn describe(&self, slot: u32, threads_each: u32) -> String {
        if slot < self.threads {
            let (rank, thread) = (slot / threads_each.max(1), slot % threads_each.max(1));
            return format!("thread {thread} (rank {rank})");
        }
        match self.engines.iter().find(|(_, s)| **s == slot).map(|(engine, _)| *engine) {
            Some(Engine::Copies(_, thread)) => format!("a cp.async of thread {thread}"),
            Some(Engine::StoreReads(_, thread)) => format!("a bulk store of thread {thread}"),
            Some(Engine::StoreWrites(_, thread)) => format!("a bulk store of thread {thread}"),
            Some(Engine::Loads(rank, address)) => {
                format!("a bulk load on the mbarrier at {address:#x} (rank {rank})")
            }
            Some(Engine::Products(_, group)) => format!("a wgmma of warp group {group}"),
            None => "an earlier operation".to_owned(),
        }
    }

    /// Whether an agent's accesses go through the generic proxy.
    pub(super) fn is_generic(&self, slot: u32) -> bool {
        slot < self.threads
            || self.engines.iter().any(|(e, s)| *s == slot && matches!(e, Engine::Copies(..)))
    }
}
