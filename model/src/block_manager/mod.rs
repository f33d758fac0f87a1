//! Which page holds what: reference counts, copy-on-write forks, and the prefix cache. Pure data;
//! the pages themselves are the [`kv_cache`](crate::kv_cache)'s.
//!
//! A page is *held* by one or more sequences, *cached* (nobody holds it, but its contents are known
//! and may be asked for again) or *free*. Pages are taken from the free ones first, then from the
//! cached ones, least recently used first. Pages of sequences that wait may lie on the host.

mod blocks;
mod hash;
mod manager;
mod prefix_cache;
mod swap;
#[cfg(test)]
mod tests;

pub use blocks::{Blocks, PageCopy};
pub use hash::{PageHash, PageHasher};
pub use manager::{BlockManager, CacheStatistics};
pub use swap::{PageSwap, Swapped};
