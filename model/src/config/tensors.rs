//! The tensors that a model of given hyper-parameters has, compared with those of the file.

use std::collections::BTreeSet;

use super::Config;
use super::error::ConfigError;
use crate::gguf::{GgmlType, GgufFile, TensorView, quoted};

/// The embedding table, `[embedding_length, vocab_size]`.
pub(super) const EMBEDDING: &str = "token_embd.weight";
/// The output matrix; absent where it is the embedding table.
pub(super) const OUTPUT: &str = "output.weight";
/// Divisors of the rotary frequencies; optional.
pub(super) const ROPE_FACTORS: &str = "rope_freqs.weight";

/// The vocabulary's size: rows of the embedding table, which the metadata must not contradict.
pub(super) fn vocab_size(gguf: &GgufFile, embedding_length: u32) -> Result<u32, ConfigError> {
    let metadata = gguf.metadata();
    let counts = [
        ("llama.vocab_size", metadata.integer("llama.vocab_size")?),
        (
            "tokenizer.ggml.tokens",
            metadata.strings("tokenizer.ggml.tokens")?.map(|tokens| tokens.len() as u64),
        ),
    ];
    let embedding = gguf.tensor(EMBEDDING).ok_or_else(|| {
        let rows = counts.iter().find_map(|count| count.1).unwrap_or(0);
        let expected = vec![u64::from(embedding_length), rows];
        ConfigError::MissingTensor { tensor: quoted(EMBEDDING), expected }
    })?;
    let expected = embedding.rows();
    for (key, found) in counts {
        if let Some(found) = found.filter(|&found| found != expected) {
            return Err(ConfigError::VocabSize { key, expected, found });
        }
    }
    u32::try_from(expected).map_err(|_| ConfigError::TensorShape {
        tensor: quoted(EMBEDDING),
        expected: vec![embedding.row_len(), u64::from(u32::MAX)],
        found: embedding.dims.to_vec(),
    })
}

/// Checks that every expected tensor is there with its shape, and no other.
pub(super) fn check(gguf: &GgufFile, config: &Config) -> Result<(), ConfigError> {
    let embedding = u64::from(config.embedding_length);
    let table = [embedding, u64::from(config.vocab_size)];
    let mut seen = BTreeSet::new();
    let mut expect = |name: &str, dims: &[u64], needed: bool| {
        seen.insert(name.to_owned());
        check_one(gguf.tensor(name), name, dims, needed)
    };
    expect(EMBEDDING, &table, true)?;
    expect("output_norm.weight", &[embedding], true)?;
    expect(OUTPUT, &table, false)?;
    expect(ROPE_FACTORS, &[u64::from(config.rope.dimension_count / 2)], false)?;
    // A missing block is reported at once: a count of 2^32 blocks costs nothing.
    for block in 0..config.block_count {
        for (name, dims) in block_tensors(config) {
            expect(&format!("blk.{block}.{name}.weight"), &dims, true)?;
        }
    }
    for tensor in gguf.tensors() {
        if !seen.contains(tensor.name) {
            return Err(unexpected(tensor));
        }
    }
    check_factor_type(gguf)
}

fn block_tensors(config: &Config) -> [(&'static str, Vec<u64>); 9] {
    let embedding = u64::from(config.embedding_length);
    let hidden = u64::from(config.feed_forward_length);
    let (query, kv) = (config.query_width(), config.kv_width());
    [
        ("attn_norm", vec![embedding]),
        ("attn_q", vec![embedding, query]),
        ("attn_k", vec![embedding, kv]),
        ("attn_v", vec![embedding, kv]),
        ("attn_output", vec![query, embedding]),
        ("ffn_norm", vec![embedding]),
        ("ffn_gate", vec![embedding, hidden]),
        ("ffn_up", vec![embedding, hidden]),
        ("ffn_down", vec![hidden, embedding]),
    ]
}

fn check_one(
    found: Option<TensorView>,
    name: &str,
    dims: &[u64],
    needed: bool,
) -> Result<(), ConfigError> {
    let (tensor, expected) = (quoted(name), dims.to_vec());
    match found {
        Some(view) if same_shape(view.dims, dims) => Ok(()),
        Some(view) => Err(ConfigError::TensorShape { tensor, expected, found: view.dims.to_vec() }),
        None if needed => Err(ConfigError::MissingTensor { tensor, expected }),
        None => Ok(()),
    }
}

/// Trailing ones do not matter.
fn same_shape(found: &[u64], expected: &[u64]) -> bool {
    found.starts_with(expected) && found[expected.len()..].iter().all(|&dim| dim == 1)
}

fn unexpected(tensor: TensorView) -> ConfigError {
    let name = tensor.name;
    let reason = if name.ends_with(".bias") {
        "biases are not supported"
    } else if name.contains("exp") {
        "experts are not supported"
    } else if name.starts_with("blk.") {
        "unknown name, or a block beyond llama.block_count"
    } else {
        "unknown name"
    };
    ConfigError::UnexpectedTensor { tensor: quoted(name), found: tensor.dims.to_vec(), reason }
}

/// The rotary divisors are read as they are.
fn check_factor_type(gguf: &GgufFile) -> Result<(), ConfigError> {
    match gguf.tensor(ROPE_FACTORS) {
        Some(view) if view.ggml_type != GgmlType::F32 => Err(ConfigError::Unsupported {
            key: quoted(ROPE_FACTORS),
            value: view.ggml_type.name().to_owned(),
            reason: "only F32 is supported",
        }),
        _ => Ok(()),
    }
}
