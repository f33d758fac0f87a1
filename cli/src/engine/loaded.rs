//! The model crate's engine as the commands see it.

use super::{Engine, Error, Message, Options, Prompt, Token, TopLogit};
use crate::args::{DeviceChoice, SamplingArgs};
use indicatif::{ProgressBar, ProgressStyle};
use std::num::NonZeroU32;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tilewright_model::EngineError;
use tilewright_model::chat::{self, RenderOptions, Role};
use tilewright_model::decoder::DecoderError;
use tilewright_model::sampling::SamplingParams;
use tilewright_runtime::{Device, DeviceSelector};

/// A loaded model.
pub struct Loaded {
    engine: tilewright_model::Engine,
    load_time: Duration,
    sampling: SamplingParams,
    top_logits: usize,
}

/// Opens the device of a choice.
pub fn device(
    choice: DeviceChoice,
    options: &tilewright_runtime::Options,
) -> Result<Device, tilewright_runtime::Error> {
    let selector = match choice {
        DeviceChoice::Auto => DeviceSelector::Auto,
        DeviceChoice::Cuda(index) => DeviceSelector::Cuda(Some(index as usize)),
        DeviceChoice::Wgpu(index) => DeviceSelector::Wgpu(Some(index as usize)),
        DeviceChoice::Cpu => DeviceSelector::Cpu,
    };
    Device::open_with(&selector, options)
}

/// Sets how many threads the processor's kernels use.
pub fn use_threads(threads: NonZeroU32) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get() as usize);
    // A pool that is already there keeps its threads.
    let _ = pool.build_global();
}

impl Loaded {
    /// Checks the file, opens the device and loads the model.
    ///
    /// # Errors
    /// Whatever they report.
    pub fn open(options: &Options<'_>) -> Result<Self, Error> {
        let start = Instant::now();
        if let Some(threads) = options.threads {
            use_threads(threads);
        }
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template("loading {bytes} of {total_bytes} {wide_bar}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let mut builder = tilewright_model::Engine::builder()
            .model(options.model)
            .kv_dtype(options.kv_dtype)
            .open_device(|| device(options.device, &options.opening))
            .interrupt(crate::interrupt::pressed)
            .progress(|done, total| {
                bar.set_length(total);
                bar.set_position(done);
            });
        if let Some(tokens) = options.ctx_size {
            builder = builder.context(tokens.get());
        }
        let engine = builder.build();
        bar.finish_and_clear();
        Ok(Loaded {
            engine: engine.map_err(refused)?,
            load_time: start.elapsed(),
            sampling: SamplingParams::default(),
            top_logits: 0,
        })
    }

    /// The engine itself.
    pub fn engine(&mut self) -> &mut tilewright_model::Engine {
        &mut self.engine
    }

    fn encode(&self, prompt: Prompt<'_>) -> Result<Vec<u32>, Error> {
        let tokenizer = self.engine.tokenizer();
        match prompt {
            Prompt::Text(text) => tokenizer.encode_prompt(text).map_err(Error::failed),
            Prompt::Chat(messages) => {
                let template = self.engine.file().chat_template().map_err(Error::failed)?;
                let messages: Vec<chat::Message> = messages.iter().map(message).collect();
                let options = RenderOptions::default();
                template.encode(&messages, tokenizer, options).map_err(Error::failed)
            }
        }
    }
}

impl Engine for Loaded {
    fn device(&self) -> String {
        self.engine.device().capabilities().label()
    }

    fn load_time(&self) -> Duration {
        self.load_time
    }

    fn start(
        &mut self,
        prompt: Prompt<'_>,
        sampling: &SamplingArgs,
        top_logits: u32,
    ) -> Result<Vec<u32>, Error> {
        let ids = self.encode(prompt)?;
        self.engine.start(&ids).map_err(failed)?;
        self.sampling = SamplingParams {
            temperature: sampling.temperature,
            top_k: sampling.top_k,
            top_p: sampling.top_p,
            min_p: sampling.min_p,
            repeat_penalty: sampling.repeat_penalty,
            seed: sampling.seed.unwrap_or_else(clock_seed),
            ..SamplingParams::default()
        };
        self.top_logits = top_logits as usize;
        Ok(ids)
    }

    fn next_token(&mut self) -> Result<Option<Token>, Error> {
        let wanted = self.top_logits > 0;
        let Some(generated) = self.engine.step(&self.sampling, wanted).map_err(failed)? else {
            return Ok(None);
        };
        let tokenizer = self.engine.tokenizer();
        Ok(Some(Token {
            id: generated.id,
            bytes: tokenizer.token_bytes(generated.id).to_vec(),
            end: tokenizer.is_end(generated.id),
            top_logits: best(&generated.logits, self.top_logits),
        }))
    }
}

/// A model that is not opened.
fn refused(error: EngineError) -> Error {
    match error {
        EngineError::Decoder(DecoderError::KvDtype(error)) => Error::Usage(Box::new(error)),
        other => Error::failed(other),
    }
}

/// A failure of a step.
fn failed(error: EngineError) -> Error {
    match error {
        EngineError::Interrupted => Error::Interrupted,
        error @ EngineError::PromptTooLong { .. } => Error::PromptTooLong(Box::new(error)),
        other => Error::failed(other),
    }
}

/// A message as the template sees it.
fn message(message: &Message) -> chat::Message {
    let role = match message.role {
        "system" => Role::System,
        "assistant" => Role::Assistant,
        _ => Role::User,
    };
    chat::Message { role, content: message.content.clone() }
}

/// The largest logits, best first, equal ones by id.
fn best(logits: &[f32], count: usize) -> Vec<TopLogit> {
    let mut all: Vec<TopLogit> =
        (0..).zip(logits).map(|(id, logit)| TopLogit { id, logit: *logit }).collect();
    let order = |a: &TopLogit, b: &TopLogit| b.logit.total_cmp(&a.logit).then(a.id.cmp(&b.id));
    let count = count.min(all.len());
    if count < all.len() {
        all.select_nth_unstable_by(count, order);
        all.truncate(count);
    }
    all.sort_unstable_by(order);
    all
}

fn clock_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}
