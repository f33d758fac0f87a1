//! `serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tilewright_model::speculative::Speculation;

use super::model::ModelArgs;
use super::number::{not_negative, positive};

/// `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The model and where it runs.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Address to listen on
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// Port to listen on (0: a free one)
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// Key that clients must send (default: none is asked for)
    #[arg(long, value_name = "KEY", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub api_key: Option<String>,
    /// Sequences that run at once (default: 256, on a processor 16)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub max_sequences: Option<u32>,
    /// Tokens of one pass (default: 2048, on a processor 256)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    pub max_batched_tokens: Option<u32>,
    /// Sequences that may wait before requests are refused
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub max_queue: usize,
    /// Share of the memory left beside the weights that the key-value cache takes
    #[arg(long, value_name = "F", default_value_t = 0.9, value_parser = positive)]
    pub memory_fraction: f32,
    /// Bytes on the host for pages of sequences that lost their place (0: they are computed again)
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 30)]
    pub swap_memory: u64,
    /// The model's id (default: the file's own name)
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub served_model_name: Option<String>,
    /// Who guesses tokens ahead: ngram, suffix, draft or off (default: draft with a draft model)
    #[arg(long, value_name = "DRAFTER")]
    pub speculate: Option<Speculation>,
    /// A smaller GGUF file with the same vocabulary, which guesses tokens ahead
    #[arg(long, value_name = "FILE")]
    pub draft_model: Option<PathBuf>,
    /// A request's tokens depend on nothing that runs beside it
    #[arg(long)]
    pub deterministic: bool,
    /// Seconds that accepted requests may take after a request to stop
    #[arg(long, value_name = "S", default_value_t = 30.0, value_parser = not_negative)]
    pub drain_timeout: f32,
}

impl ServeArgs {
    /// [`ServeArgs::drain_timeout`], at most a day.
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_secs_f32(self.drain_timeout.min(86_400.0))
    }

    /// [`ServeArgs::speculate`]: a draft model that is named is meant to be used.
    pub fn speculation(&self) -> Speculation {
        let named = if self.draft_model.is_some() { Speculation::Draft } else { Speculation::Off };
        self.speculate.unwrap_or(named)
    }

    /// The file's name without its extension, as far as the command line knows it.
    pub fn stem(file: &std::path::Path) -> String {
        let stem: PathBuf = file.file_stem().map(PathBuf::from).unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }
}
