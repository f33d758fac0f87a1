//! [`PassOutput`]: what the engine of a service downloads of a pass.

use crate::batch::Batch;
use crate::decoder::{DecoderError, Outputs};
use std::collections::BTreeMap;

/// What a pass gives.
#[derive(Debug, Default)]
pub(super) struct PassOutput {
    /// The token chosen after each output.
    pub chosen: Vec<u32>,
    /// Logits of the outputs that they were wanted of.
    pub logits: BTreeMap<usize, Vec<f32>>,
}

impl PassOutput {
    /// Downloads the chosen tokens of a batch's outputs, and the logits of some of them.
    pub fn download(
        outputs: &Outputs,
        batch: &Batch,
        logits: &[usize],
    ) -> Result<PassOutput, DecoderError> {
        if batch.outputs.is_empty() {
            return Ok(PassOutput::default());
        }
        let vocab = outputs.logits.shape().dims().last().copied().unwrap_or(0);
        let mut rows = BTreeMap::new();
        for row in logits {
            let view = outputs.logits.view(*row as u64 * vocab, [vocab])?;
            rows.insert(*row, view.download()?);
        }
        Ok(PassOutput { chosen: outputs.chosen.download()?, logits: rows })
    }
}
