//! Data races: the last writer and the readers since, for each granule of some memory.

use super::clock::{Agent, Clock};

/// Who accesses, and what they know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actor<'a> {
    /// Who issues the access.
    pub(super) issuer: Agent,
    /// What the issuer knows of others.
    pub(super) clock: &'a Clock,
    /// Under whose name it is recorded (an asynchronous engine's, or the issuer's own) ...
    pub(super) agent: Agent,
    /// ... and when.
    pub(super) tick: u32,
    /// Atomic accesses do not race with each other.
    pub(super) atomic: bool,
}

impl Actor<'_> {
    fn knows(&self, agent: Agent, tick: u32) -> bool {
        agent == self.issuer || self.clock.get(agent) >= tick
    }
}

/// An earlier access that nothing orders before this one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Conflict {
    /// First byte of the granule.
    pub(super) byte: usize,
    pub(super) agent: Agent,
    pub(super) was_write: bool,
}

#[derive(Debug, Clone, Copy)]
struct Reader {
    agent: Agent,
    tick: u32,
    atomic: bool,
}

#[derive(Debug, Clone, Default)]
struct Granule {
    writer: Agent,
    /// 0: never written.
    written: u32,
    atomic: bool,
    readers: Vec<Reader>,
}

/// The access history of one buffer or workgroup memory.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    shift: u32,
    granules: Vec<Granule>,
}

impl History {
    /// `granule` bytes (a power of two) are told apart.
    pub(super) fn new(len: usize, granule: u32) -> History {
        let shift = granule.max(1).trailing_zeros();
        History { shift, granules: vec![Granule::default(); len.div_ceil(1 << shift)] }
    }

    fn range(&mut self, at: usize, len: usize) -> (usize, &mut [Granule]) {
        let first = at >> self.shift;
        let last = (at + len.max(1) - 1) >> self.shift;
        (first, self.granules.get_mut(first..=last).unwrap_or_default())
    }

    pub(super) fn read(&mut self, at: usize, len: usize, by: &Actor<'_>) -> Result<(), Conflict> {
        let shift = self.shift;
        let (first, granules) = self.range(at, len);
        for (offset, granule) in granules.iter_mut().enumerate() {
            let both_atomic = by.atomic && granule.atomic;
            if granule.written != 0 && !both_atomic && !by.knows(granule.writer, granule.written) {
                let byte = (first + offset) << shift;
                return Err(Conflict { byte, agent: granule.writer, was_write: true });
            }
            granule.note_reader(Reader { agent: by.agent, tick: by.tick, atomic: by.atomic });
        }
        Ok(())
    }

    pub(super) fn write(&mut self, at: usize, len: usize, by: &Actor<'_>) -> Result<(), Conflict> {
        let shift = self.shift;
        let (first, granules) = self.range(at, len);
        for (offset, granule) in granules.iter_mut().enumerate() {
            let byte = (first + offset) << shift;
            let both_atomic = by.atomic && granule.atomic;
            if granule.written != 0 && !both_atomic && !by.knows(granule.writer, granule.written) {
                return Err(Conflict { byte, agent: granule.writer, was_write: true });
            }
            let unordered = |reader: &&Reader| {
                !(by.atomic && reader.atomic || by.knows(reader.agent, reader.tick))
            };
            if let Some(reader) = granule.readers.iter().find(unordered) {
                return Err(Conflict { byte, agent: reader.agent, was_write: false });
            }
            granule.writer = by.agent;
            granule.written = by.tick;
            granule.atomic = by.atomic;
            granule.readers.clear();
        }
        Ok(())
    }

    /// Calls `f` with each granule's first byte, last writer and tick, until it gives a result.
    pub(super) fn find_writer<T>(
        &mut self,
        at: usize,
        len: usize,
        mut f: impl FnMut(usize, Agent, u32) -> Option<T>,
    ) -> Option<T> {
        let shift = self.shift;
        let (first, granules) = self.range(at, len);
        let written = granules.iter().enumerate().filter(|(_, granule)| granule.written != 0);
        let mut rows = written.map(|(i, granule)| (first + i, granule.writer, granule.written));
        rows.find_map(|(granule, writer, tick)| f(granule << shift, writer, tick))
    }
}

impl History {
    /// Renames agents: those of a finished launch become one.
    pub(super) fn rename(&mut self, new_name: &dyn Fn(Agent) -> Option<Agent>) {
        for granule in &mut self.granules {
            if granule.written != 0
                && let Some(agent) = new_name(granule.writer)
            {
                (granule.writer, granule.written) = (agent, 1);
            }
            for reader in &mut granule.readers {
                if let Some(agent) = new_name(reader.agent) {
                    (reader.agent, reader.tick) = (agent, 1);
                }
            }
        }
    }
}

impl Granule {
    fn note_reader(&mut self, reader: Reader) {
        let same = |last: &&mut Reader| last.agent == reader.agent && last.atomic == reader.atomic;
        match self.readers.last_mut().filter(same) {
            Some(last) => last.tick = last.tick.max(reader.tick),
            None => self.readers.push(reader),
        }
        // Threads that read in turns would let the list grow for ever.
        if self.readers.len() >= 64 && self.readers.len().is_power_of_two() {
            let order = |r: &Reader| (r.agent, r.atomic, std::cmp::Reverse(r.tick));
            self.readers.sort_unstable_by_key(order);
            self.readers.dedup_by_key(|reader| (reader.agent, reader.atomic));
        }
    }
}
