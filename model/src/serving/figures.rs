//! [`Figures`]: how an engine is doing.

/// Counts since the start, and what is there now.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Sequences that wait for a place.
    pub waiting: usize,
    /// Sequences that have pages.
    pub running: usize,
    /// Pages of the cache.
    pub pages: u32,
    /// Those that can be taken.
    pub free_pages: u32,
    /// Passes.
    pub steps: u64,
    /// Tokens of the last pass.
    pub batch_tokens: u32,
    /// Sequences of the last pass.
    pub batch_sequences: u32,
    /// Tokens of prompts that were computed.
    pub prompt_tokens: u64,
    /// Tokens that were generated.
    pub generated_tokens: u64,
    /// Tokens of prompts that the prefix cache was asked for.
    pub cache_queried: u64,
    /// Those that it had.
    pub cache_hits: u64,
    /// Times that a sequence lost its pages.
    pub preemptions: u64,
    /// Those of them whose pages went to the host.
    pub swaps: u64,
    /// Pages that went there.
    pub swapped_pages: u64,
    /// Places for pages on the host.
    pub swap_slots: u32,
    /// Those that are free.
    pub free_swap_slots: u32,
    /// Guessed tokens.
    pub drafted: u64,
    /// Those that were accepted.
    pub accepted: u64,
    /// Seconds spent planning.
    pub schedule_seconds: f64,
    /// Seconds spent in steps.
    pub step_seconds: f64,
}
