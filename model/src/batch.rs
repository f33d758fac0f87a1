//! [`Batch`]: everything that one forward pass needs, passed by reference.

use crate::kv_cache::BlockTable;

/// Consecutive tokens of one sequence.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Token ids.
    pub tokens: Vec<u32>,
    /// Position of the first one.
    pub first_position: u32,
    /// Place of each in the cache.
    pub slots: Vec<u32>,
    /// The sequence's pages.
    pub pages: Vec<u32>,
    /// The last so many tokens get logits.
    pub outputs: u32,
}

impl Batch {
    /// Tokens `first..first + tokens.len()` of a sequence whose table has room for them. Tokens
    /// without a place are left out of the cache.
    pub fn new(tokens: &[u32], first_position: u32, table: &BlockTable, outputs: u32) -> Batch {
        let positions = first_position..first_position + tokens.len() as u32;
        Batch {
            tokens: tokens.to_vec(),
            first_position,
            slots: positions.map(|p| table.slot(p).unwrap_or(u32::MAX)).collect(),
            pages: table.pages().to_vec(),
            outputs,
        }
    }

    /// Number of tokens.
    pub fn len(&self) -> u32 {
        self.tokens.len() as u32
    }

    /// Whether there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}
