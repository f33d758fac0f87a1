//! Why a conversation cannot be rendered.
#![expect(missing_docs, reason = "fields are what each message names")]

use crate::gguf::GgufError;
use crate::tokenizer::TokenizerError;

/// A template that is absent, broken, or refuses the conversation.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The template's key is of the wrong type.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// No template in the file.
    #[error("the model has no chat template (tokenizer.chat_template): use a raw prompt")]
    NoTemplate,
    /// The template does not parse.
    #[error("the model's chat template is broken: {message}")]
    Syntax { message: String },
    /// The template fails while rendering.
    #[error("the model's chat template fails: {message}")]
    Render { message: String },
    /// The template itself refuses the conversation (`raise_exception`).
    #[error("the model's chat template refuses the conversation: {message}")]
    Refused { message: String },
    /// The rendered conversation cannot be tokenised.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Messages that use every character that could serve as a guard.
    #[error("the messages use all private-use characters")]
    NoGuard,
}
