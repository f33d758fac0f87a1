//! mbarriers: phases that end when all arrivals and all bytes are in (PTX ISA, "mbarrier").

use super::block::{Engine, SHARED_BASE};
use super::clock::{Agent, Clock, Gather};
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::step::{Flow, Site};
use super::task::Space;
use super::thread::Wait;
use crate::ir::op::Place;
use crate::ir::{Operand, ValueId};

/// A barrier in workgroup memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Mbarrier {
    /// Arrivals of each phase.
    pub(super) count: u32,
    /// Arrivals still missing in this phase.
    pub(super) pending: u32,
    /// Bytes still missing in this phase; may be negative before they are expected.
    pub(super) bytes: i64,
    /// Finished phases.
    pub(super) phase: u64,
    gather: Gather,
    /// What the last finished phase made known.
    known: Clock,
    /// Who initialised it, and when.
    initialised: (Agent, u32),
    waiting: Vec<(u32, u64)>,
    /// Threads whose phase is over and that have not run since.
    released: Vec<(u32, u64)>,
}

impl Machine<'_, '_> {
    /// The workgroup and window address of a barrier.
    pub(super) fn barrier_place(&self, site: Site<'_, '_>, place: &Place) -> Exec<(usize, u32)> {
        let extent = self.resolve(site, place, 8, 8)?;
        match extent.space {
            Space::Shared(block) => Ok((block, SHARED_BASE + extent.at as u32)),
            Space::Buffer(_) => {
                Err(FaultKind::Barrier("an mbarrier must be in workgroup memory".to_owned()))
            }
        }
    }

    fn find_barrier(&mut self, block: usize, address: u32) -> Exec<&mut Mbarrier> {
        let found = self.blocks[block].mbarriers.iter_mut().find(|(at, _)| *at == address);
        found.map(|(_, barrier)| barrier).ok_or_else(|| {
            FaultKind::Barrier(format!("the mbarrier at {address:#x} was never initialised"))
        })
    }

    /// The name of a barrier, for messages.
    pub(super) fn barrier_name(&self, block: usize, address: u32) -> String {
        let program = &self.programs[self.blocks[block].launch];
        let offset = address - SHARED_BASE;
        let rows = program.module.shared.iter().zip(&program.layout.0);
        let array = rows.rev().find(|(_, start)| **start <= offset);
        array.map_or_else(String::new, |(array, start)| {
            format!("mbarrier `{}[{}]`", array.name, (offset - start) / array.element.size())
        })
    }

    pub(super) fn mbarrier_init(
        &mut self,
        site: Site<'_, '_>,
        place: &Place,
        count: Operand,
    ) -> Exec<Flow> {
        let (block, address) = self.barrier_place(site, place)?;
        let count = self.get(site, count) as u32;
        if block != site.block || count == 0 {
            let message = format!("an mbarrier of {count} arrivals, initialised from rank {block}");
            return Err(FaultKind::Barrier(message));
        }
        let initialised = (self.agent(site), self.thread(site).tick);
        let barriers = &mut self.blocks[block].mbarriers;
        if let Some(position) = barriers.iter().position(|(at, _)| *at == address) {
            let (_, old) = barriers.swap_remove(position);
            if !old.waiting.is_empty() || old.bytes != 0 {
                let message = "an mbarrier in use is initialised again".to_owned();
                return Err(FaultKind::Barrier(message));
            }
        }
        let fresh = Mbarrier { count, pending: count, initialised, ..Mbarrier::default() };
        barriers.push((address, fresh));
        Ok(Flow::Next)
    }

    /// A barrier may be used by those who know of its initialisation.
    fn usable(&mut self, site: Site<'_, '_>, block: usize, address: u32) -> Exec<()> {
        let me = self.agent(site);
        let (agent, tick) = self.find_barrier(block, address)?.initialised;
        if agent == me || !self.options.races || self.thread(site).clock.get(agent) >= tick {
            return Ok(());
        }
        let name = self.barrier_name(block, address);
        Err(FaultKind::Barrier(format!(
            "{name} is used without a barrier after its initialisation"
        )))
    }

    pub(super) fn mbarrier_arrive(
        &mut self,
        site: Site<'_, '_>,
        place: &Place,
        arrivals: u32,
        bytes: u32,
    ) -> Exec<Flow> {
        let (block, address) = self.barrier_place(site, place)?;
        self.usable(site, block, address)?;
        self.find_barrier(block, address)?.bytes += i64::from(bytes);
        let clock = self.release(site);
        let agent = self.agent(site);
        self.arrive(block, address, arrivals, &clock, agent)?;
        Ok(Flow::Next)
    }

