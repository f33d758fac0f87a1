//! `serve`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::engine::EngineArgs;
use super::model::ModelArgs;
use super::number::not_negative;

/// `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The model and where it runs.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The engine.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Address to listen on
    #[arg(long, value_name = "HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// Port to listen on (0: a free one)
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    pub port: u16,
    /// Key that clients must send (default: none is asked for)
    #[arg(long, value_name = "KEY", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub api_key: Option<String>,
    /// Sequences that may wait before requests are refused
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub max_queue: usize,
    /// The model's id (default: the file's own name)
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub served_model_name: Option<String>,
    /// Seconds that accepted requests may take after a request to stop
    #[arg(long, value_name = "S", default_value_t = 30.0, value_parser = not_negative)]
    pub drain_timeout: f32,
}

impl ServeArgs {
    /// [`ServeArgs::drain_timeout`], at most a day.
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_secs_f32(self.drain_timeout.min(86_400.0))
    }

    /// The file's name without its extension, as far as the command line knows it.
    pub fn stem(file: &std::path::Path) -> String {
        let stem: PathBuf = file.file_stem().map(PathBuf::from).unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }
}
