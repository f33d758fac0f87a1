//! The command line.

mod bench;
mod device;
mod engine;
mod inspect;
mod model;
mod number;
mod sampling;
mod serve;
mod synthesize;
mod throughput;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use bench::BenchArgs;
pub use device::DeviceChoice;
pub use engine::EngineArgs;
pub use inspect::{InspectArgs, Stage};
pub use model::{ModelArgs, ModelSource};
pub use sampling::SamplingArgs;
pub use serve::ServeArgs;
pub use synthesize::SynthesizeArgs;
pub use throughput::{Lengths, ThroughputArgs};

/// Runs language models with kernels that were written in Rust.
#[derive(Debug, Parser)]
#[command(name = "tilewright", version = crate::version::VERSION, arg_required_else_help = false)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Log on standard error (-vv: more, -vvv: all); TILEWRIGHT_LOG takes a filter
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Neither read nor write linked CUDA kernels in the cache folder
    #[arg(long, global = true)]
    pub no_cubin_cache: bool,
    /// Start CUDA kernels only when the ones in front have ended (they overlap from sm_90 on)
    #[arg(long, global = true)]
    pub no_overlap: bool,
}

impl Cli {
    /// How devices are opened.
    pub fn device_options(&self) -> tilewright_runtime::Options {
        tilewright_runtime::Options {
            cubin_cache: !self.no_cubin_cache,
            overlap: !self.no_overlap,
            ..Default::default()
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Complete a prompt
    Generate(GenerateArgs),
    /// Talk to a model
    Chat(ChatArgs),
    /// List every device with what the kernels care about
    Devices(DevicesArgs),
    /// Print a kernel at any stage of its compilation
    Inspect(InspectArgs),
    /// Answer requests over HTTP, as OpenAI's API does
    Serve(ServeArgs),
    /// Measure perplexity, and KL divergence against a second model
    Perplexity(PerplexityArgs),
    /// Measure tokens per second on random weights of a well-known shape
    Bench(BenchArgs),
    /// Measure an engine that answers many requests at once
    Throughput(ThroughputArgs),
    /// Write a model of a well-known shape with random weights, to measure with
    Synthesize(SynthesizeArgs),
}

impl Cli {
    /// Whether every request to a server is to be logged.
    pub fn wants_access_log(&self) -> bool {
        matches!(self.command, Command::Serve(_))
    }
}

/// `generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// The model and where it runs.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The prompt's source.
    #[command(flatten)]
    pub prompt: PromptArgs,
    /// How tokens are chosen.
    #[command(flatten)]
    pub sampling: SamplingArgs,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// With --json: the K largest raw logits of every generated position
    #[arg(long, value_name = "K", requires = "json", value_parser = clap::value_parser!(u32).range(1..))]
    pub top_logits: Option<u32>,
}

/// The prompt: exactly one of the two.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct PromptArgs {
    /// The prompt; special tokens written in it are parsed
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub prompt: Option<String>,
    /// A UTF-8 file with the prompt, or - for standard input
    #[arg(long, value_name = "FILE")]
    pub prompt_file: Option<PathBuf>,
}

/// `chat`.
#[derive(Debug, Args)]
pub struct ChatArgs {
    /// The model and where it runs.
    #[command(flatten)]
    pub model: ModelArgs,
    /// How tokens are chosen.
    #[command(flatten)]
    pub sampling: SamplingArgs,
    /// The system message, in place of the template's own
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub system: Option<String>,
}

/// `devices`.
#[derive(Debug, Args)]
pub struct DevicesArgs {
    /// Print one JSON array instead of text
    #[arg(long)]
    pub json: bool,
}

/// `perplexity`.
#[derive(Debug, Args)]
pub struct PerplexityArgs {
    /// The model and where it runs.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The UTF-8 text to score
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// A second model: also print the KL divergence of the first from it
    #[arg(long, value_name = "FILE")]
    pub against: Option<ModelSource>,
}
