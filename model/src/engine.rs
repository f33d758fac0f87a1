//! The engine: a model, a device, a sequence. `step` is schedule, forward, commit.

use crate::batch::Batch;
use crate::decoder::{Decoder, DecoderError};
use crate::kv_cache::{self, PagePool};
use crate::sampling::{self, SamplingError, SamplingParams};
use crate::sequence::Sequence;
use crate::tokenizer::TokenizerError;
use crate::weights::{self, Weights};
use crate::{Config, ModelFile, Tokenizer};
use half::f16;
use std::path::{Path, PathBuf};
use tilewright_kernels::PAGE;
use tilewright_runtime::{BackendKind, Device};

/// What an engine reports.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] crate::Error),
    /// Its tokenizer cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// Loading or computing failed.
    #[error(transparent)]
    Decoder(#[from] DecoderError),
    /// Sampling parameters out of range, or logits that are not finite.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// The builder was not told the model's file.
    #[error("an engine needs a model: call `model(path)` on the builder")]
    NoModel,
    /// A prompt without tokens.
    #[error("the prompt has no tokens: write something to continue")]
    EmptyPrompt,
    /// A prompt that leaves no room.
    #[error(
        "the prompt has {tokens} tokens and the context holds {context}: shorten it or raise --ctx-size"
    )]
    PromptTooLong {
        /// Tokens of the prompt.
        tokens: usize,
        /// Tokens of the context.
        context: u32,
    },
    /// A token that the vocabulary does not have.
    #[error("token {id} is not in the vocabulary of {vocab}")]
    UnknownToken {
        /// The token.
        id: u32,
        /// Tokens of the vocabulary.
        vocab: u32,
    },
}

impl From<tilewright_runtime::Error> for EngineError {
    fn from(error: tilewright_runtime::Error) -> Self {
        EngineError::Decoder(error.into())
    }
}

/// The forward pass for whatever element the cache has.
trait Forward: Send {
    /// Logits of the last `batch.outputs` tokens where `logits`, and the best token of the last.
    fn forward(&mut self, batch: &Batch, logits: bool) -> Result<Output, DecoderError>;
}

/// What a forward pass gives.
struct Output {
    /// The best token of the last row.
    best: u32,
    /// Rows of logits, if asked for.
    logits: Vec<f32>,
}

impl<K: tilewright_kernels::KvElement> Forward for Decoder<K> {
    fn forward(&mut self, batch: &Batch, logits: bool) -> Result<Output, DecoderError> {
        let workspace = Decoder::forward(self, batch)?;
        let best = workspace.best.read(u64::from(batch.outputs) - 1, 1)?;
        let logits = if logits { workspace.logits.download()? } else { Vec::new() };
        Ok(Output { best: best.first().copied().unwrap_or(0), logits })
    }
}

/// Settings of an [`Engine`].
pub struct Builder<'a> {
    model: Option<PathBuf>,
    device: Option<Device>,
    context: Option<u32>,
    chunk: Option<u32>,
    page_seed: Option<u64>,
    progress: Box<dyn FnMut(u64, u64) + 'a>,
}

impl<'a> Builder<'a> {
    /// The GGUF file.
    #[must_use]
    pub fn model(mut self, path: impl AsRef<Path>) -> Self {
        self.model = Some(path.as_ref().to_owned());
        self
    }

    /// Where it runs; the best device there is unless said.
    #[must_use]
    pub fn device(mut self, device: &Device) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// Tokens of the context; the smaller of the model's and 2048 unless said.
    #[must_use]
    pub fn context(mut self, tokens: u32) -> Self {
        self.context = Some(tokens);
        self
    }

    /// Prompt tokens of one forward pass; 512 unless said.
    #[must_use]
    pub fn chunk(mut self, tokens: u32) -> Self {
        self.chunk = Some(tokens.max(1));
        self
    }

