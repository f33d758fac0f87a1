//! Arguments of `bench`.

use std::num::NonZeroU32;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tilewright_model::speculative::DraftTree;
use tilewright_model::synthetic::{KnownShape, Recipe};

use super::device::DeviceChoice;

/// `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// The model's sizes
    #[arg(long, value_name = "SHAPE", value_parser = shape())]
    pub shape: KnownShape,
    /// The format of its weights
    #[arg(long, value_name = "FORMAT", value_parser = recipe(), ignore_case = true)]
    pub quant: Recipe,
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
    /// Measure speculation too: guesses that are right with each of these probabilities
    #[arg(long, value_name = "P,...", value_delimiter = ',', value_parser = super::number::fraction)]
    pub acceptance: Vec<f32>,
    /// Lengths of chains of guesses
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "4,7", value_parser = guesses())]
    pub chains: Vec<u32>,
    /// Guesses of a tree
    #[arg(long, value_name = "N", default_value = "16", value_parser = guesses())]
    pub tree: u32,
    /// auto, cuda[:N], wgpu[:N] or cpu
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: DeviceChoice,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub json: bool,
}

impl BenchArgs {
    /// Guesses of the largest pass of speculation; 0 where it is not measured.
    pub fn most_guesses(&self) -> u32 {
        let all = self.chains.iter().chain([&self.tree]).max().copied().unwrap_or(0);
        if self.acceptance.is_empty() { 0 } else { all }
    }
}

/// How many guesses a pass may have.
fn guesses() -> impl TypedValueParser<Value = u32> {
    clap::value_parser!(u32).range(1..=DraftTree::MOST as i64)
}

/// A shape by name.
pub(super) fn shape() -> impl TypedValueParser<Value = KnownShape> {
    PossibleValuesParser::new(KnownShape::ALL.map(KnownShape::name))
        .try_map(|name| named(KnownShape::ALL, KnownShape::name, &name))
}

/// A recipe by name.
pub(super) fn recipe() -> impl TypedValueParser<Value = Recipe> {
    PossibleValuesParser::new(Recipe::ALL.map(Recipe::name))
        .try_map(|name| named(Recipe::ALL, Recipe::name, &name))
}

/// The one of that name, which is one of theirs.
fn named<T: Copy, const N: usize>(
    all: [T; N],
    name_of: fn(T) -> &'static str,
    name: &str,
) -> Result<T, String> {
    let found = all.into_iter().find(|one| name_of(*one).eq_ignore_ascii_case(name));
    found.ok_or_else(|| format!("there is no {name}"))
}
