//! The scheduler: which warp runs next, when asynchronous operations complete, and the end.

use super::deadlock::deadlock;
use super::fault::{Exec, Fault, FaultKind};
use super::machine::{Machine, launch_agent};
use super::report::Report;
use super::task::Task;
use super::thread::{State, Thread, Wait};
use std::rc::Rc;

impl Machine<'_, '_> {
    /// Runs all launches to their end.
    pub(super) fn run(mut self) -> Result<Report, Fault> {
        loop {
            self.admit();
            if let Some((block, warp)) = self.pick() {
                self.run_warp(block, warp)?;
                self.drift()?;
            } else if self.progress.iter().all(|p| p.unfinished == 0) {
                break;
            } else if !self.relieve()? {
                return Err(deadlock(&self));
            }
        }
        self.report.loaded = self.memory.buffers.iter().map(|b| b.loaded).collect();
        self.report.stored = self.memory.buffers.iter().map(|b| b.stored).collect();
        Ok(self.report)
    }

    /// Makes clusters resident, as far as order of the stream and the options allow.
    fn admit(&mut self) {
        for launch in 0..self.programs.len() {
            if !self.may_start(launch) {
                return;
            }
            let limit = match self.programs[launch].code.communicates {
                true => usize::MAX,
                false => self.options.resident.max(1),
            };
            while self.progress[launch].resident < limit {
                let Some(corner) = self.progress[launch].waiting.pop() else { break };
                self.progress[launch].resident += 1;
                self.start_cluster(launch, corner);
            }
        }
    }

    fn may_start(&self, launch: usize) -> bool {
        let earlier = &self.progress[..launch];
        let Some(previous) = earlier.last() else { return true };
        if self.programs[launch].dependent {
            previous.waiting.is_empty() && previous.holding == 0
        } else {
            earlier.iter().all(|p| p.unfinished == 0)
        }
    }

    fn pick(&mut self) -> Option<(usize, usize)> {
        if self.runnable.is_empty() {
            return None;
        }
        let chosen = self.random.below(self.runnable.len());
        let (block, warp) = self.runnable.swap_remove(chosen);
        self.blocks[block].warps[warp].queued = false;
        Some((block, warp))
    }

    /// Runs each ready lane of a warp for a while.
    fn run_warp(&mut self, block: usize, warp: usize) -> Result<(), Fault> {
        let program = Rc::clone(&self.programs[self.blocks[block].launch]);
        let (first, lanes) = {
            let warp = &self.blocks[block].warps[warp];
            (warp.first, warp.lanes)
        };
        let rotation = self.random.below(lanes as usize) as u32;
        let quantum = 16u32 << self.random.below(8);
        for i in 0..lanes {
            let thread = first + (i + rotation) % lanes;
            if self.blocks[block].retired {
                return Ok(());
            }
            if self.blocks[block].threads[thread as usize].state == State::Ready {
                self.run_lane(&program, block, thread, quantum)
                    .map_err(|kind| self.fault(block, thread, kind))?;
            }
        }
        if !self.blocks[block].retired {
            self.enqueue(block, warp);
        }
        Ok(())
    }

    /// Puts a warp on the list if it has a ready lane and is not there.
    pub(super) fn enqueue(&mut self, block: usize, warp: usize) {
        let state = &mut self.blocks[block].warps[warp];
        if state.ready > 0 && !state.queued {
            state.queued = true;
            self.runnable.push((block, warp));
        }
    }

    /// Stops a thread.
    pub(super) fn suspend(&mut self, block: usize, thread: u32, wait: Wait) {
        let warp = self.warp_of(block, thread);
        let workgroup = &mut self.blocks[block];
        workgroup.threads[thread as usize].state = State::Waiting(wait);
        workgroup.warps[warp].ready -= 1;
    }

    /// Lets a stopped thread go on, behind the operation that stopped it if `advance`.
    pub(super) fn wake(&mut self, block: usize, thread: u32, advance: bool) {
        let warp = self.warp_of(block, thread);
        let workgroup = &mut self.blocks[block];
        let state = &mut workgroup.threads[thread as usize];
        state.state = State::Ready;
        state.pc += u32::from(advance);
        workgroup.warps[warp].ready += 1;
        self.enqueue(block, warp);
    }

    pub(super) fn warp_of(&self, block: usize, thread: u32) -> usize {
        (thread / self.programs[self.blocks[block].launch].subgroup) as usize
    }

    /// Completes some asynchronous operations early, as the seed likes: one seed in three never does.
    fn drift(&mut self) -> Result<(), Fault> {
        let odds = match self.options.schedule_seed % 3 {
            0 => return Ok(()),
            1 => 2,
            _ => 8,
        };
        if self.random.below(odds) != 0 {
            return Ok(());
        }
        if !self.loads.is_empty() {
            let chosen = self.random.below(self.loads.len());
            let task = self.loads.swap_remove(chosen);
            self.finish(task)?;
        }
        if self.live.is_empty() {
            return Ok(());
        }
        let block = self.live[self.random.below(self.live.len())];
        let thread = self.random.below(self.blocks[block].threads.len());
        let task = self.pop_task(block, thread);
        task.map_or(Ok(()), |task| self.finish(task))
    }

    /// The next queued task of a thread or its warp group.
    fn pop_task(&mut self, block: usize, thread: usize) -> Option<Task> {
        let workgroup = &mut self.blocks[block];
        let state = workgroup.threads.get_mut(thread)?;
        state
            .copies
            .pop(u32::MAX)
            .or_else(|| state.stores.pop(u32::MAX))
            .or_else(|| workgroup.products.get_mut(thread / 128)?.pop(u32::MAX))
    }

