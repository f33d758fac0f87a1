//! What an engine reports.

use crate::decoder::DecoderError;
use crate::sampling::SamplingError;
use crate::stop::StopError;
use crate::tokenizer::TokenizerError;

/// A failure of an engine; every message is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] crate::Error),
    /// Its tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Loading or computing failed.
    #[error(transparent)]
    Decoder(#[from] DecoderError),
    /// Sampling parameters out of range, or logits that are not finite.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A stop string that cannot be matched.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// The builder was not told the model's file.
    #[error("an engine needs a model: call `model(path)` on the builder")]
    NoModel,
    /// A prompt without tokens.
    #[error("the prompt has no tokens: write something to continue")]
    EmptyPrompt,
    /// A prompt that leaves no room.
    #[error(
        "the prompt has {tokens} tokens and the context holds {context}: shorten it or raise --ctx-size"
    )]
    PromptTooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens of the context.
        context: u32,
    },
    /// A context that the model was not made for.
    #[error("a context of {asked} tokens is over the model's {most}: use a smaller --ctx-size")]
    ContextTooLong {
        /// Tokens asked for.
        asked: u32,
        /// Tokens of the model's longest context.
        most: u32,
    },
    /// A token that the vocabulary does not have.
    #[error("token {id} is not in the vocabulary of {vocab}")]
    UnknownToken {
        /// The token.
        id: u32,
        /// Tokens of the vocabulary.
        vocab: u32,
    },
    /// The engine's interrupt said so; the next step goes on where this one stopped.
    #[error("interrupted")]
    Interrupted,
}

impl From<tilewright_runtime::Error> for EngineError {
    fn from(error: tilewright_runtime::Error) -> Self {
        EngineError::Decoder(error.into())
    }
}
