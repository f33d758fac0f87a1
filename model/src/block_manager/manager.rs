//! [`BlockManager`]: takes, shares and gives back pages.

use super::prefix_cache::PrefixCache;
use super::swap::SwapSpace;
use super::{Blocks, PageCopy, PageHash, PageHasher};
use crate::kv_cache::OutOfPages;
use std::ops::Range;
use tilewright_kernels::PAGE;

/// One page.
#[derive(Debug, Clone, Copy, Default)]
struct Page {
    /// Sequences that hold it.
    holders: u32,
    /// Its contents, where they are in the prefix cache.
    hash: Option<PageHash>,
}

/// How often the prefix cache helped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Tokens that were looked for.
    pub queried: u64,
    /// Tokens that were found.
    pub hit: u64,
    /// Cached pages that were given up for new contents.
    pub evicted: u64,
}

/// Every page of a cache.
#[derive(Debug)]
pub struct BlockManager {
    pages: Vec<Page>,
    free: Vec<u32>,
    cache: PrefixCache,
    hasher: PageHasher,
    statistics: CacheStatistics,
    /// Whether contents are kept when their holders go.
    caching: bool,
    pub(super) swap: SwapSpace,
}

impl BlockManager {
    /// A manager of so many free pages; `caching` turns the prefix cache on.
    pub fn new(pages: u32, caching: bool) -> Self {
        Self {
            pages: vec![Page::default(); pages as usize],
            free: (0..pages).rev().collect(),
            cache: PrefixCache::default(),
            hasher: PageHasher::default(),
            statistics: CacheStatistics::default(),
            caching,
            swap: SwapSpace::default(),
        }
    }

    /// Pages of the cache.
    pub fn total(&self) -> u32 {
        self.pages.len() as u32
    }

    /// Pages that can be taken: free and cached ones.
    pub fn available(&self) -> u32 {
        (self.free.len() + self.cache.unheld()) as u32
    }

    /// Hits of the prefix cache.
    pub fn statistics(&self) -> CacheStatistics {
        self.statistics
    }

    /// How many tokens of a prompt are in the cache, in whole pages. The last token never is: its
    /// logits are needed.
    pub fn cached_tokens(&self, prompt: &[u32]) -> u32 {
        self.matching(prompt).count() as u32 * PAGE
    }

    /// How many pages a prompt can be given: what [`reuse`](Self::reuse) finds does not count
    /// against it twice.
    pub fn available_beside(&self, prompt: &[u32]) -> u32 {
        let unheld = |page: &u32| self.pages.get(*page as usize).is_some_and(|p| p.holders == 0);
        self.available() - self.matching(prompt).filter(|(page, _)| unheld(page)).count() as u32
    }

    /// Starts a sequence with the pages of its prompt that are in the cache.
    pub fn reuse(&mut self, prompt: &[u32]) -> Blocks {
        let blocks = self.hold_matching(prompt);
        self.statistics.queried += prompt.len() as u64;
        self.statistics.hit += blocks.pages.len() as u64 * u64::from(PAGE);
        blocks
    }

    /// The pages of the beginning of a text that are in the cache, with one holder more.
    pub(super) fn hold_matching(&mut self, text: &[u32]) -> Blocks {
        let found: Vec<(u32, PageHash)> = self.matching(text).collect();
        let mut blocks = Blocks::default();
        for (page, hash) in found {
            self.hold(page);
            blocks.pages.push(page);
            blocks.hashes.push(hash);
        }
        blocks
    }

