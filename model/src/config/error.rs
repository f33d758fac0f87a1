//! Why a well-formed file's model cannot be run.
#![expect(missing_docs, reason = "fields are what each message names")]

use super::HEAD_SIZES;
use crate::gguf::{GgufError, Metadata, quoted};

/// A hyper-parameter or tensor that contradicts the others or that we cannot run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A key that is missing or of the wrong type.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// A key whose value we cannot honour.
    #[error("metadata key {key} is {value}: {reason}")]
    Unsupported { key: String, value: String, reason: &'static str },
    /// Query heads that cannot share the key heads.
    #[error(
        "llama.attention.head_count {head_count} is not a multiple of \
         llama.attention.head_count_kv {head_count_kv}"
    )]
    HeadGroups { head_count: u32, head_count_kv: u32 },
    /// Neither a key length nor a width that divides evenly.
    #[error(
        "llama.attention.key_length is missing and llama.embedding_length {embedding_length} is \
         not a multiple of llama.attention.head_count {head_count}"
    )]
    HeadSizeUnknown { embedding_length: u32, head_count: u32 },
    /// Keys and values of different lengths.
    #[error(
        "llama.attention.key_length {key_length} and llama.attention.value_length {value_length} \
         differ, which is not supported"
    )]
    HeadSizesDiffer { key_length: u32, value_length: u32 },
    /// No kernel for the head size.
    #[error("head size {size} is not supported, only {HEAD_SIZES:?} are")]
    HeadSize { size: u32 },
    /// No kernel for the width.
    #[error("{name} is {width}, which is not a multiple of 32 and not supported")]
    Width { name: &'static str, width: u64 },
    /// A tensor that must be there.
    #[error("tensor {tensor} is missing, shape {expected:?} expected")]
    MissingTensor { tensor: String, expected: Vec<u64> },
    /// A tensor whose shape contradicts the metadata.
    #[error("tensor {tensor} has shape {found:?}, the metadata say {expected:?}")]
    TensorShape { tensor: String, expected: Vec<u64>, found: Vec<u64> },
    /// A tensor that no part of the model would use.
    #[error("tensor {tensor} {found:?} is not part of a model that is supported ({reason})")]
    UnexpectedTensor { tensor: String, found: Vec<u64>, reason: &'static str },
    /// Vocabulary sizes that disagree.
    #[error("{key} says {found} tokens, token_embd.weight has {expected} rows")]
    VocabSize { key: &'static str, expected: u64, found: u64 },
}

/// [`ConfigError::Unsupported`] with the value that `key` has.
pub(super) fn unsupported(metadata: Metadata, key: &str, reason: &'static str) -> ConfigError {
    let value = metadata.get(key).map_or_else(|| "missing".into(), |value| value.to_string());
    ConfigError::Unsupported { key: quoted(key), value, reason }
}
