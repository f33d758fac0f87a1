//! What is in flight at a point of the program.

use crate::ir::{LocalId, SharedId, ValueId};
use std::collections::{BTreeMap, BTreeSet};

/// Commits since the group that a register belongs to; older than this is all the same.
const OLDEST: u32 = 16;

/// What is in flight.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct State {
    /// Accumulators of wgmma, with their age in commits.
    pub accumulators: BTreeMap<LocalId, u32>,
    /// Values that wgmma reads, with their age.
    pub sources: BTreeMap<ValueId, u32>,
    /// Locals whose value a wgmma reads, with their age.
    pub borrowed: BTreeMap<LocalId, u32>,
    /// Locals written since the last fence.
    pub fresh_locals: BTreeSet<LocalId>,
    /// Sources computed since the last fence.
    pub fresh_values: BTreeSet<ValueId>,
    /// A wgmma fence was passed on every path.
    pub fenced: bool,
    /// Arrays with a copy in flight and no wait since.
    pub copied: BTreeSet<SharedId>,
    /// Copies that no commit covers yet.
    pub uncommitted: BTreeSet<SharedId>,
    /// The dependency wait was passed on every path.
    pub ready: bool,
}

fn younger<K: Ord + Copy>(into: &mut BTreeMap<K, u32>, from: &BTreeMap<K, u32>) {
    for (key, age) in from {
        into.entry(*key).and_modify(|mine| *mine = (*mine).min(*age)).or_insert(*age);
    }
}

impl State {
    /// What holds where two paths meet.
    pub fn join(&mut self, other: &State) {
        younger(&mut self.accumulators, &other.accumulators);
        younger(&mut self.sources, &other.sources);
        younger(&mut self.borrowed, &other.borrowed);
        self.fresh_locals.extend(&other.fresh_locals);
        self.fresh_values.extend(&other.fresh_values);
        self.copied.extend(&other.copied);
        self.uncommitted.extend(&other.uncommitted);
        self.fenced &= other.fenced;
        self.ready &= other.ready;
    }

    fn ages(&mut self) -> impl Iterator<Item = &mut u32> {
        let locals = self.accumulators.values_mut().chain(self.borrowed.values_mut());
        locals.chain(self.sources.values_mut())
    }

    /// A group of wgmma is closed.
    pub fn commit(&mut self) {
        self.ages().for_each(|age| *age = (*age + 1).min(OLDEST));
    }

    /// At most `pending` closed groups stay in flight. Says whether some wgmma was never committed.
    pub fn wait(&mut self, pending: u32) -> bool {
        let stays = |age: &mut u32| *age <= pending;
        self.accumulators.retain(|_, age| stays(age));
        self.borrowed.retain(|_, age| stays(age));
        self.sources.retain(|_, age| stays(age));
        self.ages().any(|age| *age == 0)
    }
}
