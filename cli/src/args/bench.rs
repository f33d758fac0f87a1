//! Arguments of `bench`.

use std::num::NonZeroU32;

use clap::{Args, ValueEnum};
use tilewright_model::synthetic::{KnownShape, Recipe};

use super::device::DeviceChoice;

/// `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The model's sizes
    #[arg(long, value_name = "SHAPE", value_enum)]
    pub shape: ShapeName,
    /// The format of its weights
    #[arg(long, value_name = "FORMAT", value_enum, ignore_case = true)]
    pub quant: Quantisation,
    /// Sequences that are decoded together
    #[arg(long, value_name = "N", default_value = "1")]
    pub batch: NonZeroU32,
    /// Tokens that each sequence has before the clock starts
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub context: u32,
    /// Prompt lengths to measure
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "512,4096")]
    pub prompt: Vec<NonZeroU32>,
    /// Decoded tokens of a measurement
    #[arg(long, value_name = "N", default_value = "128")]
    pub generate: NonZeroU32,
    /// Prompt tokens of one pass
    #[arg(long, value_name = "N", default_value = "2048")]
    pub chunk: NonZeroU32,
    /// Measurements after a warm-up
    #[arg(long, value_name = "N", default_value = "5")]
    pub repetitions: NonZeroU32,
    /// auto, cuda[:N], wgpu[:N] or cpu
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

/// A shape by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShapeName {
    /// Llama 3.2 1B.
    #[value(name = "llama-1b")]
    Llama1b,
    /// Llama 3.1 8B.
    #[value(name = "llama-8b")]
    Llama8b,
}

/// A recipe by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(non_camel_case_types)]
pub enum Quantisation {
    /// Every matrix in Q4_0.
    #[value(name = "Q4_0")]
    Q4_0,
    /// llama.cpp's mixture of Q4_K and Q6_K.
    #[value(name = "Q4_K_M")]
    Q4_K_M,
    /// Every matrix in Q8_0.
    #[value(name = "Q8_0")]
    Q8_0,
    /// Every matrix in bfloat16.
    #[value(name = "bf16")]
    Bf16,
}

impl ShapeName {
    /// The shape, and its name.
    pub fn shape(self) -> (KnownShape, &'static str) {
        match self {
            ShapeName::Llama1b => (KnownShape::Llama1b, "llama-1b"),
            ShapeName::Llama8b => (KnownShape::Llama8b, "llama-8b"),
        }
    }
}

impl Quantisation {
    /// The recipe, and its name.
    pub fn recipe(self) -> (Recipe, &'static str) {
        match self {
            Quantisation::Q4_0 => (Recipe::Q4_0, "Q4_0"),
            Quantisation::Q4_K_M => (Recipe::Q4_K_M, "Q4_K_M"),
            Quantisation::Q8_0 => (Recipe::Q8_0, "Q8_0"),
            Quantisation::Bf16 => (Recipe::Bf16, "bf16"),
        }
    }
}
