//! Asynchronous operations (`Op::Async`): which file carries which out, and their completion.

use super::atomic::combine;
use super::fault::Exec;
use super::machine::{Machine, launch_agent};
use super::step::{Flow, Site};
use super::task::{Move, Task};
use super::thread::Wait;
use crate::ir::ValueId;
use crate::ir::op::AsyncOp;

impl<'m> Machine<'m, '_> {
    pub(super) fn async_op(
        &mut self,
        site: Site<'_, 'm>,
        op: &AsyncOp,
        results: &[ValueId],
    ) -> Exec<Flow> {
        match op {
            AsyncOp::CopyAsync { to, from, bytes, valid } => {
                self.copy_async(site, to, from, *bytes, *valid)
            }
            AsyncOp::CopyAsyncCommit => {
                self.thread(site).copies.commit();
                Ok(Flow::Next)
            }
            AsyncOp::CopyAsyncWait(pending) => self.copy_async_wait(site, *pending),
            AsyncOp::CopyAsyncArrive(barrier) => self.copy_async_arrive(site, barrier),
            AsyncOp::MbarrierInit { barrier, count } => self.mbarrier_init(site, barrier, *count),
            AsyncOp::MbarrierArrive { barrier, count, .. } => {
                let count = self.get(site, *count) as u32;
                self.mbarrier_arrive(site, barrier, count, 0)
            }
            AsyncOp::MbarrierExpect { barrier, bytes } => {
                let bytes = self.get(site, *bytes) as u32;
                self.mbarrier_arrive(site, barrier, 1, bytes)
            }
            AsyncOp::MbarrierTryWait { barrier, parity } => {
                self.mbarrier_try_wait(site, barrier, *parity, results)
            }
            AsyncOp::MbarrierWait { barrier, parity } => self.mbarrier_wait(site, barrier, *parity),
            AsyncOp::TensorLoad { map, coordinates, to, barrier, multicast, .. } => {
                self.tensor_load(site, *map, coordinates, to, barrier, *multicast)
            }
            AsyncOp::TensorStore { map, coordinates, from, reduce } => {
                self.tensor_store(site, *map, coordinates, from, *reduce)
            }
            AsyncOp::BulkLoad { to, from, bytes, barrier, .. } => {
                self.bulk_load(site, to, from, *bytes, barrier)
            }
            AsyncOp::BulkStore { to, from, bytes, reduce } => {
                self.bulk_store(site, to, from, *bytes, *reduce)
            }
            AsyncOp::BulkPrefetch { from, bytes } => {
                let bytes = self.get(site, *bytes);
                self.resolve(site, from, bytes, 16)?;
                Ok(Flow::Next)
            }
            AsyncOp::TensorMapPrefetch(_) => Ok(Flow::Next),
            AsyncOp::BulkCommit => {
                self.thread(site).stores.commit();
                Ok(Flow::Next)
            }
            AsyncOp::BulkWait { pending, read } => self.bulk_wait(site, *pending, *read),
            AsyncOp::GridDependencyWait => self.dependency_wait(site),
            AsyncOp::GridDependencyLaunch => {
                let workgroup = &mut self.blocks[site.block];
                if !workgroup.launched {
                    workgroup.launched = true;
                    self.progress[workgroup.launch].holding -= 1;
                }
                Ok(Flow::Next)
            }
        }
    }

    fn dependency_wait(&mut self, site: Site<'_, '_>) -> Exec<Flow> {
        let launch = self.blocks[site.block].launch;
        if self.progress[..launch].iter().any(|p| p.unfinished > 0) {
            self.suspend(site.block, site.thread, Wait::GridDependency);
            return Ok(Flow::Stop);
        }
        let clock = &mut self.thread(site).clock;
        (0..launch).for_each(|earlier| clock.learn(launch_agent(earlier), 1));
        Ok(Flow::Next)
    }

    /// Carries out what an operation has promised.
    pub(super) fn complete(&mut self, task: Task) -> Exec<()> {
        self.epoch += 1;
        match task {
            Task::Moves(moves) => moves.iter().try_for_each(|one| self.carry(one)),
            Task::Arrive(block, address, agent, clock) => {
                self.arrive(block, address, 1, &clock, agent)
            }
            Task::Load { moves, block, barrier, bytes } => {
                moves.iter().try_for_each(|one| self.carry(one))?;
                self.complete_bytes(block, barrier, bytes)
            }
            Task::Product(product) => self.multiply(&product),
        }
    }

    fn carry(&mut self, one: &Move) -> Exec<()> {
        let bytes = match one.from {
            None => vec![0; one.to.len],
            Some(from) => {
                let source = self.storage(from.space).get(from.at, from.len);
                source.map(<[u8]>::to_vec).unwrap_or_default()
            }
        };
        let Some((op, ty)) = one.reduce else {
            self.storage_mut(one.to.space).put(one.to.at, &bytes);
            return Ok(());
        };
        let size = ty.size() as usize;
        for (i, element) in bytes.chunks_exact(size).enumerate() {
            let mut word = [0u8; 8];
            word[..size].copy_from_slice(element);
            let at = one.to.at + i * size;
            let old = self.storage(one.to.space).word(at, size);
            let new = combine(op, ty, old, u64::from_le_bytes(word))?.to_le_bytes();
            self.storage_mut(one.to.space).put(at, &new[..size]);
        }
        Ok(())
    }
}