    /// Hands pages out in an order that depends on the seed: for tests.
    #[must_use]
    pub fn shuffle_pages(mut self, seed: u64) -> Self {
        self.page_seed = Some(seed);
        self
    }

    /// Hears bytes loaded and bytes in all.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(u64, u64) + 'a) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Opens the file, checks that it fits, and loads it.
    ///
    /// # Errors
    /// [`EngineError::File`], [`EngineError::Tokenizer`], and [`EngineError::Decoder`], above all
    /// [`DecoderError::DoesNotFit`] before anything is loaded.
    pub fn build(mut self) -> Result<Engine, EngineError> {
        let file = ModelFile::open(self.model.ok_or(EngineError::NoModel)?)?;
        let tokenizer = file.tokenizer()?;
        let device = match self.device {
            Some(device) => device,
            None => Device::open(&tilewright_runtime::DeviceSelector::Auto)?,
        };
        let config = file.config().clone();
        let context = self.context.unwrap_or(2048).clamp(1, config.context_length);
        let wide = device.kind() == BackendKind::Cpu;
        check_fit(&file, &device, &config, context, if wide { 4 } else { 2 })?;
        let weights = Weights::load(&file, &device, &mut self.progress)?;
        let pages = context.div_ceil(PAGE);
        let decoder: Box<dyn Forward> = if wide {
            Box::new(Decoder::<f32>::new(&device, config.clone(), weights, pages)?)
        } else {
            Box::new(Decoder::<f16>::new(&device, config.clone(), weights, pages)?)
        };
        let pool = match self.page_seed {
            Some(seed) => PagePool::shuffled(pages, seed),
            None => PagePool::new(pages),
        };
        Ok(Engine {
            chunk: self.chunk.unwrap_or(512),
            sequence: Sequence::default(),
            device,
            config,
            tokenizer,
            file,
            decoder,
            pool,
            context,
        })
    }
}

fn check_fit(
    file: &ModelFile,
    device: &Device,
    config: &Config,
    context: u32,
    element: usize,
) -> Result<(), DecoderError> {
    let (heads, size) = (config.head_count_kv, config.head_size);
    let cache = kv_cache::bytes(config.block_count, context, heads, size, element);
    let needed = weights::bytes(file).saturating_add(cache);
    match device.memory() {
        Some(memory) if memory.free < needed => {
            Err(DecoderError::DoesNotFit { needed, free: memory.free })
        }
        _ => Ok(()),
    }
}

/// A model on a device, with one sequence at a time.
pub struct Engine {
    device: Device,
    config: Config,
    tokenizer: Tokenizer,
    file: ModelFile,
    decoder: Box<dyn Forward>,
    pool: PagePool,
    sequence: Sequence,
    context: u32,
    chunk: u32,
}

/// One generated token.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// The token.
    pub id: u32,
    /// Raw logits of its position, if asked for.
    pub logits: Vec<f32>,
}

