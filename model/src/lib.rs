//! GGUF files to a decoder: paged KV cache, sampling, the engine.
//!
//! In reading order: [`gguf`] (the file format), [`config`] (hyper-parameters and the tensors that
//! they promise), [`ModelFile`] (both together), [`tokenizer`], [`chat`] (the model's template),
//! [`sampling`] (the reference of the sampling chain), [`stop`] (stop strings); then
//! [`weights`] (the file's tensors on a device), [`kv_cache`] (pages), [`sequence`], [`batch`]
//! (what one pass computes), [`step_inputs`] and [`workspace`] (its buffers), [`layers`],
//! [`decoder`] (the pass), [`engine`] (one sequence: schedule, forward, commit). For many requests at
//! once: [`block_manager`] (who holds which page), [`scheduler`] (what the next pass computes),
//! [`speculative`] (guesses and their acceptance), [`grammar`] (structured output), [`serving`] (the
//! engine of a service). [`synthetic`] makes tiny random models for tests, and random
//! weights of known shapes for benchmarks.

pub mod batch;
pub mod block_manager;
pub mod chat;
pub mod config;
pub mod decoder;
pub mod engine;
mod error;
mod file;
mod forward;
pub mod gguf;
pub mod grammar;
pub mod kv_cache;
pub mod layers;
pub mod sampling;
pub mod scheduler;
pub mod sequence;
pub mod serving;
pub mod speculative;
pub mod step_inputs;
pub mod stop;
pub mod synthetic;
pub mod tokenizer;
pub mod weights;
pub mod workspace;

pub use config::Config;
pub use engine::{Engine, EngineError, FinishReason, GenerateParams};
pub use error::Error;
pub use file::ModelFile;
pub use gguf::{GgmlType, GgufFile, TensorView};
pub use tokenizer::{ParseSpecial, Tokenizer};
