//! Random weights of a configuration, made on a device.

use std::collections::HashMap;

use super::data::matrix;
use super::random::Random;
use super::shape::{Recipe, Role};
use crate::config::Config;
use crate::decoder::DecoderError;
use crate::gguf::GgmlType;
use crate::weights::{BlockWeights, Stack, Weights, format};
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
        let BlockWeights { qkv, attention_output, gate_up, down, .. } = self;
        qkv.bytes() + attention_output.bytes() + gate_up.bytes() + down.bytes()
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
            qkv: self.stack(
                &[(Role::Other, query), (Role::Other, kv), (Role::Value { block }, kv)],
                width,
            )?,
            attention_output: self.matrix(Role::Other, width, query)?,
            feed_forward_norm: self.vector(width)?,
            gate_up: self.stack(&[(Role::Other, inner), (Role::Other, inner)], width)?,
            down: self.matrix(Role::Down { block }, width, inner)?,
        })
    }

    /// `[n, k]`
    fn matrix(&mut self, role: Role, n: u32, k: u32) -> Result<WeightMatrix, DecoderError> {
        let (ty, device) = (self.make(role, n, k), self.device);
        let bytes = self.data.get(&(ty, n, k)).map(Vec::as_slice).unwrap_or_default();
        Ok(WeightMatrix::upload(device, format("a random matrix", ty)?, n, k, bytes)?)
    }

    /// `[n, k]` each.
    fn stack(&mut self, parts: &[(Role, u32)], k: u32) -> Result<Stack, DecoderError> {
        let types: Vec<_> = parts.iter().map(|(role, n)| self.make(*role, *n, k)).collect();
        let mut matrices = Vec::new();
        for ((_, n), ty) in parts.iter().zip(types) {
            let bytes = self.data.get(&(ty, *n, k)).map(Vec::as_slice).unwrap_or_default();
            matrices.push((format("a random matrix", ty)?, *n, bytes));
        }
        Ok(Stack::upload(self.device, k, &matrices)?)
    }

    /// Makes the data of a matrix where it is the first of its type and shape; returns its type.
    fn make(&mut self, role: Role, n: u32, k: u32) -> GgmlType {
        let ty = self.recipe.format(role, self.config.block_count);
        let Made { random, data, .. } = self;
        data.entry((ty, n, k)).or_insert_with(|| matrix(random, ty, n, k).to_bytes());
        ty
    }

    fn vector(&mut self, width: u32) -> Result<Tensor<f32>, DecoderError> {
        let bytes = self.random.tensor(GgmlType::F32, &[u64::from(width)]);
        let values: Vec<f32> =
            bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        Ok(self.device.upload(values.len(), &values)?)
    }
}
