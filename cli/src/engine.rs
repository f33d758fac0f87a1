//! What the commands need of a loaded model.
//!
//! A command asks [`open`] for an [`Engine`], gives it a prompt and takes one token after another.
//! Time, Ctrl-C, stop texts and output are the command's business, not the engine's.

mod loaded;
mod service;

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tilewright_model::kv_cache::KvDtype;

use crate::args::{Cli, DeviceChoice, ModelArgs, SamplingArgs};

pub use loaded::{Loaded, device, use_threads};
pub use service::service;

/// A failure of the engine: one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Whatever the model or the device reports.
    #[error(transparent)]
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// An option that the device does not go with.
    #[error(transparent)]
    Usage(Box<dyn std::error::Error + Send + Sync>),
    /// The prompt does not fit the context.
    #[error(transparent)]
    PromptTooLong(Box<dyn std::error::Error + Send + Sync>),
    /// Ctrl-C came in the middle of a prompt.
    #[error("interrupted")]
    Interrupted,
}

/// How a model is opened.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// The GGUF file.
    pub model: &'a Path,
    /// Where it runs.
    pub device: DeviceChoice,
    /// Context in tokens; `None`: the smaller of the model's and 2048.
    pub ctx_size: Option<NonZeroU32>,
    /// Element of the key-value cache.
    pub kv_dtype: KvDtype,
    /// CPU threads; `None`: one per core.
    pub threads: Option<NonZeroU32>,
    /// How the device is opened.
    pub opening: tilewright_runtime::Options,
}

impl<'a> Options<'a> {
    /// The options on the command line, for a model whose file is found.
    pub fn new(cli: &Cli, args: &ModelArgs, model: &'a Path) -> Self {
        Self {
            model,
            device: args.device,
            ctx_size: args.ctx_size,
            kv_dtype: args.kv_dtype,
            threads: args.threads,
            opening: cli.device_options(),
        }
    }
}

/// What the model is to continue.
#[derive(Debug, Clone, Copy)]
pub enum Prompt<'a> {
    /// Raw text; special tokens written in it are parsed.
    Text(&'a str),
    /// A conversation for the model's own template; contents never parse special tokens.
    Chat(&'a [Message]),
}

/// One message of a conversation, as templates see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: &'static str,
    /// What was said.
    pub content: String,
}

/// One generated token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// Its id.
    pub id: u32,
    /// Its bytes, which may be part of a character; none for a special token.
    pub bytes: Vec<u8>,
    /// Whether the file names it as an end of generation.
    pub end: bool,
    /// The largest raw logits of its position, best first; as many as were asked for.
    pub top_logits: Vec<TopLogit>,
}

/// A token id and its raw logit, before temperature and penalties.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TopLogit {
    /// The token.
    pub id: u32,
    /// Its logit.
    pub logit: f32,
}

/// A model on a device.
pub trait Engine {
    /// The device's name, such as `wgpu:0 llvmpipe`.
    fn device(&self) -> String;

    /// How long loading took.
    fn load_time(&self) -> Duration;

    /// Starts over with a prompt; returns its token ids. Nothing is computed yet.
    ///
    /// # Errors
    /// The prompt does not fit the context, or the template fails.
    fn start(
        &mut self,
        prompt: Prompt<'_>,
        sampling: &SamplingArgs,
        top_logits: u32,
    ) -> Result<Vec<u32>, Error>;

    /// The next token; the first call computes the prompt. `None` where the context is full.
    ///
    /// # Errors
    /// The device failed.
    fn next_token(&mut self) -> Result<Option<Token>, Error>;
}

/// Loads a model, with a progress bar on standard error.
///
/// # Errors
/// Whatever the file, the device or the memory check reports.
pub fn open(options: &Options<'_>) -> Result<Box<dyn Engine>, Error> {
    Ok(Box::new(Loaded::open(options)?))
}

impl Error {
    /// A failure of the model crate or the runtime.
    pub fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Error::Failed(Box::new(error))
    }
}
