//! Accesses of the asynchronous proxy to workgroup memory.
//!
//! Ordinary writes are seen by TMA, bulk copies and `wgmma` only behind a `fence.proxy.async` that
//! their writer makes after them and that the issuer of the asynchronous operation knows of.

use super::access::{Direction, Record};
use super::clock::Agent;
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::step::Site;
use super::task::Extent;
use crate::ir::op::Base;

impl Machine<'_, '_> {
    /// Checks and records an access of an asynchronous engine.
    pub(super) fn async_access(
        &mut self,
        site: Site<'_, '_>,
        base: Base,
        extents: &[Extent],
        direction: Direction,
        (agent, tick): (Agent, u32),
    ) -> Exec<()> {
        if !self.options.races {
            return Ok(());
        }
        for extent in extents {
            self.require_proxy_fence(site, base, *extent)?;
            self.observe(site, base, *extent, direction, Record::Engine(agent, tick))?;
        }
        Ok(())
    }

    fn require_proxy_fence(&mut self, site: Site<'_, '_>, base: Base, extent: Extent) -> Exec<()> {
        let Some(mut history) = self.take_history(extent.space) else { return Ok(()) };
        let me = self.agent(site);
        let clock = &self.blocks[site.block].threads[site.thread as usize].clock;
        let mut checked: Option<(Agent, u32)> = None;
        let bare = history.find_writer(extent.at, extent.len, |byte, writer, tick| {
            if checked == Some((writer, tick)) {
                return None;
            }
            let cluster = self.clusters.get(writer.cluster as usize)?;
            let known = if writer == me { u32::MAX } else { clock.get(writer) };
            // A write that the issuer does not know of is a race, and reported as such.
            if tick > known || !cluster.is_generic(writer.slot) {
                checked = Some((writer, tick));
                return None;
            }
            let fences = self.proxy_fences.get(&writer).map_or(&[][..], Vec::as_slice);
            let first = fences.partition_point(|fence| *fence < tick);
            if fences.get(first).is_some_and(|fence| *fence <= known) {
                checked = Some((writer, tick));
                return None;
            }
            Some((byte, writer))
        });
        self.put_history(extent.space, history);
        let Some((byte, writer)) = bare else { return Ok(()) };
        let array = self.array_name(site, base);
        let writer = self.who(writer).0;
        Err(FaultKind::MissingProxyFence { array, byte: byte as u64, writer })
    }
}
