//! Which `llama.*` keys may be in a file: a key that nobody reads would be a silent guess.

use super::error::{ConfigError, unsupported};
use crate::gguf::{Metadata, Value};

const PREFIX: &str = "llama.";

/// Keys that [`super::Config`] and [`super::Rope`] read.
const READ: [&str; 22] = [
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.layer_norm_rms_epsilon",
    "attention.value_length",
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scale_linear",
    "rope.scaling.attn_factor",
    "rope.scaling.factor",
    "rope.scaling.original_context_length",
    "rope.scaling.type",
    "rope.scaling.yarn_attn_factor",
    "rope.scaling.yarn_beta_fast",
    "rope.scaling.yarn_beta_slow",
    "rope.scaling.yarn_ext_factor",
    "vocab_size",
    // Says how the original checkpoint was trained, nothing about how to run it.
    "rope.scaling.finetuned",
];

/// Keys that change nothing at one value, with that value.
const NEUTRAL: [(&str, Value<'static>); 9] = [
    ("attention.causal", Value::Bool(true)),
    ("attention.max_alibi_bias", Value::Float(0.0)),
    ("attention.sliding_window", Value::Unsigned(0)),
    ("expert_count", Value::Unsigned(0)),
    ("expert_shared_count", Value::Unsigned(0)),
    ("expert_used_count", Value::Unsigned(0)),
    ("leading_dense_block_count", Value::Unsigned(0)),
    ("tensor_data_layout", Value::String("Meta AI original pth")),
    ("use_parallel_residual", Value::Bool(false)),
];

/// Checks every key of the architecture.
pub(super) fn check_all(metadata: Metadata) -> Result<(), ConfigError> {
    for (key, value) in metadata.iter() {
        let Some(name) = key.strip_prefix(PREFIX) else { continue };
        if let Some((_, neutral)) = NEUTRAL.iter().find(|(known, _)| *known == name) {
            if value != *neutral {
                return Err(unsupported(metadata, key, "this feature is not supported"));
            }
        } else if !READ.contains(&name) {
            return Err(unsupported(metadata, key, "this key is not supported"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{NEUTRAL, READ};

    #[test]
    fn no_key_is_in_both_lists() {
        assert!(NEUTRAL.iter().all(|(key, _)| !READ.contains(key)));
    }
}
