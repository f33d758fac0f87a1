//! [`Passes`]: a decoder whose cache element is not part of its type.

use crate::batch::Batch;
use crate::decoder::{Decoder, DecoderError};
use std::collections::BTreeMap;
use tilewright_kernels::KvElement;

/// What a pass gives.
#[derive(Debug, Default)]
pub(super) struct PassOutput {
    /// The token chosen after each output.
    pub chosen: Vec<u32>,
    /// Logits of the outputs that they were wanted of.
    pub logits: BTreeMap<usize, Vec<f32>>,
}

/// Forward passes.
pub(super) trait Passes: Send {
    /// Computes a batch, and downloads the chosen tokens and the logits of some outputs.
    fn forward(&mut self, batch: &Batch, logits: &[usize]) -> Result<PassOutput, DecoderError>;

    /// Copies a page of the cache to another one.
    fn copy_page(&mut self, from: u32, to: u32) -> Result<(), DecoderError>;
}

impl<K: KvElement> Passes for Decoder<K> {
    fn forward(&mut self, batch: &Batch, logits: &[usize]) -> Result<PassOutput, DecoderError> {
        let outputs = Decoder::forward(self, batch)?;
        if batch.outputs.is_empty() {
            return Ok(PassOutput::default());
        }
        let vocab = u64::from(self.config().vocab_size);
        let mut rows = BTreeMap::new();
        for row in logits {
            let view = outputs.logits.view(*row as u64 * vocab, [vocab])?;
            rows.insert(*row, view.download()?);
        }
        Ok(PassOutput { chosen: outputs.chosen.download()?, logits: rows })
    }

    fn copy_page(&mut self, from: u32, to: u32) -> Result<(), DecoderError> {
        Decoder::copy_page(self, from, to)
    }
}
