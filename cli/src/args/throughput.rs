//! Arguments of `throughput`.

use std::num::NonZeroU32;
use std::str::FromStr;

use clap::Args;

use super::engine::EngineArgs;
use super::model::ModelArgs;
use super::number::{not_negative, seed};

/// `throughput`.
#[derive(Debug, Args)]
pub struct ThroughputArgs {
    /// The model and where it runs.
    #[command(flatten)]
    pub model: ModelArgs,
    /// The engine.
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Tokens of each prompt and of its answer, as 128:128; or chat, whose lengths spread as those of
    /// conversations do
    #[arg(long, value_name = "LENGTHS", default_value = "128:128")]
    pub lengths: Lengths,
    /// Requests in all
    #[arg(long, value_name = "N", default_value = "1000")]
    pub requests: NonZeroU32,
    /// Requests at the same time (default: all)
    #[arg(long, value_name = "N")]
    pub concurrency: Option<NonZeroU32>,
    /// How tokens are drawn; 0: the best one
    #[arg(long, value_name = "T", default_value_t = 0.0, value_parser = not_negative)]
    pub temperature: f32,
    /// Selects prompts and lengths
    #[arg(long, value_name = "S", default_value_t = 1, value_parser = seed, allow_negative_numbers = true)]
    pub seed: u64,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// Tokens of prompts and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lengths {
    /// Always as many.
    Fixed {
        /// Tokens of a prompt.
        prompt: u32,
        /// Tokens of an answer.
        answer: u32,
    },
    /// Log-normal and then cut to 4..=1024: prompts with a median of 80 and a mean of 200, answers
    /// with 150 and 200; about what ShareGPT's conversations have.
    Chat,
}

impl FromStr for Lengths {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "chat" {
            return Ok(Lengths::Chat);
        }
        let number = |text: &str| text.parse().ok().filter(|count: &u32| *count > 0);
        text.split_once(':')
            .and_then(|(prompt, answer)| {
                Some(Lengths::Fixed { prompt: number(prompt)?, answer: number(answer)? })
            })
            .ok_or_else(|| "write PROMPT:ANSWER, such as 128:128, or chat".to_owned())
    }
}

impl std::fmt::Display for Lengths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lengths::Fixed { prompt, answer } => write!(f, "{prompt}:{answer}"),
            Lengths::Chat => f.write_str("chat"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lengths;

    #[test]
    fn lengths_are_two_numbers_or_chat() {
        assert_eq!("1024:16".parse(), Ok(Lengths::Fixed { prompt: 1024, answer: 16 }));
        assert_eq!("chat".parse(), Ok(Lengths::Chat));
        for wrong in ["", "128", "0:4", "4:0", "-1:4", "a:b", "1:2:3"] {
            assert!(wrong.parse::<Lengths>().is_err(), "{wrong}");
        }
    }
}
