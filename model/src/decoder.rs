//! The decoder: embed, blocks, norm, head.

use crate::batch::Batch;
use crate::config::Config;
use crate::kv_cache::{KvCache, LayerCache, OutOfPages};
use crate::weights::{BlockWeights, Weights};
use crate::workspace::Workspace;
use std::collections::HashMap;
use tilewright_kernels::{self as kernels, KvElement, Output};
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
    /// The model and its cache are larger than the device's free memory.
    #[error(
        "the model and its cache need {needed} bytes and {free} are free: use a smaller --ctx-size or model"
    )]
    DoesNotFit {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
}

/// A model on a device: weights, cache, and the buffers of a step.
#[derive(Debug)]
pub struct Decoder<K: KvElement> {
    device: Device,
    config: Config,
    weights: Weights,
    cache: KvCache<K>,
    /// `[1, pages of a full context]`: the pages of the sequence.
    block_table: Tensor<u32>,
    /// Buffers and, for single tokens, the recorded step; by number of tokens.
    workspaces: HashMap<u32, Workspace>,
    decode: Option<Recording>,
}

impl<K: KvElement> Decoder<K> {
    /// A decoder with memory for `pages` pages.
    ///
    /// # Errors
    /// What the device reports.
    pub fn new(
        device: &Device,
        config: Config,
        weights: Weights,
        pages: u32,
    ) -> Result<Self, DecoderError> {
        let (heads, size) = (config.head_count_kv, config.head_size);
        let cache = KvCache::new(device, config.block_count, pages, heads, size)?;
        Ok(Decoder {
            device: device.clone(),
            config,
            weights,
            cache,
            block_table: device.zeros::<u32>([1, pages])?,
            workspaces: HashMap::new(),
            decode: None,
        })
    }

    /// Computes the tokens of a batch; the logits of its last `batch.outputs` tokens and the best
    /// token of each are in the workspace afterwards.
    ///
    /// # Errors
    /// What the device reports.
    pub fn forward(&mut self, batch: &Batch) -> Result<&Workspace, DecoderError> {
        let tokens = batch.len();
        let mut workspace = match self.workspaces.remove(&tokens) {
            Some(workspace) if workspace.outputs() == batch.outputs => workspace,
            _ => Workspace::new(&self.device, &self.config, tokens, batch.outputs)?,
        };
        self.block_table.write(0, &batch.pages)?;
        workspace.write(batch)?;
        if tokens == 1 {
            if self.decode.is_none() {
                self.decode = Some(self.record(&mut workspace)?);
            }
            if let Some(decode) = &self.decode {
                decode.replay()?;
            }
        } else {
            self.run(&mut workspace, Some(batch))?;
        }
        Ok(self.workspaces.entry(tokens).insert_entry(workspace).into_mut())
    }

    /// One token's step, recorded: everything that changes lies in buffers.
    fn record(&mut self, workspace: &mut Workspace) -> Result<Recording, Error> {
        let device = self.device.clone();
        device.record(|| self.run(workspace, None))
    }

    /// Embedding, blocks, output norm, head, best token. `prefill` is the batch where its tokens
    /// are consecutive ones of one sequence.
    fn run(&mut self, w: &mut Workspace, prefill: Option<&Batch>) -> Result<(), Error> {
        let device = &self.device;
        kernels::gather(device, &self.weights.embedding, &w.tokens, &mut w.x)?;
        let rope = Rope {
            frequencies: &self.weights.frequencies,
            magnitude: self.config.rope.magnitude(),
        };
        for (block, cache) in self.weights.blocks.iter().zip(&mut self.cache.layers) {
            attention(device, &self.config, block, cache, &rope, &self.block_table, w, prefill)?;
            feed_forward(device, &self.config, block, w)?;
        }
        kernels::select_rows(device, &w.x, &w.rows, &mut w.last)?;
        let eps = self.config.rms_epsilon;
        kernels::rms_norm(device, &w.last, &self.weights.output_norm, &mut w.last_normed, eps)?;
        let head = self.weights.head();
        kernels::matmul(device, head, &w.last_normed, &mut w.logits, 0, Output::Store)?;
        kernels::argmax(device, &w.logits, &mut w.best)
    }

    /// The model's hyper-parameters.
    pub fn config(&self) -> &Config {
        &self.config
    }
}

/// The rotary embedding of a model.
struct Rope<'a> {
    frequencies: &'a Tensor<f32>,
    magnitude: f32,
}

/// `x += attention(norm(x))`
#[allow(clippy::too_many_arguments)]
fn attention<K: KvElement>(
    device: &Device,
    config: &Config,
    block: &BlockWeights,
    cache: &mut LayerCache<K>,
    rope: &Rope<'_>,
    block_table: &Tensor<u32>,
    w: &mut Workspace,
    prefill: Option<&Batch>,
) -> Result<(), Error> {
    kernels::rms_norm(device, &w.x, &block.attention_norm, &mut w.normed, config.rms_epsilon)?;
    let (queries, kv) = (config.query_width() as u32, config.kv_width() as u32);
    kernels::matmul(device, &block.query, &w.normed, &mut w.qkv, 0, Output::Store)?;
    kernels::matmul(device, &block.key, &w.normed, &mut w.qkv, queries, Output::Store)?;
    kernels::matmul(device, &block.value, &w.normed, &mut w.qkv, queries + kv, Output::Store)?;
    kernels::rotary_append(
        device,
        &w.qkv,
        rope.frequencies,
        &w.positions,
        &w.slots,
        &mut w.q,
        &mut cache.keys,
        &mut cache.values,
        rope.magnitude,
    )?;
    let scale = 1.0 / (config.head_size as f32).sqrt();
    match prefill {
        None => kernels::attention_decode(
            device,
            &w.q,
            &cache.keys,
            &cache.values,
            block_table,
            &w.sequence,
            &w.positions,
            &mut w.attended,
            scale,
        )?,
        Some(batch) => kernels::attention_prefill(
            device,
            &w.q,
            &cache.keys,
            &cache.values,
            block_table,
            0,
            0,
            batch.len(),
            batch.first_position,
            &mut w.attended,
            scale,
        )?,
    }
    let tokens = w.attended.shape().dims().first().copied().unwrap_or(0);
    let attended = w.attended.reshape([tokens, config.query_width()])?;
    kernels::matmul(device, &block.attention_output, &attended, &mut w.x, 0, Output::Add)
}

/// `x += down(silu(gate(norm(x))) * up(norm(x)))`
fn feed_forward(
    device: &Device,
    config: &Config,
    block: &BlockWeights,
    w: &mut Workspace,
) -> Result<(), Error> {
    kernels::rms_norm(device, &w.x, &block.feed_forward_norm, &mut w.normed, config.rms_epsilon)?;
    let width = config.feed_forward_length;
    kernels::matmul(device, &block.gate, &w.normed, &mut w.gate_up, 0, Output::Store)?;
    kernels::matmul(device, &block.up, &w.normed, &mut w.gate_up, width, Output::Store)?;
    kernels::swiglu(device, &w.gate_up, &mut w.activated)?;
    kernels::matmul(device, &block.down, &w.activated, &mut w.x, 0, Output::Add)
}
