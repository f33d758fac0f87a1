//! `cp.async` and bulk copies.

use super::access::{Direction, Record};
use super::block::Engine;
use super::clock::Agent;
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::step::{Flow, Site};
use super::task::{Extent, Move, Space, Task};
use crate::ir::op::{Base, BulkReduce, Place};
use crate::ir::{Operand, ParamKind, Scalar};

impl Machine<'_, '_> {
    /// The agent of one of the site's engines.
    pub(super) fn engine(&mut self, site: Site<'_, '_>, make: fn(u32, u32) -> Engine) -> Agent {
        let workgroup = &self.blocks[site.block];
        let (cluster, engine) = (workgroup.cluster, make(workgroup.rank, site.thread));
        self.clusters[cluster].engine(cluster, engine)
    }

    pub(super) fn copy_async(
        &mut self,
        site: Site<'_, '_>,
        to: &Place,
        from: &Place,
        bytes: u32,
        valid: Option<Operand>,
    ) -> Exec<Flow> {
        let valid = valid.map_or(bytes, |operand| self.get(site, operand) as u32);
        if !matches!(bytes, 4 | 8 | 16) || valid > bytes {
            let message = format!("cp.async of {bytes} bytes, {valid} of them valid");
            return Err(FaultKind::Operands(message));
        }
        let (size, valid) = (u64::from(bytes), valid as usize);
        let to_extent = self.resolve(site, to, size, size)?;
        let mut moves = Vec::new();
        if valid > 0 {
            let source = self.resolve(site, from, valid as u64, size)?;
            self.read_source(site, from.base, source)?;
            let to = Extent { len: valid, ..to_extent };
            moves.push(Move { from: Some(source), to, reduce: None });
        }
        if valid < bytes as usize {
            let to = Extent { at: to_extent.at + valid, len: bytes as usize - valid, ..to_extent };
            moves.push(Move { from: None, to, reduce: None });
        }
        let agent = self.engine(site, Engine::Copies);
        let record = Record::Engine(agent, self.thread(site).copies.current());
        self.observe(site, to.base, to_extent, Direction::Write, record)?;
        self.report.copies += 1;
        self.thread(site).copies.push(Task::Moves(moves));
        Ok(Flow::Next)
    }

    /// All checks of a source in global memory; it counts as loaded.
    fn read_source(&mut self, site: Site<'_, '_>, base: Base, source: Extent) -> Exec<()> {
        self.permit(site, base, Direction::Read)?;
        self.observe(site, base, source, Direction::Read, Record::Own)?;
        self.require_written(site, base, source)?;
        if let Space::Buffer(buffer) = source.space {
            self.memory.buffers[buffer].loaded += source.len as u64;
        }
        Ok(())
    }

    pub(super) fn copy_async_wait(&mut self, site: Site<'_, '_>, pending: u32) -> Exec<Flow> {
        let done = self.thread(site).copies.wait(pending as usize);
        while let Some(task) = self.thread(site).copies.pop(done) {
            self.complete(task)?;
        }
        let agent = self.engine(site, Engine::Copies);
        self.thread(site).clock.learn(agent, done);
        Ok(Flow::Next)
    }

    pub(super) fn copy_async_arrive(&mut self, site: Site<'_, '_>, barrier: &Place) -> Exec<Flow> {
        let (block, address) = self.barrier_place(site, barrier)?;
        let engine = self.engine(site, Engine::Copies);
        let agent = self.agent(site);
        let mut clock = self.release(site);
        let copies = &mut self.thread(site).copies;
        clock.learn(engine, copies.current());
        copies.push(Task::Arrive(block, address, agent, Box::new(clock)));
        copies.advance();
        Ok(Flow::Next)
    }

    pub(super) fn bulk_load(
        &mut self,
        site: Site<'_, '_>,
        to: &Place,
        from: &Place,
        bytes: Operand,
        barrier: &Place,
    ) -> Exec<Flow> {
        let size = self.bulk_size(site, bytes)?;
        let source = self.resolve(site, from, size, 16)?;
        let target = self.resolve(site, to, size, 16)?;
        let (block, address) = self.barrier_place(site, barrier)?;
        if target.space != Space::Shared(block) {
            let message = "a bulk load and its mbarrier are in different workgroups".to_owned();
            return Err(FaultKind::Barrier(message));
        }
        self.read_source(site, from.base, source)?;
        let (agent, tick) = self.load_agent(block, address)?;
        self.async_access(site, to.base, &[target], Direction::Write, (agent, tick))?;
        let moves = vec![Move { from: Some(source), to: target, reduce: None }];
        self.report.copies += 1;
        self.loads.push(Task::Load { moves, block, barrier: address, bytes: size as u32 });
        Ok(Flow::Next)
    }

    fn bulk_size(&self, site: Site<'_, '_>, bytes: Operand) -> Exec<u64> {
        let size = self.get(site, bytes);
        if size.is_multiple_of(16) {
            return Ok(size);
        }
        Err(FaultKind::Operands(format!("a bulk copy of {size} bytes, no multiple of 16")))
    }

    pub(super) fn bulk_store(
        &mut self,
        site: Site<'_, '_>,
        to: &Place,
        from: &Place,
        bytes: Operand,
        reduce: BulkReduce,
    ) -> Exec<Flow> {
        let size = self.bulk_size(site, bytes)?;
        let source = self.resolve(site, from, size, 16)?;
        let target = self.resolve(site, to, size, 16)?;
        let element = match to.base {
            Base::Buffer(param) => match &site.program.module.params[param.index()].kind {
                ParamKind::Buffer { element, .. } => *element,
                _ => Scalar::U8,
            },
            _ => Scalar::U8,
        };
        let reduce = match reduce {
            BulkReduce::None => None,
            BulkReduce::With(op) => Some((op, element)),
        };
        self.permit(site, to.base, Direction::Write)?;
        let one = Move { from: Some(source), to: target, reduce };
        self.issue_store(site, from.base, to.base, source, vec![one])?;
        Ok(Flow::Next)
    }

    /// Queues a store of workgroup memory to global memory, with all checks.
    pub(super) fn issue_store(
        &mut self,
        site: Site<'_, '_>,
        from: Base,
        to: Base,
        source: Extent,
        moves: Vec<Move>,
    ) -> Exec<()> {
        let tick = self.thread(site).stores.current();
        let reads = self.engine(site, Engine::StoreReads);
        let writes = self.engine(site, Engine::StoreWrites);
        self.async_access(site, from, &[source], Direction::Read, (reads, tick))?;
        self.require_written(site, from, source)?;
        for one in &moves {
            if one.reduce.is_some() {
                self.require_written(site, to, one.to)?;
                self.observe(site, to, one.to, Direction::Write, Record::Atomic)?;
            } else {
                let record = Record::Engine(writes, tick);
                self.observe(site, to, one.to, Direction::Write, record)?;
            }
            self.count_stored(one.to);
        }
        self.report.copies += 1;
        self.thread(site).stores.push(Task::Moves(moves));
        Ok(())
    }

    pub(super) fn bulk_wait(&mut self, site: Site<'_, '_>, pending: u32, read: bool) -> Exec<Flow> {
        let done = self.thread(site).stores.wait(pending as usize);
        while let Some(task) = self.thread(site).stores.pop(done) {
            self.complete(task)?;
        }
        let reads = self.engine(site, Engine::StoreReads);
        self.thread(site).clock.learn(reads, done);
        if !read {
            let writes = self.engine(site, Engine::StoreWrites);
            self.thread(site).clock.learn(writes, done);
        }
        Ok(Flow::Next)
    }
}
