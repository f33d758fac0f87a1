//! [`Builder`]: an engine's settings, and the check that everything fits before it is loaded.

use super::{Engine, EngineError};
use crate::decoder::DecoderError;
use crate::forward;
use crate::kv_cache::{self, KvDtype, PagePool};
use crate::sequence::Sequence;
use crate::step_inputs::StepSize;
use crate::weights::{self, Weights};
use crate::workspace::Workspace;
use crate::{Config, ModelFile};
use std::path::{Path, PathBuf};
use tilewright_kernels::PAGE;
use tilewright_runtime::{DType, Device, DeviceSelector};

/// Context in tokens where neither the caller nor the model says less.
const DEFAULT_CONTEXT: u32 = 2048;

/// Pages that the cache starts with; it grows when they are used up.
const FIRST_PAGES: u32 = 4;

/// Prompt tokens of one pass: on a processor few enough for an interrupt to be heard soon.
const CHUNK: u32 = 512;
const CHUNK_ON_PROCESSOR: u32 = 128;

/// Opens the device, once it is known that the file can be used.
type OpenDevice<'a> = Box<dyn FnOnce() -> Result<Device, tilewright_runtime::Error> + 'a>;

/// Settings of an [`Engine`].
pub struct Builder<'a> {
    model: Option<PathBuf>,
    device: OpenDevice<'a>,
    context: Option<u32>,
    chunk: Option<u32>,
    page_seed: Option<u64>,
    kv_dtype: KvDtype,
    interrupt: Box<dyn Fn() -> bool + Send>,
    progress: Box<dyn FnMut(u64, u64) + 'a>,
}

impl<'a> Builder<'a> {
    pub(super) fn new() -> Self {
        Builder {
            model: None,
            device: Box::new(|| Device::open(&DeviceSelector::Auto)),
            context: None,
            chunk: None,
            page_seed: None,
            kv_dtype: KvDtype::Auto,
            interrupt: Box::new(|| false),
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
        let device = device.clone();
        self.device = Box::new(move || Ok(device));
        self
    }

    /// As [`Builder::device`], opened when the file has been found usable: a driver takes longer
    /// and more memory than a file that is refused.
    #[must_use]
    pub fn open_device(
        mut self,
        open: impl FnOnce() -> Result<Device, tilewright_runtime::Error> + 'a,
    ) -> Self {
        self.device = Box::new(open);
        self
    }

    /// Tokens of the context; the smaller of the model's and 2048 unless said.
    #[must_use]
    pub fn context(mut self, tokens: u32) -> Self {
        self.context = Some(tokens.max(1));
        self
    }

    /// Prompt tokens of one forward pass; 512 unless said, 128 on a processor.
    #[must_use]
    pub fn chunk(mut self, tokens: u32) -> Self {
        self.chunk = Some(tokens.max(1));
        self
    }

    /// The element of the key-value cache; f32 on a processor and f16 elsewhere unless said.
    #[must_use]
    pub fn kv_dtype(mut self, dtype: KvDtype) -> Self {
        self.kv_dtype = dtype;
        self
    }

    /// Hands pages out in an order that depends on the seed: for tests.
    #[must_use]
    pub fn shuffle_pages(mut self, seed: u64) -> Self {
        self.page_seed = Some(seed);
        self
    }

    /// Asked before every forward pass whether to stop there.
    #[must_use]
    pub fn interrupt(mut self, interrupt: impl Fn() -> bool + Send + 'static) -> Self {
        self.interrupt = Box::new(interrupt);
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
    /// [`EngineError::File`], [`EngineError::Tokenizer`], [`EngineError::ContextTooLong`], and
    /// [`EngineError::Decoder`], above all [`DecoderError::DoesNotFit`] before anything is loaded.
    pub fn build(mut self) -> Result<Engine, EngineError> {
        let file = ModelFile::open(self.model.ok_or(EngineError::NoModel)?)?;
        let tokenizer = file.tokenizer()?;
        let config = file.config().clone();
        let context = context(self.context, &config)?;
        let device = (self.device)()?;
        let chunk = self.chunk.unwrap_or_else(|| default_chunk(&device)).min(context);
        let pages = context.div_ceil(PAGE);
        let capacity = StepSize { tokens: chunk, outputs: 1, sequences: 1, pages };
        let element = self.kv_dtype.on(&device).map_err(DecoderError::from)?;
        check_fit(&file, &device, element, capacity)?;
        let weights = Weights::load(&file, &device, &mut self.progress)?;
        let first = pages.min(FIRST_PAGES);
        let decoder = forward::decoder(&device, config.clone(), weights, element, first, capacity)?;
        let pool = match self.page_seed {
            Some(seed) => PagePool::shuffled(first, seed),
            None => PagePool::new(first),
        };
        Ok(Engine {
            sequence: Sequence::default(),
            interrupt: self.interrupt,
            device,
            config,
            tokenizer,
            file,
            decoder,
            pool,
            context,
            chunk,
        })
    }
}

fn context(asked: Option<u32>, config: &Config) -> Result<u32, EngineError> {
    let most = config.context_length;
    match asked {
        Some(asked) if asked > most => Err(EngineError::ContextTooLong { asked, most }),
        Some(asked) => Ok(asked),
        None => Ok(DEFAULT_CONTEXT.min(most)),
    }
}

fn default_chunk(device: &Device) -> u32 {
    if device.capabilities().is_software { CHUNK_ON_PROCESSOR } else { CHUNK }
}

/// Refuses a model whose weights, cache of a full context and buffers are more than the device's free
/// memory. One layer counts half again: while the cache grows for the last time, its old half is
/// there too.
fn check_fit(
    file: &ModelFile,
    device: &Device,
    element: DType,
    capacity: StepSize,
) -> Result<(), DecoderError> {
    let (config, element) = (file.config(), element.size());
    let (heads, size) = (config.head_count_kv, config.head_size);
    let tokens = capacity.pages.saturating_mul(PAGE);
    let cache = kv_cache::bytes(config.block_count, tokens, heads, size, element);
    let layer = kv_cache::bytes(1, tokens, heads, size, element);
    let cache = cache.saturating_add(layer / 2);
    if let Some(wgpu) = &device.capabilities().wgpu
        && layer / 2 > wgpu.max_storage_binding.min(wgpu.max_buffer)
    {
        return Err(DecoderError::CacheTooLarge {
            needed: layer / 2,
            context: tokens,
            limit: wgpu.max_storage_binding.min(wgpu.max_buffer),
            device: device.capabilities().name.clone(),
        });
    }
    let buffers = Workspace::bytes(device, config, capacity);
    let needed = weights::bytes(file).saturating_add(cache).saturating_add(buffers);
    match device.memory() {
        Some(memory) if memory.free < needed => Err(DecoderError::DoesNotFit {
            needed,
            free: memory.free,
            device: device.capabilities().name.clone(),
        }),
        _ => Ok(()),
    }
}
