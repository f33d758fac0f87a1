//! [`Request`]: what is to be generated.

use super::Reasoning;
use crate::grammar::Grammar;
use crate::sampling::Chain;
use std::time::Instant;

/// The most choices of one request.
pub(super) const MOST_CHOICES: u32 = 128;

/// A prompt and how it goes on.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its tokens.
    pub prompt: Vec<u32>,
    /// How tokens are chosen; choice `i` uses the seed plus `i`.
    pub sampling: Chain,
    /// Ends after so many tokens.
    pub max_tokens: usize,
    /// Ends before the first of these texts; none may be empty.
    pub stop: Vec<String>,
    /// Ends with one of these tokens, whose texts are not part of the completion.
    pub stop_ids: Vec<u32>,
    /// Whether the model's end tokens are tokens like others.
    pub ignore_end: bool,
    /// Completions, which share the prompt.
    pub choices: u32,
    /// Whether every token carries its log-probability, and how many of the likeliest beside it.
    pub logprobs: Option<usize>,
    /// Whether the prompt's tokens get theirs too: an [`Event::Prompt`](super::Event::Prompt).
    pub score_prompt: bool,
    /// What the text must be.
    pub grammar: Option<Grammar>,
    /// How long the model may reason; a grammar takes its place.
    pub reasoning: Option<Reasoning>,
    /// Higher goes first.
    pub priority: i32,
    /// When nobody waits any more.
    pub deadline: Option<Instant>,
}

impl Request {
    /// One completion of up to 128 tokens with the usual sampling.
    pub fn new(prompt: Vec<u32>) -> Self {
        Request {
            prompt,
            sampling: Chain::default(),
            max_tokens: 128,
            stop: Vec::new(),
            stop_ids: Vec::new(),
            ignore_end: false,
            choices: 1,
            logprobs: None,
            score_prompt: false,
            grammar: None,
            reasoning: None,
            priority: 0,
            deadline: None,
        }
    }
}
