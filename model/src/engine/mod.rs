//! The engine: a model, a device, a sequence. `step` is schedule, forward, commit.

mod bare;
mod builder;
mod error;
mod generation;
mod output;
mod scorer;

pub use bare::BareDecoder;
pub use builder::Builder;
pub use error::EngineError;
pub use generation::{FinishReason, GenerateParams, Generation, Piece};
pub use scorer::{Scorer, Scores};

use crate::batch::{BEST, Batch};
use crate::decoder::DecoderError;
use crate::forward::Forward;
use crate::kv_cache::PagePool;
use crate::sampling::{self, SamplingParams};
use crate::sequence::Sequence;
use crate::{Config, ModelFile, Tokenizer};
use output::{Output, Want};
use tilewright_kernels::{PAGE, SampleParams};
use tilewright_runtime::Device;

/// A model on a device, with one sequence at a time.
pub struct Engine {
    device: Device,
    config: Config,
    tokenizer: Tokenizer,
    file: ModelFile,
    decoder: Box<dyn Forward>,
    pool: PagePool,
    sequence: Sequence,
    interrupt: Box<dyn Fn() -> bool + Send>,
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
        Builder::new()
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

    /// Tokens that the cache's memory on the device holds now; it grows with the sequence.
    pub fn cache_capacity(&self) -> u32 {
        self.pool.total() * PAGE
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
        self.sequence.restart(prompt);
        Ok(())
    }

    /// Forgets the sequence and gives its pages back.
    pub fn reset(&mut self) {
        self.sequence.table.release(&mut self.pool);
        self.sequence = Sequence::default();
    }

    /// The next token: computes what is pending and samples. `None` where the context is full.
    ///
    /// # Errors
    /// Parameters out of range, [`EngineError::Interrupted`], and what the device reports.
    pub fn step(
        &mut self,
        params: &SamplingParams,
        logits: bool,
    ) -> Result<Option<Generated>, EngineError> {
        params.validate()?;
        if self.sequence.pending().is_empty() || self.is_full() {
            return Ok(None);
        }
        let choice = self.choice_on_device(params);
        let output = self.compute(choice, logits)?;
        self.commit(params, output, logits).map(Some)
    }

    /// Whether no token can follow.
    pub fn is_full(&self) -> bool {
        self.sequence.is_full(self.context)
    }

    /// How the device chooses the next token; `None` where the host must: penalties look at the
    /// tokens so far.
    fn choice_on_device(&self, params: &SamplingParams) -> Option<SampleParams> {
        if params.temperature == 0.0 {
            return Some(BEST);
        }
        if params.repeat_penalty != 1.0 {
            return None;
        }
        Some(SampleParams {
            temperature: params.temperature,
            top_k: params.top_k,
            top_p: params.top_p,
            min_p: params.min_p,
            seed: params.seed,
            position: self.sequence.tokens.len() as u32,
        })
    }

    /// Forward passes over everything pending, a chunk at a time; the last one's output.
    fn compute(
        &mut self,
        choice: Option<SampleParams>,
        logits: bool,
    ) -> Result<Output, EngineError> {
        let want = Want { chosen: choice.is_some(), logits: logits || choice.is_none() };
        let choice = [choice.unwrap_or(BEST)];
        loop {
            let count = self.sequence.pending().len().min(self.chunk as usize);
            let last = count == self.sequence.pending().len();
            let batch = self.schedule(count, if last { &choice } else { &[] })?;
            let output = self.forward(&batch, want)?;
            if last {
                return Ok(output);
            }
        }
    }

    /// Makes the cache larger where the sequence needs more pages than are free: at least twice as
    /// large, so that a long context costs few copies, and at most a full context.
    fn reserve_pages(&mut self, tokens: u32) -> Result<(), EngineError> {
        let needed = tokens.div_ceil(PAGE) as usize;
        let missing = needed.saturating_sub(self.sequence.table.pages().len());
        let missing = missing.saturating_sub(self.pool.available()) as u32;
        if missing == 0 {
            return Ok(());
        }
        let total = self.pool.total();
        let pages = (total + missing).max(total.saturating_mul(2));
        let pages = pages.min(self.context.div_ceil(PAGE));
        self.decoder.grow_cache(pages)?;
        self.pool.extend(pages);
        Ok(())
    }

    /// The next `count` pending tokens, with places in the cache.
    fn schedule(&mut self, count: usize, choices: &[SampleParams]) -> Result<Batch, EngineError> {
        let end = self.sequence.cached + count;
        self.reserve_pages(end as u32)?;
        let sequence = &mut self.sequence;
        sequence.table.grow(end as u32, &mut self.pool).map_err(DecoderError::from)?;
        let tokens = sequence.tokens.get(sequence.cached..end).unwrap_or_default();
        let mut batch = Batch::default();
        batch.push(tokens, sequence.cached as u32, &sequence.table, choices);
        Ok(batch)
    }

    fn forward(&mut self, batch: &Batch, want: Want) -> Result<Output, EngineError> {
        if (self.interrupt)() {
            return Err(EngineError::Interrupted);
        }
        let outputs = self.decoder.forward(batch)?;
        let output = Output::download(&outputs, batch, want)?;
        self.sequence.cached += batch.len() as usize;
        Ok(output)
    }

    /// Adds the chosen token to the sequence.
    fn commit(
        &mut self,
        params: &SamplingParams,
        output: Output,
        logits: bool,
    ) -> Result<Generated, EngineError> {
        let id = match output.chosen.first() {
            Some(id) => *id,
            None => {
                let position = self.sequence.tokens.len() as u64;
                sampling::sample(params, &output.logits, &self.sequence.tokens, position)?
            }
        };
        if self.sequence.tokens.len() < self.context as usize {
            self.sequence.tokens.push(id);
        }
        Ok(Generated { id, logits: if logits { output.logits } else { Vec::new() } })
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("config", &self.config).finish_non_exhaustive()
    }
}
