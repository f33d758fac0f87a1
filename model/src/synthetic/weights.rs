//! Random weights of a configuration, made on a device.

use std::collections::HashMap;

use super::data::matrix;
use super::random::Random;
use super::shape::{Recipe, Role};
use crate::config::Config;
use crate::decoder::DecoderError;
use crate::gguf::GgmlType;
use crate::weights::{BlockWeights, Weights, format};
use tilewright_kernels::WeightMatrix;
use tilewright_runtime::{Device, Tensor};

impl Weights {
    /// Weights of a model that nobody trained: activations stay of order one.
    ///
    /// # Errors
    /// What the device reports, above all that its memory does not suffice.
    pub fn random(
        device: &Device,
        config: &Config,
        recipe: Recipe,
        seed: u64,
    ) -> Result<Weights, DecoderError> {
        let mut made =
            Made { device, config, recipe, random: Random::new(seed), data: HashMap::new() };
        let (width, vocab) = (config.embedding_length, config.vocab_size);
        let blocks: Result<Vec<BlockWeights>, DecoderError> =
            (0..config.block_count).map(|block| made.block(block)).collect();
        let frequencies = config.rope.frequencies(None);
        Ok(Weights {
            embedding: made.matrix(Role::Embedding, vocab, width)?,
            blocks: blocks?,
            output_norm: made.vector(width)?,
            output: match config.tied_output {
                true => None,
                false => Some(made.matrix(Role::Output, vocab, width)?),
            },
            frequencies: device.upload(frequencies.len(), &frequencies)?,
        })
    }

    /// Bytes of weights that one decoded token reads: all but the embedding table, of which it reads
    /// a row, unless the table is also the output matrix.
    pub fn bytes_per_token(&self) -> u64 {
        let blocks: u64 = self.blocks.iter().map(BlockWeights::matrix_bytes).sum();
        blocks + self.head().bytes()
    }
}

impl BlockWeights {
    fn matrix_bytes(&self) -> u64 {
        let BlockWeights { query, key, value, attention_output, gate, up, down, .. } = self;
        [query, key, value, attention_output, gate, up, down].map(WeightMatrix::bytes).iter().sum()
    }
}

struct Made<'a> {
    device: &'a Device,
    config: &'a Config,
    recipe: Recipe,
    random: Random,
    /// The rows of each matrix as a file has them, by type and shape: made once.
    data: HashMap<(GgmlType, u32, u32), Vec<u8>>,
}

impl Made<'_> {
    fn block(&mut self, block: u32) -> Result<BlockWeights, DecoderError> {
        let Config { embedding_length: width, feed_forward_length: inner, .. } = *self.config;
        let (query, kv) = (self.config.query_width() as u32, self.config.kv_width() as u32);
        Ok(BlockWeights {
            attention_norm: self.vector(width)?,
            query: self.matrix(Role::Other, query, width)?,
            key: self.matrix(Role::Other, kv, width)?,
            value: self.matrix(Role::Value { block }, kv, width)?,
            attention_output: self.matrix(Role::Other, width, query)?,
            feed_forward_norm: self.vector(width)?,
            gate: self.matrix(Role::Other, inner, width)?,
            up: self.matrix(Role::Other, inner, width)?,
            down: self.matrix(Role::Down { block }, width, inner)?,
        })
    }

    /// `[n, k]`
    fn matrix(&mut self, role: Role, n: u32, k: u32) -> Result<WeightMatrix, DecoderError> {
        let ty = self.recipe.format(role, self.config.block_count);
        let Made { device, random, data, .. } = self;
        let bytes = data.entry((ty, n, k)).or_insert_with(|| matrix(random, ty, n, k).to_bytes());
        Ok(WeightMatrix::upload(device, format("a random matrix", ty)?, n, k, bytes)?)
    }

    fn vector(&mut self, width: u32) -> Result<Tensor<f32>, DecoderError> {
        let bytes = self.random.tensor(GgmlType::F32, &[u64::from(width)]);
        let values: Vec<f32> =
            bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        Ok(self.device.upload(values.len(), &values)?)
    }
}
