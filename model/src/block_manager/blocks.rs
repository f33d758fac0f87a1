//! [`Blocks`]: the pages that one sequence holds.

use super::PageHash;

/// Pages of a sequence in the order of its tokens. The [`BlockManager`](super::BlockManager) made
/// it and must get it back: it is not `Clone`, since every page in it counts.
#[derive(Debug, Default)]
pub struct Blocks {
    pub(super) pages: Vec<u32>,
    /// Hashes of the published pages, from the first on.
    pub(super) hashes: Vec<PageHash>,
}

impl Blocks {
    /// The pages.
    pub fn pages(&self) -> &[u32] {
        &self.pages
    }
}

/// The contents of one page that another one must get before it is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageCopy {
    /// The page that is shared.
    pub from: u32,
    /// The page that takes its place in one sequence.
    pub to: u32,
}
