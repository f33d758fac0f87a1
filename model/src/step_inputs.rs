//! [`StepInputs`]: what changes from step to step, in one buffer and one upload.

use crate::batch::Batch;
use tilewright_runtime::{Device, Error, Tensor};

/// Sections start at multiples of so many words: 256 bytes, the strictest binding alignment.
const ALIGNMENT: u32 = 64;

/// Numbers that a layout follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepSize {
    /// T: tokens.
    pub tokens: u32,
    /// R: tokens that get logits.
    pub outputs: u32,
    /// S: sequences.
    pub sequences: u32,
    /// Pages of a full context.
    pub pages: u32,
}

impl StepSize {
    /// First word of each section, and the end: tokens, positions, slots, rows, outputs, table,
    /// places, nodes.
    fn starts(self) -> [u32; 9] {
        let StepSize { tokens, outputs, sequences, pages } = self;
        let sections =
            [tokens, tokens, tokens, tokens, outputs, sequences * pages, tokens, 3 * tokens];
        let mut starts = [0; 9];
        for (at, words) in sections.into_iter().enumerate() {
            starts[at + 1] = starts[at] + words.next_multiple_of(ALIGNMENT);
        }
        starts
    }

    /// Words of a buffer.
    pub fn words(self) -> u32 {
        self.starts()[8]
    }
}

/// Views of the sections of a buffer.
#[derive(Debug)]
pub struct StepInputs {
    buffer: Tensor<u32>,
    size: StepSize,
    /// Token ids: `[T]`
    pub tokens: Tensor<u32>,
    /// Positions: `[T]`
    pub positions: Tensor<u32>,
    /// Places in the cache: `[T]`
    pub slots: Tensor<u32>,
    /// Row of the block table of each token: `[T]`
    pub rows: Tensor<u32>,
    /// Tokens that get logits: `[R]`
    pub outputs: Tensor<u32>,
    /// Pages of each sequence: `[S, pages]`
    pub block_table: Tensor<u32>,
    /// Place of each token in its sequence, where there are drafted trees: `[T]`
    pub places: Tensor<u32>,
    /// Row of the block table of each token, first place of its tree, and what it sees from there on:
    /// `[T, 3]`
    pub nodes: Tensor<u32>,
}

impl StepInputs {
    /// A buffer for steps of up to this size.
    ///
    /// # Errors
    /// What the device reports.
    pub fn allocate(device: &Device, size: StepSize) -> Result<Tensor<u32>, Error> {
        device.zeros(size.words())
    }

    /// The sections of a step in a buffer that is large enough.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] where it is not.
    pub fn new(buffer: &Tensor<u32>, size: StepSize) -> Result<Self, Error> {
        let starts = size.starts().map(u64::from);
        let [tokens, positions, slots, rows, outputs, table, places, nodes, _] = starts;
        Ok(StepInputs {
            tokens: buffer.view(tokens, size.tokens)?,
            positions: buffer.view(positions, size.tokens)?,
            slots: buffer.view(slots, size.tokens)?,
            rows: buffer.view(rows, size.tokens)?,
            outputs: buffer.view(outputs, size.outputs)?,
            block_table: buffer.view(table, [size.sequences, size.pages])?,
            places: buffer.view(places, size.tokens)?,
            nodes: buffer.view(nodes, [size.tokens, 3])?,
            buffer: buffer.clone(),
            size,
        })
    }

    /// Uploads what a batch says. Pages that a sequence does not have are 0: no token reads them.
    ///
    /// # Errors
    /// What the device reports.
    pub fn upload(&self, batch: &Batch) -> Result<(), Error> {
        let starts = self.size.starts();
        // What only trees need comes last, and is not sent without them.
        let end = if batch.has_trees() { starts[8] } else { starts[6] };
        let mut words = vec![0u32; end as usize];
        let mut put = |start: u32, values: &[u32]| {
            let target = words.iter_mut().skip(start as usize);
            target.zip(values).for_each(|(word, value)| *word = *value);
        };
        put(starts[0], &batch.tokens);
        put(starts[1], &batch.positions);
        put(starts[2], &batch.slots);
        put(starts[3], &batch.rows);
        put(starts[4], &batch.outputs);
        for (row, span) in (0..).zip(&batch.spans) {
            put(starts[5] + row * self.size.pages, &span.pages);
        }
        let (places, nodes) = batch.masks();
        put(starts[6], &places);
        put(starts[7], &nodes);
        self.buffer.write(0, &words)
    }
}
