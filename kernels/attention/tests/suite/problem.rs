//! A paged cache with shuffled pages, and queries against it.

use tilewright_kernels_reference::Float;
use tilewright_runtime::{Device, Element};
use tilewright_testing::Guarded;

/// Tokens of a page.
pub const PAGE: usize = 64;

/// Sizes that all tokens share.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
}

/// A cache whose unwritten slots hold NaN, so that a kernel that lets them in shows it.
#[derive(Debug, Clone)]
pub struct Cache<K> {
    pub sizes: Sizes,
    pub keys: Vec<K>,
    pub values: Vec<K>,
    pub pages: usize,
    /// `[sequences, max_pages]`
    pub table: Vec<u32>,
    pub sequences: usize,
    pub max_pages: usize,
}

/// What no kernel writes, and no result is near.
pub const SENTINEL: f32 = 12345.0;

/// A cache on a device, between sentinels.
pub struct Uploaded<K: Element> {
    pub keys: Guarded<K>,
    pub values: Guarded<K>,
    pub table: Guarded<u32>,
}

/// Numbers between -1 and 1 that differ per seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn bits(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 24) as u32
    }

    pub fn unit(&mut self) -> f32 {
        self.bits() as f32 / 2f32.powi(31) - 1.0
    }
}

impl<K: Float> Cache<K> {
    /// A cache with one sequence per length, their pages shuffled among unused ones.
    pub fn new(sizes: Sizes, lengths: &[usize], seed: u64) -> Cache<K> {
        let mut random = Random::new(seed);
        let used: usize = lengths.iter().map(|n| n.div_ceil(PAGE)).sum();
        let pages = used + 2;
        let mut free: Vec<u32> = (0..pages as u32).collect();
        for i in (1..pages).rev() {
            free.swap(i, random.bits() as usize % (i + 1));
        }
        let max_pages = lengths.iter().map(|n| n.div_ceil(PAGE)).max().unwrap_or(0) + 1;
        let elements = pages * sizes.kv_heads * PAGE * sizes.head_dim;
        let mut cache = Cache {
            sizes,
            keys: vec![K::from_f32(f32::NAN); elements],
            values: vec![K::from_f32(f32::NAN); elements],
            pages,
            // Entries beyond a sequence's pages are of no page.
            table: vec![u32::MAX; lengths.len() * max_pages],
            sequences: lengths.len(),
            max_pages,
        };
        for (sequence, length) in lengths.iter().enumerate() {
            for position in 0..*length {
                let entry = sequence * max_pages + position / PAGE;
                if position % PAGE == 0 {
                    cache.table[entry] = free.pop().unwrap();
                }
                for head in 0..sizes.kv_heads {
                    let at = cache.row(cache.table[entry], head, position % PAGE);
                    for e in at..at + sizes.head_dim {
                        cache.keys[e] = K::from_f32(random.unit() * 2.0);
                        cache.values[e] = K::from_f32(random.unit() * 3.0);
                    }
                }
            }
        }
        cache
    }

    /// The cache on a device. The pages beside it are full of numbers that would be noticed, and the
    /// table's neighbours name the first page.
    pub fn upload(&self, device: &Device) -> Uploaded<K>
    where
        K: Element,
    {
        let kv = [self.pages, self.sizes.kv_heads, PAGE, self.sizes.head_dim];
        let beside = K::from_f32(SENTINEL);
        Uploaded {
            keys: Guarded::aligned(device, kv, &self.keys, beside),
            values: Guarded::aligned(device, kv, &self.values, beside),
            table: Guarded::aligned(device, [self.sequences, self.max_pages], &self.table, 0),
        }
    }

    /// The first element of a token's row of one head.
    fn row(&self, page: u32, head: usize, offset: usize) -> usize {
        ((page as usize * self.sizes.kv_heads + head) * PAGE + offset) * self.sizes.head_dim
    }

    /// The first element of the row at a position of a sequence, if the cache has it.
    pub fn find(&self, sequence: usize, head: usize, position: usize) -> Option<usize> {
        if sequence >= self.sequences || position / PAGE >= self.max_pages {
            return None;
        }
        let page = self.table[sequence * self.max_pages + position / PAGE];
        ((page as usize) < self.pages).then(|| self.row(page, head, position % PAGE))
    }
}
