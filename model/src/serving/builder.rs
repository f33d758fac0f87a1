//! [`Builder`]: an engine's settings, and the size of its cache.

use super::core::Core;
use super::draft_model::DraftModel;
use super::engine::Shared;
use super::measured::Measured;
use super::place::Place;
use super::{BuildError, Engine, worker};
use crate::block_manager::BlockManager;
use crate::decoder::DecoderError;
use crate::engine::EngineError;
use crate::kv_cache::KvDtype;
use crate::scheduler::{Limits, Scheduler};
use crate::speculative::{LONGEST, Speculation};
use crate::step_inputs::StepSize;
use crate::{Config, ModelFile, Tokenizer};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, mpsc};
use tilewright_kernels::PAGE;
use tilewright_runtime::{BackendKind, DType, Device, DeviceSelector};

/// Context in tokens where neither the caller nor the model says less.
const CONTEXT: u32 = 4096;
/// Sequences and tokens of a pass, on a device and on a processor.
const SEQUENCES: [u32; 2] = [256, 16];
const TOKENS: [u32; 2] = [2048, 256];
/// Share of the free memory that the cache takes.
const MEMORY_FRACTION: f32 = 0.9;
/// Bytes on the host for pages of sequences that wait.
const SWAP_MEMORY: u64 = 1 << 30;
/// Requests that may wait.
const QUEUE: usize = 1024;

/// Settings of an [`Engine`].
pub struct Builder<'a> {
    model: Option<PathBuf>,
    device: Option<Device>,
    context: Option<u32>,
    max_sequences: Option<u32>,
    max_batched_tokens: Option<u32>,
    max_queue: usize,
    memory_fraction: f32,
    pages: Option<u32>,
    kv_dtype: KvDtype,
    swap_memory: u64,
    prefix_cache: bool,
    deterministic: bool,
    speculation: Speculation,
    draft_model: Option<PathBuf>,
    progress: Box<dyn FnMut(u64, u64) + Send + 'a>,
}

impl<'a> Builder<'a> {
    pub(super) fn new() -> Self {
        Builder {
            model: None,
            device: None,
            context: None,
            max_sequences: None,
            max_batched_tokens: None,
            max_queue: QUEUE,
            memory_fraction: MEMORY_FRACTION,
            pages: None,
            kv_dtype: KvDtype::Auto,
            swap_memory: SWAP_MEMORY,
            prefix_cache: true,
            deterministic: false,
            speculation: Speculation::Off,
            draft_model: None,
            progress: Box::new(|_, _| {}),
        }
    }

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

    /// Tokens of the longest sequence; the smaller of the model's and 4096 unless said.
    #[must_use]
    pub fn context(mut self, tokens: u32) -> Self {
        self.context = Some(tokens.max(1));
        self
    }

    /// Sequences that run at once; 256 unless said, 16 on a processor.
    #[must_use]
    pub fn max_sequences(mut self, sequences: u32) -> Self {
        self.max_sequences = Some(sequences);
        self
    }

    /// Tokens of one pass; 2048 unless said, 256 on a processor.
    #[must_use]
    pub fn max_batched_tokens(mut self, tokens: u32) -> Self {
        self.max_batched_tokens = Some(tokens);
        self
    }

    /// Sequences that may wait for a place; 1024 unless said.
    #[must_use]
    pub fn max_queue(mut self, sequences: usize) -> Self {
        self.max_queue = sequences;
        self
    }

    /// Share of the memory left beside the weights that the cache takes; 0.9 unless said.
    #[must_use]
    pub fn memory_fraction(mut self, fraction: f32) -> Self {
        self.memory_fraction = fraction;
        self
    }

    /// Pages of the cache, in place of what the memory holds.
    #[must_use]
    pub fn pages(mut self, pages: u32) -> Self {
        self.pages = Some(pages);
        self
    }

    /// The element of the key-value cache, and of the draft model's; f32 on a processor and f16
    /// elsewhere unless said.
    #[must_use]
    pub fn kv_dtype(mut self, dtype: KvDtype) -> Self {
        self.kv_dtype = dtype;
        self
    }

    /// Bytes on the host for pages of preempted sequences, which come back from there where that
    /// is cheaper than computing them again; 1 GiB unless said. With 0 they are always computed.
    #[must_use]
    pub fn swap_memory(mut self, bytes: u64) -> Self {
        self.swap_memory = bytes;
        self
    }

    /// Whether beginnings of prompts are found again; they are unless said.
    #[must_use]
    pub fn prefix_cache(mut self, on: bool) -> Self {
        self.prefix_cache = on;
        self
    }

    /// Whether a request's tokens depend on nothing that runs beside it, bit for bit. On a processor
    /// they never do. On other devices prompts are then cut at pages, are not mixed with generated
    /// tokens in a pass, and only prompts are found in the prefix cache.
    #[must_use]
    pub fn deterministic(mut self, on: bool) -> Self {
        self.deterministic = on;
        self
    }

    /// Who guesses tokens; nobody unless said.
    #[must_use]
    pub fn speculation(mut self, speculation: Speculation) -> Self {
        self.speculation = speculation;
        self
    }

    /// The GGUF file of the model that guesses with [`Speculation::Draft`]; its vocabulary must be
    /// the model's.
    #[must_use]
    pub fn draft_model(mut self, path: impl AsRef<Path>) -> Self {
        self.draft_model = Some(path.as_ref().to_owned());
        self
    }

