//! [`BareDecoder`]: a decoder without a tokenizer or a file, for benchmarks.

use crate::batch::{BEST, Batch, Sight};
use crate::config::Config;
use crate::decoder::DecoderError;
use crate::forward::{self, Forward};
use crate::kv_cache::{BlockTable, KvDtype, PagePool, branch_moves};
use crate::speculative::DraftTree;
use crate::step_inputs::StepSize;
use crate::weights::Weights;
use tilewright_kernels::PAGE;
use tilewright_runtime::Device;

/// Sequences of equal length that grow together.
pub struct BareDecoder {
    decoder: Box<dyn Forward>,
    pool: PagePool,
    tables: Vec<BlockTable>,
    /// Tokens of each sequence so far.
    length: u32,
    chunk: u32,
}

impl BareDecoder {
    /// A decoder of `sequences` sequences of up to `context` tokens, whose prompts are computed in
    /// passes of `chunk` tokens.
    ///
    /// # Errors
    /// What the device reports, above all that its memory does not suffice.
    pub fn new(
        device: &Device,
        config: &Config,
        weights: Weights,
        context: u32,
        sequences: u32,
        chunk: u32,
    ) -> Result<Self, DecoderError> {
        let pages = context.div_ceil(PAGE);
        let all = pages.saturating_mul(sequences);
        let capacity = StepSize {
            tokens: chunk.min(context).max(sequences),
            outputs: sequences,
            sequences,
            pages,
        };
        let element = KvDtype::Auto.on(device)?;
        let decoder = forward::decoder(device, config.clone(), weights, element, all, capacity)?;
        Ok(BareDecoder {
            decoder,
            pool: PagePool::new(all),
            tables: vec![BlockTable::default(); sequences as usize],
            length: 0,
            chunk: capacity.tokens,
        })
    }

    /// Forgets all sequences.
    pub fn clear(&mut self) {
        for table in &mut self.tables {
            table.release(&mut self.pool);
        }
        self.length = 0;
    }

    /// Appends the same prompt to every sequence, one after the other, and waits for the last one's
    /// next token.
    ///
    /// # Errors
    /// What the device reports; [`DecoderError::OutOfPages`] beyond the context.
    pub fn prefill(&mut self, tokens: &[u32]) -> Result<(), DecoderError> {
        let all = self.length + tokens.len() as u32;
        for table in &mut self.tables {
            table.grow(all, &mut self.pool)?;
            let mut position = self.length;
            for chunk in tokens.chunks(self.chunk as usize) {
                let last = position + chunk.len() as u32 == all;
                let choices: &[_] = if last { &[BEST] } else { &[] };
                let mut batch = Batch::default();
                batch.push(chunk, position, table, choices);
                let outputs = self.decoder.forward(&batch)?;
                if last {
                    outputs.chosen.download()?;
                }
                position += chunk.len() as u32;
            }
        }
        self.length = all;
        Ok(())
    }

    /// Appends one token to every sequence; returns the best next one of each.
    ///
    /// # Errors
    /// What the device reports; [`DecoderError::OutOfPages`] beyond the context.
    pub fn decode(&mut self, tokens: &[u32]) -> Result<Vec<u32>, DecoderError> {
        let mut batch = Batch::default();
        for (table, token) in self.tables.iter_mut().zip(tokens) {
            table.grow(self.length + 1, &mut self.pool)?;
            batch.push(&[*token], self.length, table, &[BEST]);
        }
        let outputs = self.decoder.forward(&batch)?;
        self.length += 1;
        Ok(outputs.chosen.download()?)
    }

    /// Computes one more token of every sequence and guesses at what follows it, the same in all; returns
    /// the best next token of the first one after the token and after each guess. Nothing is appended
    /// until [`keep`](Self::keep).
    ///
    /// # Errors
    /// What the device reports; [`DecoderError::OutOfPages`] beyond the context.
    pub fn verify(&mut self, token: u32, drafts: &DraftTree) -> Result<Vec<u32>, DecoderError> {
        let (at, guesses, is_chain) = (self.length, drafts.len() as u32, drafts.is_chain());
        let mut batch = Batch::default();
        for table in &mut self.tables {
            table.grow(at + 1 + guesses, &mut self.pool)?;
            batch.push(&[token], at, table, &[BEST]);
            for (node, guess) in drafts.tokens().iter().enumerate() {
                let (place, position) = (at + 1 + node as u32, at + 1 + drafts.depth(node) as u32);
                if is_chain {
                    batch.push(&[*guess], place, table, &[BEST]);
                } else {
                    let sight = Sight { place, start: at + 1, visible: drafts.visible(node) };
                    batch.push_node(*guess, position, sight, table, &[BEST]);
                }
            }
        }
        let chosen = self.decoder.forward(&batch)?.chosen.download()?;
        Ok(chosen.into_iter().take(1 + drafts.len()).collect())
    }

    /// Appends the token of the last [`verify`](Self::verify) and a branch of its guesses.
    ///
    /// # Errors
    /// What the device reports.
    pub fn keep(&mut self, path: &[usize]) -> Result<(), DecoderError> {
        let first = self.length + 1;
        let moves = self.tables.iter().flat_map(|table| branch_moves(table, first, path));
        self.decoder.move_slots(&moves.collect::<Vec<_>>())?;
        self.length = first + path.len() as u32;
        Ok(())
    }
}

impl std::fmt::Debug for BareDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BareDecoder").field("length", &self.length).finish_non_exhaustive()
    }
}
