//! [`PagePool`]: which pages are free.

/// The pages of a cache that no sequence holds.
#[derive(Debug, Clone, Default)]
pub struct PagePool {
    /// The last one is the next.
    free: Vec<u32>,
    total: u32,
    /// State of the generator that shuffles them.
    shuffle: Option<u64>,
}

/// No page is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key-value cache is full: all {total} pages of 64 tokens are in use; raise --ctx-size")]
pub struct OutOfPages {
    /// Pages of the cache.
    pub total: u32,
}

impl PagePool {
    /// All pages free, handed out in ascending order.
    pub fn new(total: u32) -> PagePool {
        let mut pool = PagePool::default();
        pool.extend(total);
        pool
    }

    /// All pages free, handed out in an order that depends on the seed: for tests, which must not
    /// rely on neighbouring pages.
    pub fn shuffled(total: u32, seed: u64) -> PagePool {
        let mut pool = PagePool { shuffle: Some(seed | 1), ..PagePool::default() };
        pool.extend(total);
        pool
    }

    /// Adds pages until there are `total`. They are handed out after those that are free, unless
    /// the pool is a shuffled one.
    pub fn extend(&mut self, total: u32) {
        self.free.splice(0..0, (self.total..total).rev());
        self.total = self.total.max(total);
        let Some(state) = &mut self.shuffle else { return };
        for at in (1..self.free.len()).rev() {
            *state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            self.free.swap(at, (*state >> 33) as usize % (at + 1));
        }
    }

    /// Takes a page.
    ///
    /// # Errors
    /// [`OutOfPages`]
    pub fn take(&mut self) -> Result<u32, OutOfPages> {
        self.free.pop().ok_or(OutOfPages { total: self.total })
    }

    /// Gives pages back.
    pub fn give_back(&mut self, pages: impl IntoIterator<Item = u32>) {
        self.free.extend(pages);
    }

    /// Pages of the cache.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// Free pages.
    pub fn available(&self) -> usize {
        self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_handed_out_once_and_comes_back() {
        for mut pool in [PagePool::new(9), PagePool::shuffled(9, 7)] {
            let mut pages: Vec<u32> = std::iter::from_fn(|| pool.take().ok()).collect();
            assert_eq!(pool.take(), Err(OutOfPages { total: 9 }));
            pool.give_back(pages.clone());
            assert_eq!(pool.available(), 9);
            pages.sort_unstable();
            assert_eq!(pages, (0..9).collect::<Vec<_>>());
        }
        let order = |seed| {
            let mut pool = PagePool::shuffled(16, seed);
            std::iter::from_fn(move || pool.take().ok()).collect::<Vec<_>>()
        };
        assert_ne!(order(1), order(2));
    }

    #[test]
    fn new_pages_come_after_the_free_ones() {
        let mut pool = PagePool::new(2);
        assert_eq!(pool.take(), Ok(0));
        pool.extend(4);
        pool.extend(3);
        assert_eq!((pool.total(), pool.available()), (4, 3));
        let rest: Vec<u32> = std::iter::from_fn(|| pool.take().ok()).collect();
        assert_eq!(rest, [1, 2, 3]);
    }
}
