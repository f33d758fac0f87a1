//! GGUF files to a decoder: paged KV cache, sampling, the engine.
//!
//! In reading order: [`gguf`] (the file format), [`config`] (hyper-parameters and the tensors that
//! they promise), [`ModelFile`] (both together), [`tokenizer`], [`chat`] (the model's template),
//! [`sampling`] (the reference of the sampling chain), [`stop`] (stop strings). [`synthetic`] makes
//! tiny random models for tests.

pub mod chat;
pub mod config;
mod error;
mod file;
pub mod gguf;
pub mod sampling;
pub mod stop;
pub mod synthetic;
pub mod tokenizer;

pub use config::Config;
pub use error::Error;
pub use file::ModelFile;
pub use gguf::{GgmlType, GgufFile, TensorView};
pub use tokenizer::{ParseSpecial, Tokenizer};
