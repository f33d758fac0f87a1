//! Random models: tiny ones as GGUF files, which tests run where a real model is too large, and
//! well-known shapes, which benchmarks run from a file or without one.

mod data;
mod random;
mod shape;
mod weights;

pub use shape::{KnownShape, Recipe, Role, UnsuitableRecipe};

use crate::gguf::GgmlType;
use crate::gguf::writer::GgufWriter;
use data::matrix;
use random::Random;
use std::io::{self, Write};

/// The shape and the types of a random Llama-architecture model.
///
/// Its vocabulary is byte-level without merges: tokens 0 to 255 are the bytes, then
/// `<|im_start|>` (256, BOS) and `<|im_end|>` (257, EOS), then unused fillers.
#[derive(Clone, Debug)]
pub struct SyntheticModel {
    /// Number of blocks.
    pub block_count: u32,
    /// Width of the residual stream.
    pub embedding_length: u32,
    /// Width between the feed-forward matrices.
    pub feed_forward_length: u32,
    /// Query heads.
    pub head_count: u32,
    /// Key and value heads.
    pub head_count_kv: u32,
    /// Elements of a head.
    pub head_size: u32,
    /// Tokens, at least 258.
    pub vocab_size: u32,
    /// Longest context.
    pub context_length: u32,
    /// Type of the blocks' matrices.
    pub weights: GgmlType,
    /// Type of the embedding table.
    pub embedding: GgmlType,
    /// Type of a separate output matrix; `None` ties it to the embedding table.
    pub output: Option<GgmlType>,
    /// Types of all matrices, in place of the three above.
    pub recipe: Option<Recipe>,
    /// Base of the rotary embedding.
    pub rope_base: f32,
    /// Selects the random numbers.
    pub seed: u64,
}

impl Default for SyntheticModel {
    /// Two blocks of width 64, two query heads on one key head, all f32, tied.
    fn default() -> Self {
        Self {
            block_count: 2,
            embedding_length: 64,
            feed_forward_length: 96,
            head_count: 2,
            head_count_kv: 1,
            head_size: 32,
            vocab_size: 260,
            context_length: 256,
            weights: GgmlType::F32,
            embedding: GgmlType::F32,
            output: None,
            recipe: None,
            rope_base: 10_000.0,
            seed: 1,
        }
    }
}

impl SyntheticModel {
    /// A model of a published shape.
    pub fn of(shape: KnownShape, recipe: Recipe) -> Self {
        let config = shape.config();
        Self {
            block_count: config.block_count,
            embedding_length: config.embedding_length,
            feed_forward_length: config.feed_forward_length,
            head_count: config.head_count,
            head_count_kv: config.head_count_kv,
            head_size: config.head_size,
            vocab_size: config.vocab_size,
            context_length: config.context_length,
            output: (!config.tied_output).then_some(GgmlType::F32),
            recipe: Some(recipe),
            rope_base: config.rope.freq_base,
            ..Self::default()
        }
    }

    /// The file's keys and tensors, for a test to change before writing.
    ///
    /// Widths should be multiples of the types' blocks (256 for K-quants); others give a file
    /// that the reader refuses.
    pub fn writer(&self) -> GgufWriter {
        let mut writer = GgufWriter::new();
        self.write_keys(&mut writer);
        self.write_vocabulary(&mut writer);
        self.write_tensors(&mut writer);
        writer
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.writer().to_bytes()
    }

    /// Writes the file, however large it is: matrices of more than a million weights repeat theirs.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        self.writer().write_to(out)
    }

    fn write_keys(&self, writer: &mut GgufWriter) {
        writer
            .set("general.architecture", "llama")
            .set("llama.block_count", self.block_count)
            .set("llama.context_length", self.context_length)
            .set("llama.embedding_length", self.embedding_length)
            .set("llama.feed_forward_length", self.feed_forward_length)
            .set("llama.attention.head_count", self.head_count)
            .set("llama.attention.head_count_kv", self.head_count_kv)
            .set("llama.attention.key_length", self.head_size)
            .set("llama.attention.value_length", self.head_size)
            .set("llama.rope.freq_base", self.rope_base)
            .set("llama.attention.layer_norm_rms_epsilon", 1e-5f32);
    }

    fn write_vocabulary(&self, writer: &mut GgufWriter) {
        let mut names: Vec<String> =
            (0..=u8::MAX).map(|byte| crate::tokenizer::byte_name(byte).to_string()).collect();
        names.extend(["<|im_start|>".to_owned(), "<|im_end|>".to_owned()]);
        names.extend((258..self.vocab_size).map(|id| format!("<filler_{id}>")));
        let mut kinds = vec![1i32; 256];
        kinds.extend([3, 3]);
        kinds.resize(names.len(), 5);
        writer
            .set("tokenizer.ggml.model", "gpt2")
            .set("tokenizer.ggml.pre", "gpt-2")
            .set("tokenizer.ggml.tokens", names.as_slice())
            .set("tokenizer.ggml.token_type", kinds.as_slice())
            .set("tokenizer.ggml.merges", &[] as &[&str])
            .set("tokenizer.ggml.bos_token_id", 256u32)
            .set("tokenizer.ggml.eos_token_id", 257u32);
    }

    fn write_tensors(&self, writer: &mut GgufWriter) {
        let (width, inner) = (self.embedding_length, self.feed_forward_length);
        let (query, kv) = (self.head_count * self.head_size, self.head_count_kv * self.head_size);
        let mut random = Random::new(self.seed);
        let mut add = |name: &str, shape: Shape| {
            match shape {
                Shape::Norm => {
                    let dims = [u64::from(width)];
                    writer.tensor(name, GgmlType::F32, &dims, random.tensor(GgmlType::F32, &dims))
                }
                Shape::Matrix(role, n, k) => {
                    let ty = self.type_of(role);
                    let data = matrix(&mut random, ty, n, k);
                    writer.tensor(name, ty, &[u64::from(k), u64::from(n)], data)
                }
            };
        };
        add("token_embd.weight", Shape::Matrix(Role::Embedding, self.vocab_size, width));
        for block in 0..self.block_count {
            let mut part = |name: &str, shape| add(&format!("blk.{block}.{name}.weight"), shape);
            part("attn_norm", Shape::Norm);
            part("attn_q", Shape::Matrix(Role::Other, query, width));
            part("attn_k", Shape::Matrix(Role::Other, kv, width));
            part("attn_v", Shape::Matrix(Role::Value { block }, kv, width));
            part("attn_output", Shape::Matrix(Role::Other, width, query));
            part("ffn_norm", Shape::Norm);
            part("ffn_gate", Shape::Matrix(Role::Other, inner, width));
            part("ffn_up", Shape::Matrix(Role::Other, inner, width));
            part("ffn_down", Shape::Matrix(Role::Down { block }, width, inner));
        }
        add("output_norm.weight", Shape::Norm);
        if self.output.is_some() {
            add("output.weight", Shape::Matrix(Role::Output, self.vocab_size, width));
        }
    }

    fn type_of(&self, role: Role) -> GgmlType {
        match (self.recipe, role) {
            (Some(recipe), _) => recipe.format(role, self.block_count),
            (None, Role::Embedding) => self.embedding,
            (None, Role::Output) => self.output.unwrap_or(self.embedding),
            (None, _) => self.weights,
        }
    }
}

/// A tensor's shape.
enum Shape {
    /// As wide as the residual stream.
    Norm,
    /// `[n, k]`
    Matrix(Role, u32, u32),
}