    /// Counts arrivals that make `clock` known.
    pub(super) fn arrive(
        &mut self,
        block: usize,
        address: u32,
        arrivals: u32,
        clock: &Clock,
        agent: Agent,
    ) -> Exec<()> {
        let name = self.barrier_name(block, address);
        let barrier = self.find_barrier(block, address)?;
        let Some(pending) = barrier.pending.checked_sub(arrivals) else {
            let (pending, phase) = (barrier.pending, barrier.phase);
            let message = format!("{name}: {arrivals} arrivals, phase {phase} misses {pending}");
            return Err(FaultKind::Barrier(message));
        };
        barrier.pending = pending;
        barrier.gather.add(clock, agent, clock.get(agent));
        self.try_finish(block, address)
    }

    /// Counts bytes of a bulk or tensor load.
    pub(super) fn complete_bytes(&mut self, block: usize, address: u32, bytes: u32) -> Exec<()> {
        self.find_barrier(block, address)?.bytes -= i64::from(bytes);
        self.try_finish(block, address)
    }

    /// The phase that a load issued now counts for, and the agent of such loads.
    pub(super) fn load_agent(&mut self, block: usize, address: u32) -> Exec<(Agent, u32)> {
        let phase = self.find_barrier(block, address)?.phase;
        let (cluster, rank) = (self.blocks[block].cluster, self.blocks[block].rank);
        let agent = self.clusters[cluster].engine(cluster, Engine::Loads(rank, address));
        Ok((agent, phase as u32 + 1))
    }

    fn try_finish(&mut self, block: usize, address: u32) -> Exec<()> {
        let barrier = self.find_barrier(block, address)?;
        if barrier.pending > 0 || barrier.bytes != 0 {
            return Ok(());
        }
        let finished = barrier.phase;
        let late = barrier.released.first().copied();
        barrier.phase += 1;
        barrier.pending = barrier.count;
        barrier.known = barrier.gather.take();
        let (agent, _) = self.load_agent(block, address)?;
        if let Some((_, phase)) = late {
            let barrier = self.barrier_name(block, address);
            return Err(FaultKind::ParityAlias { barrier, phase, finished });
        }
        self.epoch += 1;
        let barrier = self.find_barrier(block, address)?;
        barrier.known.learn(agent, finished as u32 + 1);
        barrier.released = std::mem::take(&mut barrier.waiting);
        for (thread, _) in barrier.released.clone() {
            self.wake(block, thread, false);
        }
        Ok(())
    }

    pub(super) fn mbarrier_wait(
        &mut self,
        site: Site<'_, '_>,
        place: &Place,
        parity: Operand,
    ) -> Exec<Flow> {
        let (block, address) = self.own_barrier(site, place)?;
        let parity = self.get(site, parity) & 1;
        let thread = site.thread;
        let barrier = self.find_barrier(block, address)?;
        let released = barrier.released.iter().position(|(waiter, _)| *waiter == thread);
        if let Some(position) = released {
            barrier.released.swap_remove(position);
        } else if barrier.phase & 1 == parity {
            let phase = barrier.phase;
            barrier.waiting.push((thread, phase));
            self.suspend(site.block, thread, Wait::Mbarrier { address, phase });
            return Ok(Flow::Stop);
        }
        let known = self.find_barrier(block, address)?.known.clone();
        self.thread(site).clock.join(&known);
        Ok(Flow::Next)
    }

    pub(super) fn mbarrier_try_wait(
        &mut self,
        site: Site<'_, '_>,
        place: &Place,
        parity: Operand,
        results: &[ValueId],
    ) -> Exec<Flow> {
        let (block, address) = self.own_barrier(site, place)?;
        let parity = self.get(site, parity) & 1;
        let barrier = self.find_barrier(block, address)?;
        let over = barrier.phase & 1 != parity;
        let known = barrier.known.clone();
        if over {
            self.thread(site).clock.join(&known);
        }
        self.define(site, results, &[u64::from(over)])?;
        self.poll(site, over)
    }

    /// A barrier to wait for: it must be in the thread's own workgroup.
    fn own_barrier(&mut self, site: Site<'_, '_>, place: &Place) -> Exec<(usize, u32)> {
        let (block, address) = self.barrier_place(site, place)?;
        if block != site.block {
            let message = "a wait for an mbarrier of another workgroup".to_owned();
            return Err(FaultKind::Barrier(message));
        }
        self.usable(site, block, address)?;
        Ok((block, address))
    }

    /// What a barrier's current phase misses, for a deadlock's report.
    pub(super) fn missing(&self, block: usize, address: u32) -> String {
        let found = self.blocks[block].mbarriers.iter().find(|(at, _)| *at == address);
        found.map_or_else(String::new, |(_, barrier)| {
            format!("{} arrivals and {} bytes missing", barrier.pending, barrier.bytes)
        })
    }
}