    fn finish(&mut self, task: Task) -> Result<(), Fault> {
        let (block, thread) = match &task {
            Task::Load { block, .. } | Task::Arrive(block, ..) => (*block, 0),
            Task::Product(product) => (product.block, product.group * 128),
            Task::Moves(_) => (0, 0),
        };
        self.complete(task).map_err(|kind| self.fault(block, thread, kind))
    }

    /// Nobody is ready: wakes pollers that have something new to see, or completes an operation.
    fn relieve(&mut self) -> Result<bool, Fault> {
        let mut woken = false;
        for block in self.live.clone() {
            for thread in 0..self.blocks[block].threads.len() {
                let state = self.blocks[block].threads[thread].state;
                if let State::Waiting(Wait::Progress(epoch)) = state
                    && epoch != self.epoch
                {
                    self.wake(block, thread as u32, false);
                    woken = true;
                }
            }
        }
        if woken {
            return Ok(true);
        }
        if !self.loads.is_empty() {
            let chosen = self.random.below(self.loads.len());
            let task = self.loads.swap_remove(chosen);
            self.finish(task)?;
            return Ok(true);
        }
        for block in self.live.clone() {
            for thread in 0..self.blocks[block].threads.len() {
                if let Some(task) = self.pop_task(block, thread) {
                    self.finish(task)?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Ends a thread; the last one ends the workgroup.
    pub(super) fn exit(&mut self, block: usize, thread: u32) -> Exec<()> {
        let warp = self.warp_of(block, thread);
        self.epoch += 1;
        let workgroup = &mut self.blocks[block];
        let state = &mut workgroup.threads[thread as usize];
        state.state = State::Exited;
        if !state.stores.settled() {
            return Err(FaultKind::ExitInFlight("a bulk store of this thread".to_owned()));
        }
        let warp = &mut workgroup.warps[warp];
        warp.ready -= 1;
        warp.exited += 1;
        if warp.gathered > 0 {
            let detail = format!("thread {thread} has ended, {} lanes wait", warp.gathered);
            let operation = "a subgroup operation".to_owned();
            return Err(FaultKind::Divergent { operation, detail });
        }
        workgroup.exited += 1;
        if workgroup.at_barrier > 0 {
            let detail =
                format!("thread {thread} has ended, {} threads wait", workgroup.at_barrier);
            return Err(FaultKind::Divergent { operation: "the barrier".to_owned(), detail });
        }
        let done = workgroup.exited as usize == workgroup.threads.len();
        self.cluster_exit(block);
        if done { self.retire(block) } else { Ok(()) }
    }

    /// Ends a workgroup and frees what it holds.
    fn retire(&mut self, block: usize) -> Exec<()> {
        for thread in 0..self.blocks[block].threads.len() {
            let rest = |state: &mut Thread| {
                state.copies.pop(u32::MAX).or_else(|| state.stores.pop(u32::MAX))
            };
            while let Some(task) = rest(&mut self.blocks[block].threads[thread]) {
                self.complete(task)?;
            }
        }
        if self.blocks[block].products.iter().any(|queue| !queue.settled()) {
            return Err(FaultKind::ExitInFlight("a wgmma".to_owned()));
        }
        let aims = |task: &Task| matches!(task, Task::Load { block: to, .. } if *to == block);
        if self.loads.iter().any(aims) {
            return Err(FaultKind::ExitInFlight("a bulk or tensor load".to_owned()));
        }
        let workgroup = &mut self.blocks[block];
        workgroup.retired = true;
        workgroup.threads = Vec::new();
        workgroup.memory = Default::default();
        workgroup.history = Default::default();
        workgroup.fragments = Vec::new();
        let (launch, launched, cluster) = (workgroup.launch, workgroup.launched, workgroup.cluster);
        self.live.retain(|slot| *slot != block);
        let members = self.clusters[cluster].members.clone();
        let cluster_ends = members.iter().all(|slot| self.blocks[*slot].retired);
        let progress = &mut self.progress[launch];
        progress.resident -= usize::from(cluster_ends);
        progress.unfinished -= 1;
        progress.holding -= u64::from(!launched);
        if progress.unfinished == 0 {
            self.finish_launch(launch);
        }
        Ok(())
    }

    /// All workgroups of a launch are over: its accesses become one past event.
    fn finish_launch(&mut self, launch: usize) {
        let of_launch = |cluster: u32| {
            let members = self.clusters.get(cluster as usize).map(|c| c.members.as_slice());
            let first = members.and_then(<[usize]>::first);
            first.is_some_and(|slot| self.blocks[*slot].launch == launch)
        };
        let agent = launch_agent(launch);
        for history in self.histories.iter_mut().flatten() {
            history.rename(&|old| of_launch(old.cluster).then_some(agent));
        }
        if self.progress.iter().any(|p| p.unfinished == 0) {
            self.release_dependents();
        }
    }

    /// Lets threads go on that wait for earlier kernels, if those are over.
    fn release_dependents(&mut self) {
        for block in self.live.clone() {
            let launch = self.blocks[block].launch;
            if self.progress[..launch].iter().any(|p| p.unfinished > 0) {
                continue;
            }
            for thread in 0..self.blocks[block].threads.len() {
                let state = &mut self.blocks[block].threads[thread];
                if state.state == State::Waiting(Wait::GridDependency) {
                    (0..launch).for_each(|earlier| state.clock.learn(launch_agent(earlier), 1));
                    self.wake(block, thread as u32, true);
                }
            }
        }
    }
}
