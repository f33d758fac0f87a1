//! How tokens are chosen, and when to stop.

use clap::Args;

use super::number::{fraction, not_negative, positive, seed, share};

/// The samplers and the stop conditions.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct SamplingArgs {
    /// Stop after N tokens
    #[arg(long, value_name = "N", default_value_t = 128, allow_negative_numbers = true)]
    pub max_tokens: u32,
    /// 0 takes the largest logit and ignores the other samplers
    #[arg(long, value_name = "T", default_value_t = 0.8, value_parser = not_negative, allow_negative_numbers = true)]
    pub temperature: f32,
    /// Keep the K largest logits (0: all)
    #[arg(long, value_name = "K", default_value_t = 40, allow_negative_numbers = true)]
    pub top_k: u32,
    /// Keep the likeliest tokens up to this total probability (1: all)
    #[arg(long, value_name = "P", default_value_t = 0.95, value_parser = share, allow_negative_numbers = true)]
    pub top_p: f32,
    /// Drop tokens less likely than P times the likeliest (0: none)
    #[arg(long, value_name = "P", default_value_t = 0.05, value_parser = fraction, allow_negative_numbers = true)]
    pub min_p: f32,
    /// Divide positive logits of tokens already seen by R, multiply negative ones (1: off)
    #[arg(long, value_name = "R", default_value_t = 1.0, value_parser = positive, allow_negative_numbers = true)]
    pub repeat_penalty: f32,
    /// The same seed gives the same text (default: drawn from the clock)
    #[arg(long, value_name = "S", value_parser = seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Stop before this text; may be given several times
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub stop: Vec<String>,
}
