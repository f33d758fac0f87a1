//! [`Sequence`]: tokens, pages and claims of one choice of one request.

use super::SequenceId;
use crate::block_manager::{Blocks, Swapped};
use crate::speculative::DraftTree;
use std::time::Duration;

/// What arrives.
#[derive(Debug, Clone, Default)]
pub struct NewSequence {
    /// Its first tokens; not empty.
    pub prompt: Vec<u32>,
    /// Higher goes first.
    pub priority: i32,
    /// When nobody waits for it any more.
    pub deadline: Option<Duration>,
    /// Another sequence with the same prompt, whose pages it may share.
    pub fork_of: Option<SequenceId>,
    /// Whether every token of the prompt gets logits: nothing of it is then taken from the cache.
    pub scored: bool,
}

/// A sequence within the scheduler.
#[derive(Debug)]
pub struct Sequence {
    /// Prompt and generated tokens.
    pub tokens: Vec<u32>,
    /// How many are the prompt's.
    pub prompt: u32,
    /// How many have keys and values.
    pub computed: u32,
    /// Tokens of the prompt that the prefix cache had when it first ran.
    pub cached: u32,
    /// Guesses of what follows.
    pub drafts: DraftTree,
    /// Whether every token of the prompt gets logits.
    pub scored: bool,
    pub(super) blocks: Blocks,
    /// Its pages on the host, where it waits with them.
    pub(super) swapped: Option<Swapped>,
    pub(super) deadline: Option<Duration>,
    pub(super) fork_of: Option<SequenceId>,
    /// Whether it had pages before.
    pub(super) started: bool,
}

impl Sequence {
    pub(super) fn new(new: NewSequence) -> Self {
        Sequence {
            prompt: new.prompt.len() as u32,
            tokens: new.prompt,
            computed: 0,
            cached: 0,
            drafts: DraftTree::default(),
            scored: new.scored,
            blocks: Blocks::default(),
            swapped: None,
            deadline: new.deadline,
            fork_of: new.fork_of,
            started: false,
        }
    }

    /// Its pages.
    pub fn pages(&self) -> &[u32] {
        self.blocks.pages()
    }

    /// Known tokens that are still to be computed.
    pub fn pending(&self) -> u32 {
        (self.tokens.len() as u32).saturating_sub(self.computed)
    }

    /// Whether a token was chosen for it.
    pub fn has_output(&self) -> bool {
        self.tokens.len() as u32 > self.prompt
    }
}
