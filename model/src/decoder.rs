//! The decoder: embed, blocks, head.

use crate::batch::{Batch, Ending};
use crate::config::Config;
use crate::kv_cache::{HostPages, KvCache, OutOfPages, SlotMove, UnsupportedKvDtype};
use crate::layers::{self, Attention};
use crate::step_inputs::StepSize;
use crate::weights::Weights;
use crate::workspace::{Pass, Workspace};
use std::collections::HashMap;
use tilewright_kernels::{self as kernels, KvElement, Parts, SumOrder};
use tilewright_runtime::{Device, Error, Recording, Tensor};

/// What goes wrong while a model is loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecoderError {
    /// The device failed.
    #[error(transparent)]
    Device(#[from] Error),
    /// No page is free.
    #[error(transparent)]
    OutOfPages(#[from] OutOfPages),
    /// A tensor that a checked file has.
    #[error("the file has no tensor {name}")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor that cannot be read.
    #[error("tensor {name}: {reason}")]
    Weights {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// The file lost its end while it was read.
    #[error("the model's file was cut to {bytes} bytes while it was read: fetch or copy it again")]
    FileCut {
        /// Bytes that are left.
        bytes: u64,
    },
    /// The model and its cache are larger than the device's free memory.
    #[error(
        "the model and its cache need {needed} bytes and {free} are free on {device}: use a smaller --ctx-size or model"
    )]
    DoesNotFit {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
        /// The device's name.
        device: String,
    },
    /// A full context's keys of one layer are more than the device binds at once.
    #[error(
        "the keys of one layer need {needed} bytes for {context} tokens and {device} binds at most {limit}: use a smaller --ctx-size"
    )]
    CacheTooLarge {
        /// Bytes needed.
        needed: u64,
        /// Tokens of the context, in whole pages.
        context: u32,
        /// Bytes allowed.
        limit: u64,
        /// The device's name.
        device: String,
    },
    /// A cache element that the device cannot hold.
    #[error(transparent)]
    KvDtype(#[from] UnsupportedKvDtype),
    /// A place on the host that no page was brought to.
    #[error("no page lies in place {slot} on the host")]
    EmptySlot {
        /// The place.
        slot: u32,
    },
    /// A batch without tokens.
    #[error("a forward pass needs at least one token")]
    EmptyBatch,
}

/// A model on a device: weights, cache, and the buffers of a step.
#[derive(Debug)]
pub struct Decoder<K: KvElement> {
    device: Device,
    config: Config,
    weights: Weights,
    cache: KvCache<K>,
    /// Pages of sequences that wait.
    host: HostPages<K>,
    /// Pages of a full context: the width of the block table.
    pages: u32,
    workspace: Workspace,
    /// Decode steps by their kind.
    recordings: HashMap<StepKind, Recording>,
}

/// Tokens of the largest step that is recorded: larger ones keep a device busy while they are queued, and
/// there are too many sizes of them.
const MOST_RECORDED: u32 = 256;

/// What decode steps of one recording have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct StepKind {
    size: StepSize,
    order: SumOrder,
    ending: Ending,
    trees: bool,
    /// Parts in which the longest sequence is attended.
    parts: u32,
}

/// What a pass leaves on the device until the next one.
#[derive(Debug)]
pub struct Outputs {
    /// The token chosen after each output: `[R]`
    pub chosen: Tensor<u32>,
    /// `[R, vocab]`
    pub logits: Tensor<f32>,
}

impl<K: KvElement> Decoder<K> {
    /// A decoder with a cache of `pages` pages, for passes of up to `capacity`.
    ///
    /// # Errors
    /// What the device reports.
    pub fn new(
        device: &Device,
        config: Config,
        weights: Weights,
        pages: u32,
        capacity: StepSize,
    ) -> Result<Self, DecoderError> {
        let (heads, size) = (config.head_count_kv, config.head_size);
        Ok(Decoder {
            cache: KvCache::new(device, config.block_count, pages, heads, size)?,
            host: HostPages::default(),
            workspace: Workspace::new(device, &config, capacity)?,
            pages: capacity.pages,
            recordings: HashMap::new(),
            device: device.clone(),
            config,
            weights,
        })
    }

    /// Enlarges the cache to `pages` pages; what it holds stays where it is.
    ///
    /// # Errors
    /// What the device reports, above all that its memory does not suffice.
    pub fn grow_cache(&mut self, pages: u32) -> Result<(), DecoderError> {
        // Recorded steps refer to the old buffers.
        self.recordings.clear();
        Ok(self.cache.grow(pages)?)
    }

