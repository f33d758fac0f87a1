//! Barriers of workgroups, clusters and named groups; fences (`Op::Sync`).

use super::block::Engine;
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::step::{Flow, Site};
use super::thread::{State, Wait};
use crate::ir::Operand;
use crate::ir::op::{FenceKind, SyncOp};

impl<'m> Machine<'m, '_> {
    pub(super) fn sync_op(&mut self, site: Site<'_, 'm>, op: SyncOp) -> Exec<Flow> {
        match op {
            SyncOp::Barrier => self.barrier(site),
            SyncOp::SubgroupBarrier => self.gather(site, false),
            SyncOp::Named { id, threads, arrive_only } => {
                self.named_barrier(site, id, threads, arrive_only)
            }
            SyncOp::Fence(FenceKind::Memory(scope)) => {
                self.memory_fence(site, scope);
                Ok(Flow::Next)
            }
            SyncOp::Fence(FenceKind::ProxyAsync) => {
                self.proxy_fence(site);
                Ok(Flow::Next)
            }
            SyncOp::Fence(FenceKind::MbarrierInit) => Ok(Flow::Next),
            SyncOp::ClusterArrive => self.cluster_arrive(site),
            SyncOp::ClusterWait => self.cluster_wait(site),
        }
    }

    fn barrier(&mut self, site: Site<'_, '_>) -> Exec<Flow> {
        let agent = self.agent(site);
        let workgroup = &mut self.blocks[site.block];
        if workgroup.exited > 0 {
            let detail = format!("{} threads have ended", workgroup.exited);
            return Err(FaultKind::Divergent { operation: "the barrier".to_owned(), detail });
        }
        let thread = &mut workgroup.threads[site.thread as usize];
        workgroup.gather.add(&thread.clock, agent, thread.tick);
        thread.tick += 1;
        workgroup.at_barrier += 1;
        let pc = thread.pc;
        self.suspend(site.block, site.thread, Wait::Barrier);
        let workgroup = &mut self.blocks[site.block];
        if (workgroup.at_barrier as usize) < workgroup.threads.len() {
            return Ok(Flow::Stop);
        }
        if let Some(other) = workgroup.threads.iter().find(|thread| thread.pc != pc) {
            let detail = format!("thread {} waits at another barrier", other.index);
            return Err(FaultKind::Divergent { operation: "the barrier".to_owned(), detail });
        }
        workgroup.at_barrier = 0;
        let clock = workgroup.gather.take();
        let threads = workgroup.threads.len() as u32;
        workgroup.threads.iter_mut().for_each(|thread| thread.clock = clock.clone());
        self.report.barriers += 1;
        self.epoch += 1;
        (0..threads).for_each(|thread| self.wake(site.block, thread, true));
        Ok(Flow::Stop)
    }

    fn named_barrier(
        &mut self,
        site: Site<'_, '_>,
        id: Operand,
        threads: u32,
        arrive_only: bool,
    ) -> Exec<Flow> {
        let id = self.get(site, id) as u32;
        let agent = self.agent(site);
        if !(1..16).contains(&id) {
            return Err(FaultKind::Barrier(format!("named barrier {id} is not in 1..=15")));
        }
        if threads == 0 || !threads.is_multiple_of(32) {
            let message = format!("named barrier {id}: {threads} threads are no multiple of 32");
            return Err(FaultKind::Barrier(message));
        }
        let workgroup = &mut self.blocks[site.block];
        let thread = &mut workgroup.threads[site.thread as usize];
        let barrier = &mut workgroup.named[id as usize];
        if barrier.arrived > 0 && barrier.expected != threads {
            let expected = barrier.expected;
            let message =
                format!("named barrier {id} of {expected} threads is used with {threads}");
            return Err(FaultKind::Barrier(message));
        }
        barrier.expected = threads;
        barrier.arrived += 1;
        barrier.gather.add(&thread.clock, agent, thread.tick);
        thread.tick += 1;
        if !arrive_only {
            barrier.waiting.push(site.thread);
        }
        let complete = barrier.arrived == barrier.expected;
        if !arrive_only {
            self.suspend(site.block, site.thread, Wait::Named(id));
        }
        if complete {
            self.epoch += 1;
            let workgroup = &mut self.blocks[site.block];
            let barrier = &mut workgroup.named[id as usize];
            let clock = barrier.gather.take();
            barrier.arrived = 0;
            for thread in std::mem::take(&mut barrier.waiting) {
                self.blocks[site.block].threads[thread as usize].clock.join(&clock);
                self.wake(site.block, thread, true);
            }
        }
        Ok(if arrive_only { Flow::Next } else { Flow::Stop })
    }

    /// Marks the thread's writes so far, and the `cp.async` copies it has waited for, as visible to
    /// the asynchronous proxy.
    fn proxy_fence(&mut self, site: Site<'_, '_>) {
        let agent = self.agent(site);
        let (cluster, rank) = (self.blocks[site.block].cluster, self.blocks[site.block].rank);
        let copies = Engine::Copies(rank, site.thread);
        if self.clusters[cluster].engines.contains_key(&copies) {
            let engine = self.clusters[cluster].engine(cluster, copies);
            let done = self.thread(site).clock.get(engine);
            self.proxy_fences.entry(engine).or_default().push(done);
        }
        let tick = self.thread(site).tick;
        self.proxy_fences.entry(agent).or_default().push(tick);
        self.thread(site).tick += 1;
    }

    fn cluster_arrive(&mut self, site: Site<'_, '_>) -> Exec<Flow> {
        let agent = self.agent(site);
        let workgroup = &mut self.blocks[site.block];
        let slot = workgroup.cluster;
        let thread = &mut workgroup.threads[site.thread as usize];
        if thread.cluster_arrived.is_some() {
            let message = "a second cluster arrival without a wait in between".to_owned();
            return Err(FaultKind::Barrier(message));
        }
        let cluster = &mut self.clusters[slot];
        thread.cluster_arrived = Some(cluster.phase);
        cluster.gather.add(&thread.clock, agent, thread.tick);
        thread.tick += 1;
        cluster.arrived += 1;
        self.cluster_advance(slot);
        Ok(Flow::Next)
    }

    fn cluster_wait(&mut self, site: Site<'_, '_>) -> Exec<Flow> {
        let slot = self.blocks[site.block].cluster;
        let Some(phase) = self.thread(site).cluster_arrived.take() else {
            let message = "a cluster wait without an arrival before it".to_owned();
            return Err(FaultKind::Barrier(message));
        };
        if self.clusters[slot].phase > phase {
            let known = self.clusters[slot].known.clone();
            self.thread(site).clock.join(&known);
            return Ok(Flow::Next);
        }
        self.suspend(site.block, site.thread, Wait::Cluster(phase));
        Ok(Flow::Stop)
    }

    /// A thread that ended is not waited for.
    pub(super) fn cluster_exit(&mut self, block: usize) {
        let slot = self.blocks[block].cluster;
        let cluster = &mut self.clusters[slot];
        cluster.live -= 1;
        // Arrivals of threads that ended must not stand for others.
        let phase = cluster.phase;
        let mut arrived = 0;
        if cluster.arrived > 0 {
            for member in cluster.members.clone() {
                let threads = self.blocks[member].threads.iter();
                let live = threads.filter(|thread| thread.state != State::Exited);
                arrived += live.filter(|thread| thread.arrived_at(phase)).count() as u32;
            }
            self.clusters[slot].arrived = arrived;
            self.cluster_advance(slot);
        }
    }

    fn cluster_advance(&mut self, slot: usize) {
        let cluster = &mut self.clusters[slot];
        if cluster.arrived < cluster.live || cluster.arrived == 0 {
            return;
        }
        self.epoch += 1;
        cluster.arrived = 0;
        cluster.known = cluster.gather.take();
        let (phase, known) = (cluster.phase, cluster.known.clone());
        cluster.phase += 1;
        for member in cluster.members.clone() {
            for thread in 0..self.blocks[member].threads.len() {
                let state = &mut self.blocks[member].threads[thread];
                if state.state == State::Waiting(Wait::Cluster(phase)) {
                    state.clock.join(&known);
                    self.wake(member, thread as u32, true);
                }
            }
        }
    }
}
