//! The tokens that end a generation.

use std::collections::BTreeSet;

use super::error::TokenizerError;
use super::settings::token_id;
use super::vocabulary::Vocabulary;
use crate::gguf::Metadata;

/// Keys whose token ends a text, a turn or a message.
const KEYS: [&str; 3] =
    ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"];

/// Names under which vocabularies carry an end token that their file may not declare.
const NAMES: [&str; 16] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<end_of_turn>",
    "<end_of_utterance>",
    "<|end_of_turn|>",
    "<|END_OF_TURN_TOKEN|>",
    "<EOT>",
    "<eos>",
    "</s>",
    "[EOS]",
];

pub(super) fn collect(
    metadata: Metadata,
    vocabulary: &Vocabulary,
) -> Result<BTreeSet<u32>, TokenizerError> {
    // Only `<|...|>` is never ordinary text; the other names must be marked as special.
    let named = NAMES.iter().filter_map(|name| {
        let id = vocabulary.id(name)?;
        let special = vocabulary.kind(id)?.is_special();
        (special || name.starts_with("<|")).then_some(id)
    });
    let mut end: BTreeSet<u32> = named.collect();
    for key in KEYS {
        end.extend(token_id(metadata, vocabulary, key)?);
    }
    Ok(end)
}
