//! [`DraftModel`]: a smaller model with the same tokens, which guesses its best ones.

use super::pass::PassOutput;
use crate::batch::{BEST, Batch};
use crate::block_manager::{BlockManager, Blocks};
use crate::decoder::DecoderError;
use crate::forward::Forward;
use crate::kv_cache::BlockTable;
use crate::speculative::Drafter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The model with its own cache, shared by the drafters of all sequences.
struct State {
    decoder: Box<dyn Forward>,
    blocks: BlockManager,
    /// Tokens of its longest sequence.
    context: u32,
    /// Tokens of one pass.
    chunk: u32,
}

/// A model that guesses.
#[derive(Clone)]
pub(super) struct DraftModel(Arc<Mutex<State>>);

impl DraftModel {
    pub fn new(decoder: Box<dyn Forward>, pages: u32, context: u32, chunk: u32) -> Self {
        let blocks = BlockManager::new(pages, true);
        DraftModel(Arc::new(Mutex::new(State { decoder, blocks, context, chunk })))
    }

    /// A drafter for one sequence.
    pub fn drafter(&self) -> Box<dyn Drafter> {
        Box::new(ModelDrafter {
            model: self.clone(),
            tokens: Vec::new(),
            computed: 0,
            guessed: Vec::new(),
            blocks: Blocks::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // After a panic in a pass the engine computes nothing more.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Guesses for one sequence.
struct ModelDrafter {
    model: DraftModel,
    tokens: Vec<u32>,
    /// How many of `tokens` and then `guessed` have keys and values.
    computed: u32,
    /// The last guess.
    guessed: Vec<u32>,
    blocks: Blocks,
}

impl Drafter for ModelDrafter {
    fn extend(&mut self, tokens: &[u32]) {
        let right = self.guessed.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        self.computed = self.computed.min((self.tokens.len() + right) as u32);
        self.guessed.clear();
        self.tokens.extend(tokens);
    }

    fn draft(&mut self, most: usize) -> Vec<u32> {
        let model = self.model.clone();
        let guess = self.guess(&mut model.lock(), most);
        if let Err(error) = guess {
            // Without a guess the sequence goes on as it would without a drafter.
            tracing::debug!(%error, "no guess");
            self.guessed.clear();
            self.release();
        }
        self.guessed.clone()
    }
}

impl ModelDrafter {
    fn guess(&mut self, state: &mut State, most: usize) -> Result<(), DecoderError> {
        if self.blocks.pages().is_empty() {
            self.blocks = state.blocks.reuse(&self.tokens);
            self.computed = self.blocks.pages().len() as u32 * tilewright_kernels::PAGE;
        }
        let room = (state.context as usize).saturating_sub(self.tokens.len());
        for _ in 0..most.min(room) {
            let next = self.compute(state)?;
            if self.guessed.is_empty() {
                // What is known for certain may be found again; guesses may not.
                state.blocks.publish(&mut self.blocks, &self.tokens, self.computed);
            }
            self.guessed.extend(next);
        }
        Ok(())
    }

    /// Computes what is pending; the best token after it.
    fn compute(&mut self, state: &mut State) -> Result<Option<u32>, DecoderError> {
        let text: Vec<u32> = self.tokens.iter().chain(&self.guessed).copied().collect();
        loop {
            let end = (self.computed + state.chunk).min(text.len() as u32);
            state.blocks.prepare(&mut self.blocks, self.computed..end)?;
            let last = end == text.len() as u32;
            let choices = if last { &[BEST][..] } else { &[] };
            let tokens = text.get(self.computed as usize..end as usize).unwrap_or_default();
            let table = BlockTable::of_pages(self.blocks.pages());
            let mut batch = Batch::default();
            batch.push(tokens, self.computed, &table, choices);
            let outputs = state.decoder.forward(&batch)?;
            let output = PassOutput::download(&outputs, &batch, &[])?;
            self.computed = end;
            if last {
                return Ok(output.chosen.first().copied());
            }
        }
    }

    fn release(&mut self) {
        let blocks = std::mem::take(&mut self.blocks);
        self.computed = 0;
        self.model.lock().blocks.release(blocks);
    }
}

impl Drop for ModelDrafter {
    fn drop(&mut self) {
        self.release();
    }
}
