//! Vector clocks: who knows of which accesses.
//!
//! An [`Agent`] makes accesses in order of its own ticks: a thread, or an asynchronous engine (a
//! thread's `cp.async` groups, an mbarrier's phases, ...). A [`Clock`] says up to which tick of each
//! agent everything has been observed. The parts of a clock are shared between the threads that left
//! the same barrier, so that a barrier costs one vector and not one per thread.

use std::rc::Rc;

/// Somebody who accesses memory: a slot of a cluster of workgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Agent {
    pub(super) cluster: u32,
    pub(super) slot: u32,
}

/// For each agent the last tick that is known; 0 for none.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    parts: Vec<(u32, Rc<Vec<u32>>)>,
}

impl Clock {
    pub(super) fn get(&self, agent: Agent) -> u32 {
        self.parts
            .iter()
            .find(|(cluster, _)| *cluster == agent.cluster)
            .and_then(|(_, ticks)| ticks.get(agent.slot as usize))
            .copied()
            .unwrap_or(0)
    }

    /// Learns that `agent` has reached `tick`.
    pub(super) fn learn(&mut self, agent: Agent, tick: u32) {
        if self.get(agent) >= tick {
            return;
        }
        let slot = agent.slot as usize;
        let position = self.parts.iter().position(|(cluster, _)| *cluster == agent.cluster);
        let position = position.unwrap_or_else(|| {
            self.parts.push((agent.cluster, Rc::default()));
            self.parts.len() - 1
        });
        if let Some((_, ticks)) = self.parts.get_mut(position) {
            let ticks = Rc::make_mut(ticks);
            if ticks.len() <= slot {
                ticks.resize(slot + 1, 0);
            }
            ticks[slot] = tick;
        }
    }

    /// Learns all that `other` knows.
    pub(super) fn join(&mut self, other: &Clock) {
        for (cluster, theirs) in &other.parts {
            match self.parts.iter_mut().find(|(mine, _)| mine == cluster) {
                None => self.parts.push((*cluster, Rc::clone(theirs))),
                Some((_, mine)) if Rc::ptr_eq(mine, theirs) => {}
                Some((_, mine)) => {
                    let mine = Rc::make_mut(mine);
                    if mine.len() < theirs.len() {
                        mine.resize(theirs.len(), 0);
                    }
                    for (mine, theirs) in mine.iter_mut().zip(theirs.iter()) {
                        *mine = (*mine).max(*theirs);
                    }
                }
            }
        }
    }

    fn same_parts(&self, other: &Clock) -> bool {
        self.parts.len() == other.parts.len()
            && self
                .parts
                .iter()
                .zip(&other.parts)
                .all(|(a, b)| a.0 == b.0 && Rc::ptr_eq(&a.1, &b.1))
    }
}

/// Collects what several arrivals know; threads with the same past are joined once.
#[derive(Debug, Clone, Default)]
pub(super) struct Gather {
    clock: Clock,
    joined: Vec<Clock>,
}

impl Gather {
    /// Adds what `agent`, now at `tick`, knows.
    pub(super) fn add(&mut self, past: &Clock, agent: Agent, tick: u32) {
        if !self.joined.iter().any(|joined| joined.same_parts(past)) {
            self.clock.join(past);
            if self.joined.len() < 8 {
                self.joined.push(past.clone());
            }
        }
        self.clock.learn(agent, tick);
    }

    /// What all know together; starts anew.
    pub(super) fn take(&mut self) -> Clock {
        self.joined.clear();
        std::mem::take(&mut self.clock)
    }
}
