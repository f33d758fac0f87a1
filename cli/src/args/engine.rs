//! Arguments of every command that starts the engine of a service.

use std::path::PathBuf;

use clap::Args;
use tilewright_model::speculative::Speculation;

use super::number::positive;

/// How many sequences run at once, in how much memory, and who guesses.
#[derive(Debug, Args)]
pub struct EngineArgs {
    /// Sequences that run at once (default: 256, on a processor 16)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub max_sequences: Option<u32>,
    /// Tokens of one pass (default: 2048, on a processor 256)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    pub max_batched_tokens: Option<u32>,
    /// Share of the memory left beside the weights that the key-value cache takes
    #[arg(long, value_name = "F", default_value_t = 0.9, value_parser = positive)]
    pub memory_fraction: f32,
    /// Bytes on the host for pages of sequences that lost their place (0: they are computed again)
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 30)]
    pub swap_memory: u64,
    /// Who guesses tokens ahead: ngram, suffix, draft, tree or off (default: draft with a draft model)
    #[arg(long, value_name = "DRAFTER")]
    pub speculate: Option<Speculation>,
    /// A smaller GGUF file with the same vocabulary, which guesses tokens ahead
    #[arg(long, value_name = "FILE")]
    pub draft_model: Option<PathBuf>,
    /// A request's tokens depend on nothing that runs beside it
    #[arg(long)]
    pub deterministic: bool,
}

impl EngineArgs {
    /// [`EngineArgs::speculate`]: a draft model that is named is meant to be used.
    pub fn speculation(&self) -> Speculation {
        let named = if self.draft_model.is_some() { Speculation::Draft } else { Speculation::Off };
        self.speculate.unwrap_or(named)
    }
}