impl Engine {
    /// An engine's settings.
    pub fn builder<'a>() -> Builder<'a> {
        Builder {
            model: None,
            device: None,
            context: None,
            chunk: None,
            page_seed: None,
            progress: Box::new(|_, _| {}),
        }
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The model's hyper-parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The file's tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The file.
    pub fn file(&self) -> &ModelFile {
        &self.file
    }

    /// Tokens that the context holds.
    pub fn context(&self) -> u32 {
        self.context
    }

    /// Starts over with a prompt. Nothing is computed yet; what the last prompt has in common with
    /// this one at its beginning stays in the cache.
    ///
    /// # Errors
    /// [`EngineError::EmptyPrompt`], [`EngineError::PromptTooLong`], [`EngineError::UnknownToken`].
    pub fn start(&mut self, prompt: &[u32]) -> Result<(), EngineError> {
        let vocab = self.config.vocab_size;
        if prompt.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        if prompt.len() > self.context as usize {
            return Err(EngineError::PromptTooLong { tokens: prompt.len(), context: self.context });
        }
        if let Some(id) = prompt.iter().find(|id| **id >= vocab) {
            return Err(EngineError::UnknownToken { id: *id, vocab });
        }
        let known = &self.sequence.tokens[..self.sequence.cached.min(self.sequence.tokens.len())];
        let common = known.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        // The last token is always computed: its logits are needed.
        self.sequence.cached = common.min(prompt.len() - 1);
        self.sequence.tokens = prompt.to_vec();
        Ok(())
    }

    /// The next token: computes what is pending and samples. `None` where the context is full.
    ///
    /// # Errors
    /// What the device reports; parameters out of range.
    pub fn step(
        &mut self,
        params: &SamplingParams,
        logits: bool,
    ) -> Result<Option<Generated>, EngineError> {
        params.validate()?;
        if self.sequence.tokens.len() >= self.context as usize && self.sequence.pending().is_empty()
        {
            return Ok(None);
        }
        let greedy = params.temperature == 0.0;
        let output = self.compute(logits || !greedy)?;
        self.commit(params, output, logits, greedy).map(Some)
    }

    /// Forward passes over everything pending, a chunk at a time; the last one's output.
    fn compute(&mut self, logits: bool) -> Result<Output, EngineError> {
        let mut last = Output { best: 0, logits: Vec::new() };
        while !self.sequence.pending().is_empty() {
            let batch = self.schedule(1)?;
            let done = self.sequence.cached + batch.len() as usize == self.sequence.tokens.len();
            last = self.decoder.forward(&batch, logits && done)?;
            self.sequence.cached += batch.len() as usize;
        }
        Ok(last)
    }

    /// The next chunk of pending tokens, with places in the cache.
    fn schedule(&mut self, outputs: u32) -> Result<Batch, EngineError> {
        let sequence = &mut self.sequence;
        let count = sequence.pending().len().min(self.chunk as usize);
        let end = sequence.cached + count;
        sequence.table.grow(end as u32, &mut self.pool).map_err(DecoderError::from)?;
        let tokens = &sequence.tokens[sequence.cached..end];
        Ok(Batch::new(tokens, sequence.cached as u32, &sequence.table, outputs))
    }

    fn commit(
        &mut self,
        params: &SamplingParams,
        output: Output,
        logits: bool,
        greedy: bool,
    ) -> Result<Generated, EngineError> {
        let id = if greedy {
            output.best
        } else {
            let position = self.sequence.tokens.len() as u64;
            sampling::sample(params, &output.logits, &self.sequence.tokens, position)?
        };
        if self.sequence.tokens.len() < self.context as usize {
            self.sequence.tokens.push(id);
        }
        Ok(Generated { id, logits: if logits { output.logits } else { Vec::new() } })
    }

    /// Natural logarithms of the probability of each token after the first, given those before it.
    ///
    /// # Errors
    /// As for [`Engine::start`] and [`Engine::step`].
    pub fn log_probabilities(
        &mut self,
        tokens: &[u32],
        mut visit: impl FnMut(usize, &[f32]),
    ) -> Result<(), EngineError> {
        self.start(tokens)?;
        self.sequence.cached = 0;
        let chunk = std::mem::replace(&mut self.chunk, 32);
        let result = (|| {
            while !self.sequence.pending().is_empty() {
                let count = self.sequence.pending().len().min(self.chunk as usize) as u32;
                let batch = self.schedule(count)?;
                let output = self.decoder.forward(&batch, true)?;
                let first = self.sequence.cached;
                let rows = output.logits.chunks_exact(self.config.vocab_size as usize);
                rows.enumerate().for_each(|(row, logits)| visit(first + row, logits));
                self.sequence.cached += batch.len() as usize;
            }
            Ok(())
        })();
        self.chunk = chunk;
        result
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("config", &self.config).finish_non_exhaustive()
    }
}