    /// Makes room for the tokens at `positions`, which are to be written: takes pages, and replaces
    /// those that others hold too. The copies must be made before the writes.
    ///
    /// # Errors
    /// [`OutOfPages`]; nothing has changed then.
    pub fn prepare(
        &mut self,
        blocks: &mut Blocks,
        positions: Range<u32>,
    ) -> Result<Vec<PageCopy>, OutOfPages> {
        let held = blocks.pages.len() as u32;
        let first = positions.start / PAGE;
        let end = positions.end.div_ceil(PAGE);
        let shared: Vec<u32> = (first..end.min(held))
            .filter(|at| self.is_shared(blocks.pages[*at as usize]))
            .collect();
        if shared.len() as u32 + end.saturating_sub(held) > self.available() {
            return Err(OutOfPages { total: self.total() });
        }
        let mut copies = Vec::with_capacity(shared.len());
        for at in shared {
            let from = blocks.pages[at as usize];
            let to = self.take()?;
            blocks.pages[at as usize] = to;
            self.leave(from);
            copies.push(PageCopy { from, to });
        }
        while (blocks.pages.len() as u32) < end {
            blocks.pages.push(self.take()?);
        }
        Ok(copies)
    }

    /// A second holder of the pages of the first `tokens` tokens.
    pub fn fork(&mut self, blocks: &Blocks, tokens: u32) -> Blocks {
        let pages = tokens.div_ceil(PAGE) as usize;
        let pages = blocks.pages[..pages.min(blocks.pages.len())].to_vec();
        pages.iter().for_each(|page| self.hold(*page));
        let full = blocks.hashes.len().min((tokens / PAGE) as usize);
        Blocks { pages, hashes: blocks.hashes[..full].to_vec() }
    }

    /// Puts the full pages among the first `computed` tokens of a sequence into the prefix cache.
    pub fn publish(&mut self, blocks: &mut Blocks, tokens: &[u32], computed: u32) {
        if !self.caching {
            return;
        }
        let full = (computed / PAGE) as usize;
        let known = blocks.hashes.len();
        if full <= known {
            return;
        }
        let tokens = tokens.get(known * PAGE as usize..).unwrap_or_default();
        let pages = blocks.pages.get(known..).unwrap_or_default();
        let new = tokens.chunks_exact(PAGE as usize).zip(pages);
        for (tokens, page) in new.take(full - known) {
            let hash = self.hasher.page(blocks.hashes.last().copied(), tokens);
            if let Some(state) = self.pages.get_mut(*page as usize)
                && state.hash.is_none()
                && self.cache.publish(hash, *page)
            {
                state.hash = Some(hash);
            }
            blocks.hashes.push(hash);
        }
    }

    /// Takes a sequence's pages back. Those in the prefix cache keep their contents until they are
    /// needed, the end of a text being given up before its beginning.
    pub fn release(&mut self, blocks: Blocks) {
        blocks.pages.iter().rev().for_each(|page| self.leave(*page));
    }

    /// Pages in the prefix cache that hold the beginning of a prompt.
    fn matching<'a>(&'a self, prompt: &'a [u32]) -> impl Iterator<Item = (u32, PageHash)> + 'a {
        let most = if self.caching { prompt.len().saturating_sub(1) / PAGE as usize } else { 0 };
        let hashes = self.hasher.pages(prompt, most);
        hashes.map_while(|hash| Some((self.cache.page(hash)?, hash)))
    }

    fn is_shared(&self, page: u32) -> bool {
        self.pages.get(page as usize).is_some_and(|page| page.holders > 1)
    }

    pub(super) fn take(&mut self) -> Result<u32, OutOfPages> {
        let page = match self.free.pop() {
            Some(page) => page,
            None => {
                let page = self.cache.evict().ok_or(OutOfPages { total: self.total() })?;
                self.statistics.evicted += 1;
                page
            }
        };
        if let Some(state) = self.pages.get_mut(page as usize) {
            if let Some(hash) = state.hash.take() {
                self.cache.forget(hash);
            }
            state.holders = 1;
        }
        Ok(page)
    }

    fn hold(&mut self, page: u32) {
        let Some(state) = self.pages.get_mut(page as usize) else { return };
        state.holders += 1;
        if state.holders == 1 {
            self.cache.hold(page);
        }
    }

    fn leave(&mut self, page: u32) {
        let Some(state) = self.pages.get_mut(page as usize) else { return };
        state.holders = state.holders.saturating_sub(1);
        if state.holders > 0 {
            return;
        }
        match state.hash {
            Some(_) => self.cache.leave(page),
            None => self.free.push(page),
        }
    }
}
