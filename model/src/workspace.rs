//! [`Workspace`]: the buffers of a forward pass of T tokens, R of which get logits.

use crate::batch::Batch;
use crate::config::Config;
use tilewright_runtime::{Device, Error, Tensor};

/// Inputs, activations and outputs of a step. d: hidden width, H: query heads, G: key-value
/// heads, hd: head size, f: width of the feed-forward.
#[derive(Debug)]
pub struct Workspace {
    /// Token ids: `[T]`
    pub tokens: Tensor<u32>,
    /// Positions: `[T]`
    pub positions: Tensor<u32>,
    /// Places in the cache: `[T]`
    pub slots: Tensor<u32>,
    /// Row of the block table of each token: `[T]`
    pub sequence: Tensor<u32>,
    /// Tokens that get logits: `[R]`
    pub rows: Tensor<u32>,
    /// The residual stream: `[T, d]`
    pub x: Tensor<f32>,
    /// `[T, d]`
    pub normed: Tensor<f32>,
    /// Queries, keys, values: `[T, (H + 2 G) * hd]`
    pub qkv: Tensor<f32>,
    /// Rotated queries: `[T, H, hd]`
    pub q: Tensor<f32>,
    /// What attention gives: `[T, H, hd]`
    pub attended: Tensor<f32>,
    /// Gate and up: `[T, 2 f]`
    pub gate_up: Tensor<f32>,
    /// `[T, f]`
    pub activated: Tensor<f32>,
    /// The residual stream of the tokens that get logits: `[R, d]`
    pub last: Tensor<f32>,
    /// `[R, d]`
    pub last_normed: Tensor<f32>,
    /// `[R, vocab]`
    pub logits: Tensor<f32>,
    /// The best token of each row: `[R]`
    pub best: Tensor<u32>,
}

impl Workspace {
    /// Buffers for `tokens` tokens, the last `outputs` of which get logits.
    ///
    /// # Errors
    /// What the device reports.
    pub fn new(device: &Device, config: &Config, tokens: u32, outputs: u32) -> Result<Self, Error> {
        let width = config.embedding_length;
        let heads = [tokens, config.head_count, config.head_size];
        let qkv = (config.query_width() + 2 * config.kv_width()) as u32;
        let inner = config.feed_forward_length;
        Ok(Workspace {
            tokens: device.zeros(tokens)?,
            positions: device.zeros(tokens)?,
            slots: device.zeros(tokens)?,
            sequence: device.zeros(tokens)?,
            rows: device.zeros(outputs)?,
            x: device.zeros([tokens, width])?,
            normed: device.zeros([tokens, width])?,
            qkv: device.zeros([tokens, qkv])?,
            q: device.zeros(heads)?,
            attended: device.zeros(heads)?,
            gate_up: device.zeros([tokens, 2 * inner])?,
            activated: device.zeros([tokens, inner])?,
            last: device.zeros([outputs, width])?,
            last_normed: device.zeros([outputs, width])?,
            logits: device.zeros([outputs, config.vocab_size])?,
            best: device.zeros(outputs)?,
        })
    }

    /// Rows of logits.
    pub fn outputs(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Uploads what a batch says.
    ///
    /// # Errors
    /// What the device reports.
    pub fn write(&self, batch: &Batch) -> Result<(), Error> {
        let count = batch.len();
        let positions: Vec<u32> = (batch.first_position..batch.first_position + count).collect();
        self.tokens.write(0, &batch.tokens)?;
        self.positions.write(0, &positions)?;
        self.slots.write(0, &batch.slots)?;
        if count > 1 {
            let rows: Vec<u32> = (count - batch.outputs..count).collect();
            self.rows.write(0, &rows)?;
        }
        Ok(())
    }
}
