//! [`Scorer`]: the logits of every position of a text, a few rows at a time.

use super::output::Want;
use super::{Engine, EngineError};
use crate::batch::BEST;

/// Rows of logits of one pass: what is on the host at once.
const ROWS: usize = 32;

/// Computes the logits after each token of a text, in order.
#[derive(Debug)]
pub struct Scorer<'e> {
    engine: &'e mut Engine,
}

/// Logits of consecutive positions.
#[derive(Debug)]
pub struct Scores {
    /// Position of the first row.
    pub first: usize,
    vocab: usize,
    logits: Vec<f32>,
}

impl Scores {
    /// The logits after each token, `vocab` values each.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.logits.chunks_exact(self.vocab)
    }
}

impl Engine {
    /// Starts over with a text whose every position is to be scored.
    ///
    /// # Errors
    /// As for [`Engine::start`].
    pub fn score(&mut self, tokens: &[u32]) -> Result<Scorer<'_>, EngineError> {
        self.start(tokens)?;
        self.sequence.cached = 0;
        Ok(Scorer { engine: self })
    }
}

impl Scorer<'_> {
    /// The logits of the next positions; `None` after the last.
    ///
    /// # Errors
    /// [`EngineError::Interrupted`], and what the device reports.
    pub fn next_rows(&mut self) -> Result<Option<Scores>, EngineError> {
        let engine = &mut *self.engine;
        let first = engine.sequence.cached;
        let count = engine.sequence.pending().len().min(ROWS);
        if count == 0 {
            return Ok(None);
        }
        let batch = engine.schedule(count, &vec![BEST; count])?;
        let output = engine.forward(&batch, Want { chosen: false, logits: true })?;
        let vocab = engine.config.vocab_size as usize;
        Ok(Some(Scores { first, vocab, logits: output.logits }))
    }
}
