//! Random models: tiny ones as GGUF files, which tests run where a real model is too large, and the
//! weights of well-known shapes on a device, which benchmarks run without a file.

mod random;
mod shape;
mod weights;

pub use shape::{KnownShape, Recipe, Role};

use crate::gguf::GgmlType;
use crate::gguf::writer::GgufWriter;
use random::Random;

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
            seed: 1,
        }
    }
}

impl SyntheticModel {
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
        let embedding = u64::from(self.embedding_length);
        let hidden = u64::from(self.feed_forward_length);
        let query = u64::from(self.head_count) * u64::from(self.head_size);
        let kv = u64::from(self.head_count_kv) * u64::from(self.head_size);
        let vocab = u64::from(self.vocab_size);
        let mut random = Random::new(self.seed);
        let mut add = |name: &str, ty, dims: &[u64]| {
            let data = random.tensor(ty, dims);
            writer.tensor(name, ty, dims, data);
        };
        add("token_embd.weight", self.embedding, &[embedding, vocab]);
        for block in 0..self.block_count {
            let mut part = |name: &str, ty, dims: &[u64]| {
                add(&format!("blk.{block}.{name}.weight"), ty, dims);
            };
            part("attn_norm", GgmlType::F32, &[embedding]);
            part("attn_q", self.weights, &[embedding, query]);
            part("attn_k", self.weights, &[embedding, kv]);
            part("attn_v", self.weights, &[embedding, kv]);
            part("attn_output", self.weights, &[query, embedding]);
            part("ffn_norm", GgmlType::F32, &[embedding]);
            part("ffn_gate", self.weights, &[embedding, hidden]);
            part("ffn_up", self.weights, &[embedding, hidden]);
            part("ffn_down", self.weights, &[hidden, embedding]);
        }
        add("output_norm.weight", GgmlType::F32, &[embedding]);
        if let Some(ty) = self.output {
            add("output.weight", ty, &[embedding, vocab]);
        }
    }
}
