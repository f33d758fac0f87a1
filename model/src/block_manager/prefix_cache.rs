//! [`PrefixCache`]: pages by the hash of their contents, and the order in which they are given up.

use super::PageHash;
use std::collections::{BTreeMap, HashMap};

/// Pages with known contents.
#[derive(Debug, Default)]
pub(super) struct PrefixCache {
    by_hash: HashMap<PageHash, u32>,
    /// Pages that nobody holds, by the time when that began.
    unheld: BTreeMap<u64, u32>,
    /// The time at which each of them was given up, to find it in `unheld`.
    since: HashMap<u32, u64>,
    clock: u64,
}

impl PrefixCache {
    /// The page with these contents.
    pub fn page(&self, hash: PageHash) -> Option<u32> {
        self.by_hash.get(&hash).copied()
    }

    /// Names the contents of a page; `false` where another page has them already.
    pub fn publish(&mut self, hash: PageHash, page: u32) -> bool {
        let vacant = !self.by_hash.contains_key(&hash);
        if vacant {
            self.by_hash.insert(hash, page);
        }
        vacant
    }

    /// Nobody holds the page any more: it may be given up after those before it.
    pub fn leave(&mut self, page: u32) {
        self.clock += 1;
        self.unheld.insert(self.clock, page);
        self.since.insert(page, self.clock);
    }

    /// Somebody holds the page again.
    pub fn hold(&mut self, page: u32) {
        if let Some(since) = self.since.remove(&page) {
            self.unheld.remove(&since);
        }
    }

    /// The page that has been unheld longest.
    pub fn evict(&mut self) -> Option<u32> {
        let (_, page) = self.unheld.pop_first()?;
        self.since.remove(&page);
        Some(page)
    }

    /// The contents of a page are gone.
    pub fn forget(&mut self, hash: PageHash) {
        self.by_hash.remove(&hash);
    }

    /// Pages that nobody holds.
    pub fn unheld(&self) -> usize {
        self.unheld.len()
    }
}
