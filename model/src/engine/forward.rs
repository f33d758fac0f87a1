//! The forward pass for whatever element the cache has.

use crate::batch::Batch;
use crate::decoder::{Decoder, DecoderError};
use tilewright_kernels::KvElement;

/// A decoder whose cache element is not part of its type.
pub(super) trait Forward: Send {
    /// Computes a batch; downloads what is wanted of it.
    fn forward(&mut self, batch: &Batch, want: Want) -> Result<Output, DecoderError>;

    /// Enlarges the cache to so many pages.
    fn grow_cache(&mut self, pages: u32) -> Result<(), DecoderError>;
}

/// What is downloaded after a pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want {
    /// The chosen tokens.
    pub chosen: bool,
    /// The logits.
    pub logits: bool,
}

/// What a pass gives, as far as it was wanted.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// The token chosen after each output.
    pub chosen: Vec<u32>,
    /// Rows of logits, one per output.
    pub logits: Vec<f32>,
}

impl<K: KvElement> Forward for Decoder<K> {
    fn forward(&mut self, batch: &Batch, want: Want) -> Result<Output, DecoderError> {
        let outputs = Decoder::forward(self, batch)?;
        if batch.outputs.is_empty() {
            return Ok(Output::default());
        }
        let chosen = if want.chosen { outputs.chosen.download()? } else { Vec::new() };
        let logits = if want.logits { outputs.logits.download()? } else { Vec::new() };
        Ok(Output { chosen, logits })
    }

    fn grow_cache(&mut self, pages: u32) -> Result<(), DecoderError> {
        Decoder::grow_cache(self, pages)
    }
}
