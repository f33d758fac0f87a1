//! Why a file's vocabulary cannot be used.
#![expect(missing_docs, reason = "fields are what each message names")]

use crate::gguf::GgufError;

/// A tokenizer that is inconsistent or of a kind that we do not know.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// A key that is missing or of the wrong type.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// The kind of vocabulary.
    #[error("tokenizer.ggml.model is {value}, only \"gpt2\" and \"llama\" are supported")]
    UnknownModel { value: String },
    /// The way text is split before merging.
    #[error(
        "tokenizer.ggml.pre is {value}, only \"smollm\", \"llama-bpe\", \"qwen2\" and \"gpt-2\" \
         are supported"
    )]
    UnknownPre { value: String },
    /// No tokens, or more than we accept.
    #[error("tokenizer.ggml.tokens has {count} tokens, 1 to {most} are supported")]
    TokenCount { count: usize, most: usize },
    /// Arrays that should have one entry per token.
    #[error("{key} has {found} entries for {expected} tokens")]
    Length { key: &'static str, found: usize, expected: usize },
    /// A token kind that the format does not define.
    #[error("tokenizer.ggml.token_type[{id}] is {value}, 1 to 6 are allowed")]
    UnknownKind { id: usize, value: i64 },
    /// A score that has no order.
    #[error("tokenizer.ggml.scores[{id}] is {value}, a finite number is needed")]
    Score { id: usize, value: f64 },
    /// Two tokens with one text.
    #[error("tokens {first} and {second} have the same text {text}")]
    DuplicateToken { text: String, first: u32, second: u32 },
    /// A byte token that is not `<0x00>` to `<0xFF>`.
    #[error("byte token {id} is called {text}, a name such as \"<0x0A>\" is needed")]
    ByteToken { id: usize, text: String },
    /// A special token that is not in the vocabulary.
    #[error("{key} is {id}, the vocabulary has {count} tokens")]
    IdOutOfRange { key: &'static str, id: u32, count: usize },
    /// Adding a token that the file does not name.
    #[error("{flag} is true but {key} is missing")]
    NoSuchToken { flag: &'static str, key: &'static str },
    /// A merge that is not two tokens with a space between.
    #[error("tokenizer.ggml.merges[{index}] is {text}, two tokens with a space are needed")]
    MergeSyntax { index: usize, text: String },
    /// A merge of, or into, something that is not a token.
    #[error("tokenizer.ggml.merges[{index}] {text}: {part} is not in the vocabulary")]
    MergePart { index: usize, text: String, part: String },
    /// A setting that we do not implement.
    #[error("{key} is {value}, which is not supported")]
    UnsupportedSetting { key: &'static str, value: String },
    /// The BPE library refuses.
    #[error("the BPE library reports: {message}")]
    Library { message: String },
    /// The special tokens' matcher cannot be built.
    #[error("the special tokens cannot be matched: {message}")]
    Special { message: String },
}
