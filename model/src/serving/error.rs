//! What goes wrong between a request and its completion.
#![expect(missing_docs, reason = "fields are what each message names")]

use crate::EngineError;
use crate::grammar::GrammarError;
use crate::sampling::SamplingError;
use crate::scheduler::LimitsError;
use crate::stop::StopError;

/// An engine that cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The model, its device or its size.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Limits that contradict each other.
    #[error(transparent)]
    Limits(#[from] LimitsError),
    /// A share that is none.
    #[error("a memory fraction of {value} is not over 0 and at most 1")]
    MemoryFraction { value: f32 },
    /// Weights and buffers leave no room for a cache of one context.
    #[error(
        "{free} bytes are left for the key-value cache and a context of {context} tokens needs {needed}: use a smaller --ctx-size"
    )]
    NoRoom { free: u64, context: u32, needed: u64 },
    /// Guesses of a model that was not named.
    #[error("there is no draft model: name one with --draft-model, or use another drafter")]
    NoDraftModel,
    /// A draft model whose tokens are other ones.
    #[error("the draft model has other tokens than the model: use one with the same vocabulary")]
    DraftVocabulary,
    /// The system gave no thread.
    #[error("cannot start the engine's thread: {0}")]
    Thread(std::io::Error),
}

impl From<tilewright_runtime::Error> for BuildError {
    fn from(error: tilewright_runtime::Error) -> Self {
        BuildError::Engine(error.into())
    }
}

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// Nothing to continue.
    #[error("the prompt has no tokens: write something to continue")]
    EmptyPrompt,
    /// No room for the prompt.
    #[error("the prompt has {tokens} tokens and the context holds {context}: shorten it")]
    PromptTooLong { tokens: usize, context: u32 },
    /// A token that the vocabulary does not have.
    #[error("token {id} is not in the vocabulary of {vocab}")]
    UnknownToken { id: u32, vocab: u32 },
    /// Too few or too many.
    #[error("{choices} choices were asked for: 1 to {most} are possible")]
    Choices { choices: u32, most: u32 },
    /// A parameter out of range.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A stop text that cannot be matched.
    #[error(transparent)]
    Stop(#[from] StopError),
    /// A grammar that cannot be used.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
    /// Too many wait already.
    #[error("{waiting} requests wait already: try again later")]
    QueueFull { waiting: usize },
    /// The device failed, for good.
    #[error("the engine has failed: {message}")]
    Failed { message: String },
    /// No new requests are taken.
    #[error("the engine takes no more requests: it is shutting down")]
    ShuttingDown,
}

/// A completion that ended too early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// It took too long.
    #[error("the deadline passed before the completion was done")]
    DeadlineExceeded,
    /// A choice that has no next token.
    #[error("{message}")]
    Choice { message: String },
    /// The device failed, for good.
    #[error("the engine has failed: {message}")]
    Failed { message: String },
    /// The engine was dropped.
    #[error("the engine has shut down")]
    ShutDown,
}
