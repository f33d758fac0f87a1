//! [`Sequence`]: one request's tokens and where they are.

use crate::kv_cache::BlockTable;

/// The tokens of a request, of which the first `cached` are in the cache.
#[derive(Debug, Default)]
pub struct Sequence {
    /// Prompt and generated tokens.
    pub tokens: Vec<u32>,
    /// How many of them have keys and values.
    pub cached: usize,
    /// Their pages.
    pub table: BlockTable,
}

impl Sequence {
    /// Tokens that the next forward passes must compute.
    pub fn pending(&self) -> &[u32] {
        self.tokens.get(self.cached..).unwrap_or_default()
    }
}
