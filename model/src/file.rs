//! A model's file with its hyper-parameters: what the decoder is built from.

use std::path::Path;

use crate::chat::{ChatError, ChatTemplate};
use crate::config::{Config, ConfigError};
use crate::error::Error;
use crate::gguf::{GgufFile, Metadata, OpenError, TensorView};
use crate::tokenizer::{Tokenizer, TokenizerError};

/// A GGUF file whose hyper-parameters and tensors have been checked against each other.
pub struct ModelFile {
    gguf: GgufFile,
    config: Config,
}

impl ModelFile {
    /// Maps the file at `path` and checks everything but the vocabulary.
    ///
    /// # Errors
    /// The path and what is wrong with it: [`Error::Read`], [`Error::Gguf`] or [`Error::Config`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let gguf = GgufFile::open(path).map_err(|error| match error {
            OpenError::Io(source) => Error::Read { path: path.into(), source },
            OpenError::Gguf(source) => Error::Gguf { path: path.into(), source },
        })?;
        Self::new(gguf).map_err(|source| Error::Config { path: path.into(), source })
    }

    /// Checks a file that is open already.
    ///
    /// # Errors
    /// The first hyper-parameter or tensor that we cannot run.
    pub fn new(gguf: GgufFile) -> Result<Self, ConfigError> {
        let config = Config::from_gguf(&gguf)?;
        Ok(Self { gguf, config })
    }

    /// The hyper-parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The tensor called `name`, in place.
    pub fn tensor(&self, name: &str) -> Option<TensorView<'_>> {
        self.gguf.tensor(name)
    }

    /// Bytes that the file has now, where it was cut after it was opened.
    pub fn cut(&self) -> Option<u64> {
        self.gguf.cut()
    }

    /// Gives back the memory that reading the tensor called `name` took; reading it again reads
    /// the file again.
    pub fn release(&self, name: &str) {
        self.gguf.release(name);
    }

    /// Every tensor in the order of the names.
    pub fn tensors(&self) -> impl Iterator<Item = TensorView<'_>> {
        self.gguf.tensors()
    }

    /// The metadata keys.
    pub fn metadata(&self) -> Metadata<'_> {
        self.gguf.metadata()
    }

    /// Builds the file's tokenizer.
    ///
    /// # Errors
    /// A vocabulary that is inconsistent or of a kind that we do not know.
    pub fn tokenizer(&self) -> Result<Tokenizer, TokenizerError> {
        Tokenizer::from_metadata(self.metadata())
    }

    /// Compiles the file's own chat template.
    ///
    /// # Errors
    /// [`ChatError::NoTemplate`] where the file has none, [`ChatError::Syntax`] where it is broken.
    pub fn chat_template(&self) -> Result<ChatTemplate, ChatError> {
        ChatTemplate::from_metadata(self.metadata())
    }
}
