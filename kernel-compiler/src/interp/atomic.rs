//! Ordered accesses, read-modify-write operations and fences: what they make known to whom.

use super::access::{Direction, Record};
use super::arith;
use super::clock::Clock;
use super::fault::Exec;
use super::machine::{Machine, Published};
use super::step::{Flow, Site};
use super::task::{Extent, Space};
use crate::ir::op::{AtomicOp, BinaryOp, MemoryOp, MemoryOrder, Place, Scope};
use crate::ir::{Operand, Scalar, ValueId};

/// Combines what is in memory with a value.
pub(super) fn combine(op: AtomicOp, ty: Scalar, old: u64, value: u64) -> Exec<u64> {
    let op = match op {
        AtomicOp::Add => BinaryOp::Add,
        AtomicOp::Min => BinaryOp::Min,
        AtomicOp::Max => BinaryOp::Max,
        AtomicOp::And => BinaryOp::And,
        AtomicOp::Or => BinaryOp::Or,
        AtomicOp::Xor => BinaryOp::Xor,
        AtomicOp::Exchange => return Ok(value),
    };
    arith::binary(op, ty, old, value, false, 64)
}

fn acquires(order: MemoryOrder) -> bool {
    matches!(order, MemoryOrder::Acquire | MemoryOrder::AcquireRelease)
}

fn releases(order: MemoryOrder) -> bool {
    matches!(order, MemoryOrder::Release | MemoryOrder::AcquireRelease)
}

impl Machine<'_, '_> {
    pub(super) fn ordered_op(
        &mut self,
        site: Site<'_, '_>,
        op: &MemoryOp,
        results: &[ValueId],
    ) -> Exec<Flow> {
        let module = site.program.module;
        match op {
            MemoryOp::LoadOrdered { place, ty, scope, order } => {
                let mut word = [0u64];
                let extent = self.load(site, place, *ty, &mut word, Record::Atomic)?;
                self.acquire(site, extent, *scope, acquires(*order));
                self.define(site, results, &word)?;
                self.poll(site, false)
            }
            MemoryOp::StoreOrdered { place, value, scope, order } => {
                let extent = self.store(site, place, &[*value], Record::Atomic)?;
                self.publish(site, extent, *scope, releases(*order), false);
                Ok(Flow::Yield)
            }
            MemoryOp::Atomic { op, place, value, scope, order, .. } => {
                let ty = module.type_of(*value);
                let operand = self.get(site, *value);
                let update = |old| combine(*op, ty, old, operand).map(Some);
                let (old, _) = self.modify(site, place, ty, (*scope, *order), &update)?;
                self.define(site, results, &[old])?;
                Ok(Flow::Yield)
            }
            MemoryOp::CompareExchange { place, expected, value, scope, order } => {
                let ty = module.type_of(*value);
                let [expected, value]: [u64; 2] =
                    [*expected, *value].map(|operand: Operand| self.get(site, operand));
                let update = |old| Ok((old == expected).then_some(value));
                let (old, wrote) = self.modify(site, place, ty, (*scope, *order), &update)?;
                self.define(site, results, &[old])?;
                self.poll(site, wrote)
            }
            _ => self.memory_op(site, op, results),
        }
    }

    /// One read-modify-write; gives the old value and whether a new one was written.
    fn modify(
        &mut self,
        site: Site<'_, '_>,
        place: &Place,
        ty: Scalar,
        (scope, order): (Scope, MemoryOrder),
        update: &dyn Fn(u64) -> Exec<Option<u64>>,
    ) -> Exec<(u64, bool)> {
        let mut word = [0u64];
        let extent = self.load(site, place, ty, &mut word, Record::Atomic)?;
        self.acquire(site, extent, scope, acquires(order));
        let Some(new) = update(word[0])? else { return Ok((word[0], false)) };
        self.permit(site, place.base, Direction::Write)?;
        self.observe(site, place.base, extent, Direction::Write, Record::Atomic)?;
        let bytes = new.to_le_bytes();
        self.storage_mut(extent.space).put(extent.at, &bytes[..extent.len]);
        self.count_stored(extent);
        self.publish(site, extent, scope, releases(order), true);
        self.epoch += 1;
        Ok((word[0], true))
    }

    fn key(extent: Extent) -> (usize, usize) {
        match extent.space {
            Space::Buffer(buffer) => (2 * buffer, extent.at),
            Space::Shared(block) => (2 * block + 1, extent.at),
        }
    }

    /// Learns what was published at an address: now, or at the next fence.
    fn acquire(&mut self, site: Site<'_, '_>, extent: Extent, scope: Scope, now: bool) {
        if self.published.is_empty() {
            return;
        }
        let Some(published) = self.published.get(&Self::key(extent)) else { return };
        let near = scope == Scope::Workgroup || published.scope == Scope::Workgroup;
        if near && published.block != site.block {
            return;
        }
        let clock = published.clock.clone();
        let thread = self.thread(site);
        if now { thread.clock.join(&clock) } else { thread.seen.join(&clock) }
    }

    /// Publishes what the thread knows now, or knew at its last fence.
    fn publish(
        &mut self,
        site: Site<'_, '_>,
        extent: Extent,
        scope: Scope,
        now: bool,
        modify: bool,
    ) {
        let key = Self::key(extent);
        let block = site.block;
        let fenced = self.thread(site).release.clone();
        let mut published = match (now, fenced) {
            (true, _) => Published { clock: self.release(site), scope, block },
            (false, Some((clock, scope))) => Published { clock, scope, block },
            (false, None) if modify => return,
            (false, None) => {
                self.published.remove(&key);
                return;
            }
        };
        // A read-modify-write continues the release sequence of what it replaces.
        if modify && let Some(earlier) = self.published.get(&key) {
            published.clock.join(&earlier.clock);
        }
        self.published.insert(key, published);
    }

    /// What a thread knows, itself included; its later accesses are not part of it.
    pub(super) fn release(&mut self, site: Site<'_, '_>) -> Clock {
        let agent = self.agent(site);
        let thread = self.thread(site);
        let mut clock = thread.clock.clone();
        clock.learn(agent, thread.tick);
        thread.tick += 1;
        clock
    }

    /// `fence.acq_rel`: relaxed atomics before and after it take part in the order.
    pub(super) fn memory_fence(&mut self, site: Site<'_, '_>, scope: Scope) {
        let thread = self.thread(site);
        let seen = std::mem::take(&mut thread.seen);
        thread.clock.join(&seen);
        let clock = self.release(site);
        self.thread(site).release = Some((clock, scope));
    }
}
