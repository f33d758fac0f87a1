//! Why a grammar cannot be used.

/// A grammar that is broken, or not one for this model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// The grammar itself is wrong.
    #[error("the grammar cannot be used: {message}")]
    Invalid {
        /// What is wrong with it, on one line.
        message: String,
    },
    /// The model's vocabulary cannot be constrained.
    #[error("the vocabulary has no end token: structured output would not end")]
    NoEndToken,
    /// A token that the grammar does not allow here.
    #[error("the grammar cannot go on: {message}")]
    Stuck {
        /// Where it stands.
        message: String,
    },
}

/// A message on one line.
pub(super) fn flat(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
