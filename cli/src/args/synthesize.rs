//! Arguments of `synthesize`.

use std::path::PathBuf;

use clap::Args;
use tilewright_model::synthetic::{KnownShape, Recipe};

use super::bench::{recipe, shape};

/// `synthesize`.
#[derive(Debug, Args)]
pub struct SynthesizeArgs {
    /// The model's sizes
    #[arg(long, value_name = "SHAPE", value_parser = shape())]
    pub shape: KnownShape,
    /// The format of its weights
    #[arg(long, value_name = "FORMAT", value_parser = recipe(), ignore_case = true)]
    pub quant: Recipe,
    /// The GGUF file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
