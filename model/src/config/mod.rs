//! Hyper-parameters of a Llama-architecture model, from the file's metadata.
//!
//! Every `llama.*` key is either understood, or known to change nothing at its value, or refused
//! ([`keys`]); every tensor is expected with its shape, or refused ([`tensors`]).

mod error;
mod keys;
mod rope;
mod tensors;

pub use error::ConfigError;
pub use rope::{Rope, RopeScaling, Yarn};

use crate::gguf::{GgufFile, Metadata, required};
use error::unsupported;

/// Head sizes that the attention kernels are built for.
pub const HEAD_SIZES: [u32; 6] = [32, 64, 80, 96, 128, 256];

/// Every width is a multiple of this.
pub const WIDTH_MULTIPLE: u64 = 32;

/// The shape of a decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Number of blocks.
    pub block_count: u32,
    /// Width of the residual stream.
    pub embedding_length: u32,
    /// Width between the feed-forward matrices.
    pub feed_forward_length: u32,
    /// Query heads.
    pub head_count: u32,
    /// Key and value heads; divides `head_count`.
    pub head_count_kv: u32,
    /// Elements of a head, the same for keys and values; one of [`HEAD_SIZES`].
    pub head_size: u32,
    /// Rotary embedding.
    pub rope: Rope,
    /// Whether `rope_freqs.weight` (f32, `[rope.dimension_count / 2]`) divides the frequencies.
    pub rope_factors: bool,
    /// Epsilon of RMSNorm.
    pub rms_epsilon: f32,
    /// Longest context that the model was made for, in tokens.
    pub context_length: u32,
    /// Tokens of the vocabulary: rows of `token_embd.weight`.
    pub vocab_size: u32,
    /// Whether the output matrix is `token_embd.weight` (the file has no `output.weight`).
    pub tied_output: bool,
}

impl Config {
    /// Reads the metadata and checks them against the file's tensors.
    ///
    /// # Errors
    /// The first key or tensor that is missing, contradictory or not supported.
    pub fn from_gguf(gguf: &GgufFile) -> Result<Self, ConfigError> {
        let metadata = gguf.metadata();
        check_kind(metadata)?;
        keys::check_all(metadata)?;
        let head_count = positive(metadata, "llama.attention.head_count")?;
        let embedding_length = positive(metadata, "llama.embedding_length")?;
        let head_size = head_size(metadata, embedding_length, head_count)?;
        let config = Self {
            block_count: positive(metadata, "llama.block_count")?,
            embedding_length,
            feed_forward_length: positive(metadata, "llama.feed_forward_length")?,
            head_count,
            head_count_kv: head_count_kv(metadata, head_count)?,
            head_size,
            rope: Rope::from_metadata(metadata, head_size)?,
            rope_factors: gguf.tensor(tensors::ROPE_FACTORS).is_some(),
            rms_epsilon: rms_epsilon(metadata)?,
            context_length: positive(metadata, "llama.context_length")?,
            vocab_size: tensors::vocab_size(gguf, embedding_length)?,
            tied_output: gguf.tensor(tensors::OUTPUT).is_none(),
        };
        config.check_widths()?;
        tensors::check(gguf, &config)?;
        Ok(config)
    }

    /// Width of all query heads together.
    pub fn query_width(&self) -> u64 {
        u64::from(self.head_count) * u64::from(self.head_size)
    }

    /// Width of all key (or value) heads together.
    pub fn kv_width(&self) -> u64 {
        u64::from(self.head_count_kv) * u64::from(self.head_size)
    }

    fn check_widths(&self) -> Result<(), ConfigError> {
        let widths = [
            ("llama.embedding_length", u64::from(self.embedding_length)),
            ("llama.feed_forward_length", u64::from(self.feed_forward_length)),
            ("llama.attention.head_count x head size", self.query_width()),
            ("llama.attention.head_count_kv x head size", self.kv_width()),
        ];
        match widths.into_iter().find(|(_, width)| !width.is_multiple_of(WIDTH_MULTIPLE)) {
            Some((name, width)) => Err(ConfigError::Width { name, width }),
            None => Ok(()),
        }
    }
}

fn check_kind(metadata: Metadata) -> Result<(), ConfigError> {
    let key = "general.architecture";
    let architecture = required(metadata.string(key)?, key)?;
    if architecture != "llama" {
        return Err(unsupported(metadata, key, "only \"llama\" is supported"));
    }
    let key = "general.type";
    match metadata.string(key)? {
        None | Some("model") => {}
        Some(_) => return Err(unsupported(metadata, key, "only \"model\" is supported")),
    }
    // Version 2 (May 2023, before GGUF) is the block layout that all current tools write.
    let key = "general.quantization_version";
    match metadata.integer(key)? {
        None | Some(2) => Ok(()),
        Some(_) => Err(unsupported(metadata, key, "only version 2 is supported")),
    }
}

fn positive(metadata: Metadata, key: &str) -> Result<u32, ConfigError> {
    let value = required(metadata.u32(key)?, key)?;
    if value == 0 {
        return Err(unsupported(metadata, key, "it must be at least 1"));
    }
    Ok(value)
}

fn head_count_kv(metadata: Metadata, head_count: u32) -> Result<u32, ConfigError> {
    let key = "llama.attention.head_count_kv";
    let Some(count) = metadata.u32(key)? else { return Ok(head_count) };
    if count == 0 || !head_count.is_multiple_of(count) {
        return Err(ConfigError::HeadGroups { head_count, head_count_kv: count });
    }
    Ok(count)
}

fn head_size(metadata: Metadata, embedding: u32, heads: u32) -> Result<u32, ConfigError> {
    let keys = metadata.u32("llama.attention.key_length")?;
    let values = metadata.u32("llama.attention.value_length")?;
    let derived = embedding.is_multiple_of(heads).then(|| embedding / heads);
    let uneven = ConfigError::HeadSizeUnknown { embedding_length: embedding, head_count: heads };
    let (Some(key_length), Some(value_length)) = (keys.or(derived), values.or(derived)) else {
        return Err(uneven);
    };
    if key_length != value_length {
        return Err(ConfigError::HeadSizesDiffer { key_length, value_length });
    }
    if !HEAD_SIZES.contains(&key_length) {
        return Err(ConfigError::HeadSize { size: key_length });
    }
    Ok(key_length)
}

fn rms_epsilon(metadata: Metadata) -> Result<f32, ConfigError> {
    let key = "llama.attention.layer_norm_rms_epsilon";
    let epsilon = required(metadata.f32(key)?, key)?;
    if !(0.0..1.0).contains(&epsilon) {
        return Err(unsupported(metadata, key, "it must be in 0..1"));
    }
    Ok(epsilon)
}