    /// Hears bytes loaded and bytes in all.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(u64, u64) + Send + 'a) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Opens the file, checks that it fits, loads it, and starts the engine's thread.
    ///
    /// # Errors
    /// [`BuildError::Engine`] for the file and the device, [`BuildError::NoRoom`] and
    /// [`BuildError::Limits`] for sizes.
    pub fn build(mut self) -> Result<Engine, BuildError> {
        let value = self.memory_fraction;
        if value.is_nan() || value <= 0.0 || value > 1.0 {
            return Err(BuildError::MemoryFraction { value });
        }
        let path = self.model.take().ok_or(EngineError::NoModel)?;
        let file = ModelFile::open(path).map_err(EngineError::from)?;
        let tokenizer = Arc::new(file.tokenizer().map_err(EngineError::from)?);
        let device = match self.device.take() {
            Some(device) => device,
            None => Device::open(&DeviceSelector::Auto)?,
        };
        let deterministic = self.deterministic && device.kind() != BackendKind::Cpu;
        let limits = self.limits(file.config(), &device, deterministic)?;
        let element = self.kv_dtype.on(&device).map_err(DecoderError::from);
        let element = element.map_err(EngineError::from)?;
        let draft_model = self.load_draft_model(&device, element, &tokenizer, &limits)?;
        let place = Place {
            device: &device,
            element,
            capacity: capacity(&limits, self.speculation),
            pages: self.pages.unwrap_or_else(|| most_pages(&limits)),
            fraction: value,
        };
        let (mut decoder, pages) = place.load(&file, &mut self.progress)?;
        limits.validate(pages)?;
        let slots = self.swap_memory / place.page_bytes(file.config()).max(1);
        let slots = u32::try_from(slots).unwrap_or(u32::MAX).min(most_pages(&limits));
        let measured = match slots {
            0 => None,
            _ => Some(Measured::probe(decoder.as_mut()).map_err(EngineError::from)?),
        };
        let blocks = BlockManager::new(pages, self.prefix_cache).with_swap(slots);
        let scheduler = Scheduler::new(limits, blocks)?;
        let core = Core::new(
            decoder,
            scheduler,
            tokenizer.clone(),
            self.speculation,
            draft_model,
            deterministic,
            measured,
        );
        let shared = Arc::new(Shared::default());
        shared.publish(core.figures());
        let (commands, receiver) = mpsc::channel();
        let of_thread = shared.clone();
        let thread = std::thread::Builder::new()
            .name("tilewright-engine".to_owned())
            .spawn(move || worker::run(core, &receiver, &of_thread))
            .map_err(BuildError::Thread)?;
        Ok(Engine {
            device,
            file,
            tokenizer,
            limits,
            pages,
            max_queue: self.max_queue,
            shared,
            commands,
            thread: Some(thread),
            grammars: OnceLock::new(),
            next: AtomicU64::new(0),
        })
    }

    /// Loads the draft model: it gets a small share of the memory, since its cache is small.
    fn load_draft_model(
        &mut self,
        device: &Device,
        element: DType,
        tokenizer: &Tokenizer,
        limits: &Limits,
    ) -> Result<Option<DraftModel>, BuildError> {
        if self.speculation != Speculation::Draft {
            return Ok(None);
        }
        let path = self.draft_model.take().ok_or(BuildError::NoDraftModel)?;
        let file = ModelFile::open(path).map_err(EngineError::from)?;
        if !same_tokens(tokenizer, &file.tokenizer().map_err(EngineError::from)?) {
            return Err(BuildError::DraftVocabulary);
        }
        let context = limits.context.min(file.config().context_length);
        let chunk = limits.max_batched_tokens;
        let pages = context.div_ceil(PAGE);
        let capacity = StepSize { tokens: chunk, outputs: 1, sequences: 1, pages };
        let pages = most_pages(limits);
        let place =
            Place { device, element, capacity, pages, fraction: self.memory_fraction / 8.0 };
        let (decoder, pages) = place.load(&file, &mut self.progress)?;
        Ok(Some(DraftModel::new(decoder, pages, context, chunk)))
    }

    fn limits(
        &self,
        config: &Config,
        device: &Device,
        deterministic: bool,
    ) -> Result<Limits, EngineError> {
        let most = config.context_length;
        let context = match self.context {
            Some(asked) if asked > most => return Err(EngineError::ContextTooLong { asked, most }),
            Some(asked) => asked,
            None => CONTEXT.min(most),
        };
        let slow = usize::from(device.capabilities().is_software);
        let max_sequences = self.max_sequences.unwrap_or(SEQUENCES[slow]);
        let tokens = TOKENS[slow].max(max_sequences.saturating_add(PAGE));
        let max_batched_tokens = self.max_batched_tokens.unwrap_or(tokens);
        Ok(Limits { max_sequences, max_batched_tokens, context, page_chunks: deterministic })
    }
}

/// Pages that all sequences need at once.
fn most_pages(limits: &Limits) -> u32 {
    limits.max_sequences.saturating_mul(limits.context.div_ceil(PAGE))
}

/// Whether two vocabularies have the same texts under the same ids.
fn same_tokens(a: &Tokenizer, b: &Tokenizer) -> bool {
    let same = |id| a.token_bytes(id) == b.token_bytes(id) && a.kind(id) == b.kind(id);
    a.vocab_size() == b.vocab_size() && (0..a.vocab_size() as u32).all(same)
}

fn capacity(limits: &Limits, speculation: Speculation) -> StepSize {
    let outputs = limits.max_sequences;
    // A node of a tree is a row of its own.
    let sequences = match speculation {
        Speculation::Tree => outputs.saturating_mul(1 + LONGEST as u32),
        _ => outputs,
    };
    let sequences = sequences.min(limits.max_batched_tokens);
    let pages = limits.context.div_ceil(PAGE);
    StepSize { tokens: limits.max_batched_tokens, outputs, sequences, pages }
}
