//! The crate's error: which file, and what is wrong with it.
#![expect(missing_docs, reason = "fields are what each message names")]

use std::io;
use std::path::PathBuf;

use crate::chat::ChatError;
use crate::config::ConfigError;
use crate::gguf::GgufError;
use crate::sampling::SamplingError;
use crate::stop::StopError;
use crate::tokenizer::TokenizerError;

/// Anything that this crate refuses; every message is one line.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system cannot read the file.
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// The file is not a GGUF file that we can use.
    #[error("{}: {source}", path.display())]
    Gguf { path: PathBuf, source: GgufError },
    /// The file's model is not one that we can run.
    #[error("{}: {source}", path.display())]
    Config { path: PathBuf, source: ConfigError },
    /// The file's vocabulary cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The file's chat template cannot be used.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// Sampling parameters out of range, or logits that cannot be sampled.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A stop string that cannot be matched.
    #[error(transparent)]
    Stop(#[from] StopError),
}
