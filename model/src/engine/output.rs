//! What the engine downloads of a pass.

use crate::batch::Batch;
use crate::decoder::{DecoderError, Outputs};

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

impl Output {
    /// Downloads what is wanted of a batch's outputs.
    pub(super) fn download(
        outputs: &Outputs,
        batch: &Batch,
        want: Want,
    ) -> Result<Output, DecoderError> {
        if batch.outputs.is_empty() {
            return Ok(Output::default());
        }
        let chosen = if want.chosen { outputs.chosen.download()? } else { Vec::new() };
        let logits = if want.logits { outputs.logits.download()? } else { Vec::new() };
        Ok(Output { chosen, logits })
    }
}
