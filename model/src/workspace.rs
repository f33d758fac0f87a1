//! [`Workspace`]: the buffers of forward passes, made once for the largest one.

use crate::batch::{Batch, Ending};
use crate::config::Config;
use crate::step_inputs::{StepInputs, StepSize};
use tilewright_kernels::{PAGE, Parts, Scratch, SumOrder};
use tilewright_runtime::{Device, Error, Tensor};

/// Memory for passes of up to T tokens of up to S sequences, R of which get logits.
#[derive(Debug)]
pub struct Workspace {
    capacity: StepSize,
    inputs: Tensor<u32>,
    choices: Tensor<f32>,
    x: Tensor<f32>,
    normed: Tensor<f32>,
    qkv: Tensor<f32>,
    q: Tensor<f32>,
    attended: Tensor<f32>,
    gate_up: Tensor<f32>,
    activated: Tensor<f32>,
    last: Tensor<f32>,
    last_normed: Tensor<f32>,
    logits: Tensor<f32>,
    chosen: Tensor<u32>,
    scratch: Scratch,
    parts: Parts,
}

/// The part of a workspace that one pass of T tokens uses. d: hidden width, H: query heads, G:
/// key-value heads, hd: head size, f: width of the feed-forward.
#[derive(Debug)]
pub struct Pass {
    /// Tokens, positions and places.
    pub inputs: StepInputs,
    /// How each output's next token is drawn: `[R, 8]`
    pub choices: Tensor<f32>,
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
    /// The token that follows each of them: `[R]`
    pub chosen: Tensor<u32>,
    /// For the products of the blocks.
    pub scratch: Scratch,
    /// For the product of the head.
    pub head_scratch: Scratch,
    /// For the attention of single tokens.
    pub parts: Parts,
}

impl Workspace {
    /// Memory for passes of up to this size.
    ///
    /// # Errors
    /// What the device reports.
    pub fn new(device: &Device, config: &Config, capacity: StepSize) -> Result<Self, Error> {
        let StepSize { tokens, outputs, .. } = capacity;
        let width = config.embedding_length;
        let inner = config.feed_forward_length;
        Ok(Workspace {
            capacity,
            inputs: StepInputs::allocate(device, capacity)?,
            choices: device.zeros([outputs, 8])?,
            x: device.zeros([tokens, width])?,
            normed: device.zeros([tokens, width])?,
            qkv: device.zeros([u64::from(tokens), qkv_width(config)])?,
            q: device.zeros([tokens, config.head_count, config.head_size])?,
            attended: device.zeros([tokens, config.head_count, config.head_size])?,
            gate_up: device.zeros([u64::from(tokens), 2 * u64::from(inner)])?,
            activated: device.zeros([tokens, inner])?,
            last: device.zeros([outputs, width])?,
            last_normed: device.zeros([outputs, width])?,
            logits: device.zeros([outputs, config.vocab_size])?,
            chosen: device.zeros(outputs)?,
            scratch: Scratch::new(device, tokens.max(outputs), widest(config))?,
            parts: Parts::new(
                device,
                tokens,
                context(capacity),
                config.head_count,
                config.head_size,
            )?,
        })
    }

    /// What a workspace takes on a device, in bytes.
    pub fn bytes(device: &Device, config: &Config, capacity: StepSize) -> u64 {
        let width = u64::from(config.embedding_length);
        let inner = u64::from(config.feed_forward_length);
        let token = 2 * width + qkv_width(config) + 2 * config.query_width() + 3 * inner;
        let output = 8 + 2 * width + u64::from(config.vocab_size) + 1;
        let most = capacity.tokens.max(capacity.outputs);
        let tokens = u64::from(capacity.tokens).saturating_mul(token);
        let outputs = u64::from(capacity.outputs).saturating_mul(output);
        let scratch = Scratch::bytes(device, most, widest(config));
        let all = u64::from(capacity.words()).saturating_add(tokens).saturating_add(outputs);
        let (heads, size) = (config.head_count, config.head_size);
        let parts = Parts::bytes(capacity.tokens, context(capacity), heads, size);
        all.saturating_mul(4).saturating_add(scratch).saturating_add(parts)
    }

    /// The largest pass.
    pub fn capacity(&self) -> StepSize {
        self.capacity
    }

    /// The buffers of a pass whose products sum in this order and whose single tokens see sequences of up
    /// to so many parts: the beginnings of the workspace's.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for one that is larger than the capacity.
    pub fn pass(
        &self,
        config: &Config,
        size: StepSize,
        order: SumOrder,
        parts: u32,
    ) -> Result<Pass, Error> {
        let StepSize { tokens, outputs, .. } = size;
        let width = config.embedding_length;
        let inner = config.feed_forward_length;
        let heads = [tokens, config.head_count, config.head_size];
        Ok(Pass {
            inputs: StepInputs::new(&self.inputs, size)?,
            choices: self.choices.view(0, [outputs, 8])?,
            x: self.x.view(0, [tokens, width])?,
            normed: self.normed.view(0, [tokens, width])?,
            qkv: self.qkv.view(0, [u64::from(tokens), qkv_width(config)])?,
            q: self.q.view(0, heads)?,
            attended: self.attended.view(0, heads)?,
            gate_up: self.gate_up.view(0, [u64::from(tokens), 2 * u64::from(inner)])?,
            activated: self.activated.view(0, [tokens, inner])?,
            last: self.last.view(0, [outputs, width])?,
            last_normed: self.last_normed.view(0, [outputs, width])?,
            logits: self.logits.view(0, [outputs, config.vocab_size])?,
            chosen: self.chosen.view(0, outputs)?,
            scratch: self.scratch.ordered(order),
            // How many outputs a pass has depends on who else is in it.
            head_scratch: self.scratch.ordered(match order {
                SumOrder::Fastest => SumOrder::Fastest,
                SumOrder::Few | SumOrder::Many => SumOrder::Few,
            }),
            parts: self.parts.with(parts),
        })
    }
}

impl Pass {
    /// Uploads what a batch says: one buffer, and a second one where tokens are drawn.
    ///
    /// # Errors
    /// What the device reports.
    pub fn upload(&self, batch: &Batch) -> Result<(), Error> {
        self.inputs.upload(batch)?;
        if batch.ending() != Ending::Draw {
            return Ok(());
        }
        let choices: Vec<f32> = batch.choices.iter().flat_map(|choice| choice.encode()).collect();
        self.choices.write(0, &choices)
    }
}

/// Tokens of a full context.
fn context(size: StepSize) -> u32 {
    size.pages.saturating_mul(PAGE)
}

/// Width of a row with the queries, keys and values of a token.
fn qkv_width(config: &Config) -> u64 {
    config.query_width() + 2 * config.kv_width()
}

/// The widest token that a matrix multiplies.
fn widest(config: &Config) -> u32 {
    let query = u32::try_from(config.query_width()).unwrap_or(u32::MAX);
    config.embedding_length.max(config.feed_forward_length).max(query)
}
