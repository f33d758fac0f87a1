//! [`Sequence`]: one request's tokens and where they are.

use crate::kv_cache::BlockTable;

/// The tokens of a request, of which the first `cached` are in the cache.
#[derive(Debug, Default)]
pub struct Sequence {
    /// Prompt and generated tokens.
    pub tokens: Vec<u32>,
    /// How many of them are the prompt's.
    pub prompt: usize,
    /// How many of them have keys and values.
    pub cached: usize,
    /// Their pages.
    pub table: BlockTable,
}

impl Sequence {
    /// Starts over with a prompt. What the old tokens have in common with it at the beginning
    /// stays in the cache, less the prompt's last token: its logits are needed.
    pub fn restart(&mut self, prompt: &[u32]) {
        let known = self.tokens.iter().take(self.cached);
        let common = known.zip(prompt).take_while(|(a, b)| a == b).count();
        self.cached = common.min(prompt.len().saturating_sub(1));
        self.tokens = prompt.to_vec();
        self.prompt = prompt.len();
    }

    /// Tokens that the next forward passes must compute.
    pub fn pending(&self) -> &[u32] {
        self.tokens.get(self.cached..).unwrap_or_default()
    }

    /// Whether nothing can follow in a context of so many tokens. A prompt that fills it is still
    /// followed by one token.
    pub fn is_full(&self, context: u32) -> bool {
        let full = self.tokens.len() >= context as usize;
        full && (self.tokens.len() > self.prompt || self.pending().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_common_beginning_stays_in_the_cache() {
        let mut sequence = Sequence::default();
        sequence.restart(&[1, 2, 3]);
        assert_eq!(sequence.pending(), [1, 2, 3]);
        sequence.cached = 3;
        sequence.tokens.push(4);
        sequence.restart(&[1, 2, 3, 9]);
        assert_eq!(sequence.pending(), [9]);
        // The fourth token was never computed.
        sequence.cached = 4;
        sequence.restart(&[1, 2]);
        assert_eq!(sequence.pending(), [2]);
        sequence.restart(&[8]);
        assert_eq!(sequence.pending(), [8]);
    }

    #[test]
    fn a_full_prompt_is_followed_by_one_token() {
        let mut sequence = Sequence::default();
        sequence.restart(&[1, 2]);
        assert!(!sequence.is_full(2) && !sequence.is_full(3));
        sequence.cached = 2;
        assert!(sequence.is_full(2) && !sequence.is_full(3));
        sequence.tokens.push(3);
        assert!(sequence.is_full(3) && !sequence.is_full(4));
    }
}