    /// Copies what one page of the cache holds to another.
    ///
    /// # Errors
    /// What the device reports.
    pub fn copy_page(&mut self, from: u32, to: u32) -> Result<(), DecoderError> {
        Ok(self.cache.copy_page(from, to)?)
    }

    /// Moves tokens within the cache, one after the other: what lies in the slot `from` to `to`.
    ///
    /// # Errors
    /// What the device reports.
    pub fn move_slots(&mut self, moves: &[SlotMove]) -> Result<(), DecoderError> {
        Ok(self.cache.move_slots(&self.device, moves)?)
    }

    /// Brings a page of the cache to a place on the host.
    ///
    /// # Errors
    /// What the device reports.
    pub fn swap_out(&mut self, page: u32, slot: u32) -> Result<(), DecoderError> {
        self.host.put(slot, self.cache.read_page(page)?);
        Ok(())
    }

    /// Brings what is in a place on the host to a page of the cache; the place is empty then.
    ///
    /// # Errors
    /// [`DecoderError::EmptySlot`], and what the device reports.
    pub fn swap_in(&mut self, page: u32, slot: u32) -> Result<(), DecoderError> {
        let contents = self.host.take(slot).ok_or(DecoderError::EmptySlot { slot })?;
        Ok(self.cache.write_page(page, &contents)?)
    }

    /// Computes the tokens of a batch.
    ///
    /// # Errors
    /// [`DecoderError::EmptyBatch`], and what the device reports.
    pub fn forward(&mut self, batch: &Batch) -> Result<Outputs, DecoderError> {
        if batch.is_empty() {
            return Err(DecoderError::EmptyBatch);
        }
        let size = self.reserve(batch)?;
        let parts = Parts::count(batch.keys_of_singles());
        let mut pass = self.workspace.pass(&self.config, size, batch.order, parts)?;
        pass.upload(batch)?;
        if batch.is_decode() && batch.len() <= MOST_RECORDED {
            let (order, ending, trees) = (batch.order, batch.ending(), batch.has_trees());
            self.replay(&mut pass, StepKind { size, order, ending, trees, parts }, batch)?;
        } else {
            self.run(&mut pass, batch)?;
        }
        Ok(Outputs { chosen: pass.chosen, logits: pass.logits })
    }

    /// The step that was recorded for this kind; records it where it is the first.
    fn replay(&mut self, pass: &mut Pass, kind: StepKind, batch: &Batch) -> Result<(), Error> {
        if let Some(recording) = self.recordings.get(&kind) {
            return recording.replay();
        }
        let device = self.device.clone();
        let recording = device.record(|| self.run(pass, batch))?;
        recording.replay()?;
        self.recordings.insert(kind, recording);
        Ok(())
    }

    /// Every launch of a pass.
    fn run(&mut self, pass: &mut Pass, batch: &Batch) -> Result<(), Error> {
        let Decoder { device, config, weights, cache, .. } = self;
        kernels::gather(device, &weights.embedding, &pass.inputs.tokens, &mut pass.x)?;
        let (spans, singles) = (batch.spans.as_slice(), batch.singles());
        let trees = batch.has_trees();
        let shared = Attention { device, config, weights, spans, singles, trees };
        for (block, cache) in weights.blocks.iter().zip(&mut cache.layers) {
            layers::attention(&shared, block, cache, pass)?;
            layers::feed_forward(device, config, block, pass)?;
        }
        layers::head(device, config, weights, pass, batch.ending())
    }

    /// The size of a batch's pass, after the workspace has grown where it is too small for it.
    fn reserve(&mut self, batch: &Batch) -> Result<StepSize, Error> {
        let size = StepSize {
            tokens: batch.len(),
            outputs: (batch.outputs.len() as u32).max(1),
            sequences: batch.spans.len() as u32,
            pages: self.pages,
        };
        let have = self.workspace.capacity();
        let larger = StepSize {
            tokens: have.tokens.max(size.tokens),
            outputs: have.outputs.max(size.outputs),
            sequences: have.sequences.max(size.sequences),
            pages: self.pages,
        };
        if larger != have {
            // Recorded steps refer to the old buffers.
            self.recordings.clear();
            self.workspace = Workspace::new(&self.device, &self.config, larger)?;
        }
        Ok(size)
    }

    /// The model's hyper-parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Number of decode steps that are recorded: one per batch size and ending.
    pub fn recorded_steps(&self) -> usize {
        self.recordings.len()
    }
}
