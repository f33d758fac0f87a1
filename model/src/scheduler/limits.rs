//! [`Limits`]: how much runs at once.
#![expect(missing_docs, reason = "fields are what each message names")]

use tilewright_kernels::PAGE;

/// Bounds of every pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Sequences that have pages at the same time.
    pub max_sequences: u32,
    /// Tokens of one pass.
    pub max_batched_tokens: u32,
    /// Tokens of the longest sequence.
    pub context: u32,
    /// Whether each prompt is cut at multiples of a page only, nothing but prompts is put into the
    /// prefix cache and forks compute their prompt themselves: what deterministic passes need.
    pub page_chunks: bool,
}

/// Limits under which somebody would wait for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitsError {
    /// Nothing would run.
    #[error("no sequence may run: use at least 1 for --max-sequences")]
    NoSequences,
    /// Decoding would leave nothing for prompts.
    #[error("--max-batched-tokens {tokens} is too small for {sequences} sequences: use {least}")]
    TooFewTokens { tokens: u32, sequences: u32, least: u32 },
    /// One sequence alone would not fit.
    #[error(
        "{pages} pages of 64 tokens do not hold a context of {context}: use a smaller --ctx-size"
    )]
    TooFewPages { pages: u32, context: u32 },
}

impl Limits {
    /// Checks that every sequence goes on in the end, with a cache of so many pages.
    ///
    /// # Errors
    /// Which limit is too small.
    pub fn validate(&self, pages: u32) -> Result<(), LimitsError> {
        let Limits { max_sequences: sequences, max_batched_tokens: tokens, context, .. } = *self;
        if sequences == 0 {
            return Err(LimitsError::NoSequences);
        }
        // A page for prompts, whoever decodes.
        let least = sequences.saturating_add(PAGE);
        if tokens < least {
            return Err(LimitsError::TooFewTokens { tokens, sequences, least });
        }
        if context.div_ceil(PAGE) > pages {
            return Err(LimitsError::TooFewPages { pages, context });
        }
        Ok(())
    }
}
