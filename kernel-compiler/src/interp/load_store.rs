//! Ordinary loads and stores (`Op::Memory`).

use super::access::{Direction, Record};
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::step::{Flow, Site};
use super::storage::Storage;
use super::task::{Extent, Space};
use crate::ir::op::{Base, MemoryOp, Place};
use crate::ir::{Operand, Scalar, ValueId};

impl Machine<'_, '_> {
    pub(super) fn memory_op(
        &mut self,
        site: Site<'_, '_>,
        op: &MemoryOp,
        results: &[ValueId],
    ) -> Exec<Flow> {
        match op {
            MemoryOp::Load { place, ty, count, .. } => {
                let mut words = [0u64; 16];
                let count = (*count as usize).min(words.len());
                self.load(site, place, *ty, &mut words[..count], Record::Own)?;
                self.define(site, results, &words[..count])
            }
            MemoryOp::Store { place, values, .. } => {
                self.store(site, place, values, Record::Own)?;
                Ok(Flow::Next)
            }
            MemoryOp::SharedAddress(place) => {
                let extent = self.resolve(site, place, 0, 1)?;
                let address = self.shared_address(site, extent)?;
                self.define(site, results, &[u64::from(address)])
            }
            MemoryOp::Prefetch(place) => {
                self.resolve(site, place, 1, 1)?;
                Ok(Flow::Next)
            }
            MemoryOp::LoadOrdered { .. }
            | MemoryOp::StoreOrdered { .. }
            | MemoryOp::Atomic { .. }
            | MemoryOp::CompareExchange { .. } => self.ordered_op(site, op, results),
        }
    }

    /// The window address of a place: a peer's has its rank in the high bits, as `mapa` gives it.
    pub(super) fn shared_address(&self, site: Site<'_, '_>, extent: Extent) -> Exec<u32> {
        let Space::Shared(block) = extent.space else {
            return Err(FaultKind::Operands("the shared address of a global buffer".to_owned()));
        };
        let window = if block == site.block { 0 } else { (self.blocks[block].rank + 1) << 24 };
        Ok(window + super::block::SHARED_BASE + extent.at as u32)
    }

    pub(super) fn storage(&self, space: Space) -> &Storage {
        match space {
            Space::Buffer(buffer) => &self.memory.buffers[buffer].storage,
            Space::Shared(block) => &self.blocks[block].memory,
        }
    }

    pub(super) fn storage_mut(&mut self, space: Space) -> &mut Storage {
        match space {
            Space::Buffer(buffer) => &mut self.memory.buffers[buffer].storage,
            Space::Shared(block) => &mut self.blocks[block].memory,
        }
    }

    /// Reads scalars from consecutive places, with all checks.
    pub(super) fn load(
        &mut self,
        site: Site<'_, '_>,
        place: &Place,
        ty: Scalar,
        words: &mut [u64],
        record: Record,
    ) -> Exec<Extent> {
        let size = ty.size() as usize;
        let bytes = (size * words.len()) as u64;
        let extent = self.resolve(site, place, bytes, bytes)?;
        self.permit(site, place.base, Direction::Read)?;
        self.observe(site, place.base, extent, Direction::Read, record)?;
        self.require_written(site, place.base, extent)?;
        let storage = self.storage(extent.space);
        for (i, word) in words.iter_mut().enumerate() {
            *word = storage.word(extent.at + i * size, size);
        }
        match extent.space {
            Space::Buffer(buffer) => self.memory.buffers[buffer].loaded += bytes,
            Space::Shared(_) => self.report.shared_loaded += bytes,
        }
        Ok(extent)
    }

    /// Memory that nobody wrote must not be read.
    pub(super) fn require_written(
        &self,
        site: Site<'_, '_>,
        base: Base,
        extent: Extent,
    ) -> Exec<()> {
        match self.storage(extent.space).first_unwritten(extent.at, extent.len) {
            None => Ok(()),
            Some(byte) => {
                let array = self.array_name(site, base);
                Err(FaultKind::Unwritten { array, byte: byte as u64 })
            }
        }
    }

    /// Writes scalars to consecutive places, with all checks.
    pub(super) fn store(
        &mut self,
        site: Site<'_, '_>,
        place: &Place,
        values: &[Operand],
        record: Record,
    ) -> Exec<Extent> {
        let ty = values.first().map_or(Scalar::U32, |v| site.program.module.type_of(*v));
        let size = ty.size() as usize;
        let bytes = (size * values.len()) as u64;
        let extent = self.resolve(site, place, bytes, bytes)?;
        self.permit(site, place.base, Direction::Write)?;
        self.observe(site, place.base, extent, Direction::Write, record)?;
        for (i, value) in values.iter().enumerate() {
            let word = self.get(site, *value).to_le_bytes();
            self.storage_mut(extent.space).put(extent.at + i * size, &word[..size]);
        }
        self.count_stored(extent);
        self.epoch += 1;
        Ok(extent)
    }

    pub(super) fn count_stored(&mut self, extent: Extent) {
        match extent.space {
            Space::Buffer(buffer) => self.memory.buffers[buffer].stored += extent.len as u64,
            Space::Shared(_) => self.report.shared_stored += extent.len as u64,
        }
    }
}
