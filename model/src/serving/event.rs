//! [`Event`]: what a request hears.

use crate::FinishReason;
use crate::sampling::TokenLogprob;

/// Part of a completion.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The prompt's tokens with their log-probabilities, once, before the first token of choice 0.
    Prompt(Vec<PromptToken>),
    /// A token.
    Token(Token),
    /// The end of one choice.
    Finished(Finished),
}

/// A token of a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptToken {
    /// The token.
    pub id: u32,
    /// Its log-probability; none for the first one.
    pub logprob: Option<f32>,
    /// The likeliest tokens in its place.
    pub top: Vec<TokenLogprob>,
}

/// A generated token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Which choice it belongs to.
    pub choice: u32,
    /// The token.
    pub id: u32,
    /// Text that became certain with it, often none in the middle of a character or of what may
    /// become a stop text. The texts of a choice together are its completion.
    pub text: String,
    /// Its log-probability, if asked for.
    pub logprob: Option<f32>,
    /// The likeliest tokens in its place, best first.
    pub top: Vec<TokenLogprob>,
}

/// How a choice ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Which one.
    pub choice: u32,
    /// Why.
    pub reason: FinishReason,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// Those of them that the prefix cache had.
    pub cached_tokens: u32,
    /// Generated tokens.
    pub generated_tokens: u32,
}
