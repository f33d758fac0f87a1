//! Places resolved to bytes, and the checks that every access passes.

use super::block::SHARED_BASE;
use super::clock::Agent;
use super::fault::{Exec, FaultKind};
use super::integer;
use super::launch::Binding;
use super::machine::{Machine, launch_agent};
use super::race::{Actor, Conflict, History};
use super::step::Site;
use super::task::{Extent, Space};
use crate::ir::op::{Base, Place};
use crate::ir::{Access, ParamId, ParamKind, ParamRole};

/// How an access is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    /// The thread's own, in program order.
    Own,
    /// The thread's own and atomic.
    Atomic,
    /// An asynchronous engine's: of this agent, done at this tick of it.
    Engine(Agent, u32),
}

/// Which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
}

impl Machine<'_, '_> {
    /// Where a place lies; `bytes` from there must be inside of the array and `align`ed.
    pub(super) fn resolve(
        &self,
        site: Site<'_, '_>,
        place: &Place,
        bytes: u64,
        align: u64,
    ) -> Exec<Extent> {
        let module = site.program.module;
        let index = integer::value(module.type_of(place.index), self.get(site, place.index));
        let (space, start, element, length, address) = match place.base {
            Base::Buffer(param) => match site.program.bindings.get(param.index()) {
                Some(Binding::Buffer(bound)) => {
                    let address = self.memory.buffers[bound.buffer].address + bound.offset;
                    let space = Space::Buffer(bound.buffer);
                    (space, bound.offset, bound.element.size(), bound.length, address)
                }
                _ => {
                    return Err(FaultKind::Operands(format!("parameter {} is no buffer", param.0)));
                }
            },
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                let array = &module.shared[id.index()];
                let start = u64::from(site.program.layout.0[id.index()]);
                let space = Space::Shared(self.place_block(site, place)?);
                let address = u64::from(SHARED_BASE) + start;
                (space, start, array.element.size(), u64::from(array.len), address)
            }
        };
        let at = index * i128::from(element);
        if index < 0 || at + i128::from(bytes) > i128::from(length) * i128::from(element) {
            let array = self.array_name(site, place.base);
            return Err(FaultKind::OutOfBounds { array, index, count: bytes, length });
        }
        let address = address + at as u64;
        if !address.is_multiple_of(align.max(1)) {
            let array = self.array_name(site, place.base);
            return Err(FaultKind::Misaligned { array, address, bytes: align });
        }
        Ok(Extent { space, at: start as usize + at as usize, len: bytes as usize })
    }

    /// The resident workgroup whose memory a place in workgroup memory is in.
    fn place_block(&self, site: Site<'_, '_>, place: &Place) -> Exec<usize> {
        let Base::Cluster { rank, .. } = place.base else { return Ok(site.block) };
        let rank = self.get(site, rank) as usize;
        self.peer(site.block, rank)
    }

    /// The workgroup of the cluster with this rank.
    pub(super) fn peer(&self, block: usize, rank: usize) -> Exec<usize> {
        let members = &self.clusters[self.blocks[block].cluster].members;
        let slot = *members.get(rank).ok_or_else(|| {
            let count = members.len();
            FaultKind::Barrier(format!("rank {rank} in a cluster of {count} workgroups"))
        })?;
        if self.blocks[slot].retired {
            return Err(FaultKind::Barrier(format!("workgroup {rank} of the cluster has ended")));
        }
        Ok(slot)
    }

    /// The name of an array in the source.
    pub(super) fn array_name(&self, site: Site<'_, '_>, base: Base) -> String {
        let module = site.program.module;
        match base {
            Base::Buffer(param) => module.params[param.index()].name.clone(),
            Base::Shared(id) | Base::Cluster { array: id, .. } => {
                module.shared[id.index()].name.clone()
            }
        }
    }

    /// Checks a buffer's declared access and the dependency on earlier kernels.
    pub(super) fn permit(&self, site: Site<'_, '_>, base: Base, direction: Direction) -> Exec<()> {
        let Base::Buffer(param) = base else { return Ok(()) };
        let declared = &site.program.module.params[param.index()];
        let ParamKind::Buffer { access, role, .. } = &declared.kind else { return Ok(()) };
        let refused = match (access, direction) {
            (Access::Read, Direction::Write) => Some(("read-only", "written")),
            (Access::Write, Direction::Read) => Some(("write-only", "read")),
            _ => None,
        };
        if let Some((declared_as, used)) = refused {
            let array = declared.name.clone();
            return Err(FaultKind::Access { array, declared: declared_as, used });
        }
        self.depend(site, param, *role == ParamRole::Activations)
    }

    /// Data of earlier kernels in flight may be touched only after the dependency wait.
    pub(super) fn depend(&self, site: Site<'_, '_>, param: ParamId, activations: bool) -> Exec<()> {
        if !site.program.dependent {
            return Ok(());
        }
        let launch = self.blocks[site.block].launch;
        let clock = &self.blocks[site.block].threads[site.thread as usize].clock;
        let waited = clock.get(launch_agent(launch - 1)) > 0;
        if waited || !(activations || self.written_before(launch, site, param)) {
            return Ok(());
        }
        let name = site.program.module.params[param.index()].name.clone();
        Err(FaultKind::DependentAccess(name))
    }

    /// Whether an earlier launch may write the buffer of a parameter.
    fn written_before(&self, launch: usize, site: Site<'_, '_>, param: ParamId) -> bool {
        let buffer = |binding: &Binding| match binding {
            Binding::Buffer(bound) => Some(bound.buffer),
            Binding::TensorMap(map) => Some(map.buffer.0),
            Binding::Scalar(_) => None,
        };
        let wanted = site.program.bindings.get(param.index()).and_then(buffer);
        self.programs[..launch].iter().any(|program| {
            program.bindings.iter().zip(&program.module.params).any(|(binding, param)| {
                let writes = match &param.kind {
                    ParamKind::Buffer { access, .. } => *access != Access::Read,
                    ParamKind::TensorMap { of: Some(of), .. } => of.access != Access::Read,
                    _ => true,
                };
                writes && buffer(binding) == wanted && wanted.is_some()
            })
        })
    }

    /// The agent of a thread.
    pub(super) fn agent(&self, site: Site<'_, '_>) -> Agent {
        let workgroup = &self.blocks[site.block];
        let threads = site.program.module.thread_count();
        let slot = workgroup.rank * threads + site.thread;
        Agent { cluster: workgroup.cluster as u32, slot }
    }

    /// Looks for a race of an access, and remembers it.
    pub(super) fn observe(
        &mut self,
        site: Site<'_, '_>,
        name: Base,
        extent: Extent,
        direction: Direction,
        record: Record,
    ) -> Exec<()> {
        if !self.options.races || extent.len == 0 {
            return Ok(());
        }
        let Some(mut history) = self.take_history(extent.space) else { return Ok(()) };
        let issuer = self.agent(site);
        let thread = &self.blocks[site.block].threads[site.thread as usize];
        let (agent, tick) = match record {
            Record::Engine(agent, tick) => (agent, tick),
            Record::Own | Record::Atomic => (issuer, thread.tick),
        };
        let atomic = record == Record::Atomic;
        let actor = Actor { issuer, clock: &thread.clock, agent, tick, atomic };
        let outcome = match direction {
            Direction::Read => history.read(extent.at, extent.len, &actor),
            Direction::Write => history.write(extent.at, extent.len, &actor),
        };
        self.put_history(extent.space, history);
        outcome.map_err(|conflict| self.conflict(site, name, direction, conflict))
    }

    /// Takes a memory's history out, so that clocks can be read meanwhile.
    pub(super) fn take_history(&mut self, space: Space) -> Option<History> {
        match space {
            Space::Buffer(buffer) => self.histories[buffer].as_mut().map(std::mem::take),
            Space::Shared(block) => Some(std::mem::take(&mut self.blocks[block].history)),
        }
    }

    pub(super) fn put_history(&mut self, space: Space, history: History) {
        match space {
            Space::Buffer(buffer) => self.histories[buffer] = Some(history),
            Space::Shared(block) => self.blocks[block].history = history,
        }
    }

    /// Who an agent is, in words; and whether it is a thread.
    pub(super) fn who(&self, agent: Agent) -> (String, bool) {
        let Some(cluster) = self.clusters.get(agent.cluster as usize) else {
            return ("an earlier kernel".to_owned(), true);
        };
        let each = cluster.threads / cluster.members.len().max(1) as u32;
        let at = cluster.members.first().map_or([0; 3], |slot| self.blocks[*slot].coordinates);
        let name = cluster.describe(agent.slot, each);
        (format!("{name} of block {at:?}"), agent.slot < cluster.threads)
    }

    fn conflict(
        &self,
        site: Site<'_, '_>,
        base: Base,
        direction: Direction,
        conflict: Conflict,
    ) -> FaultKind {
        let (other, is_thread) = self.who(conflict.agent);
        let array = self.array_name(site, base);
        let byte = conflict.byte as u64;
        if !is_thread {
            let what = format!("`{array}` (byte {byte} of its memory)");
            return FaultKind::InFlight { what, by: other };
        }
        let access = if direction == Direction::Read { "read" } else { "write" };
        let earlier = if conflict.was_write { "write" } else { "read" };
        FaultKind::Race { array, byte, access, earlier, other }
    }
}
