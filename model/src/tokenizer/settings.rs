//! Single tokens with a role, and the flags that say when they are added.

use super::error::TokenizerError;
use super::vocabulary::Vocabulary;
use crate::gguf::Metadata;

const BOS: &str = "tokenizer.ggml.bos_token_id";
const EOS: &str = "tokenizer.ggml.eos_token_id";
const UNKNOWN: &str = "tokenizer.ggml.unknown_token_id";
const ADD_BOS: &str = "tokenizer.ggml.add_bos_token";
const ADD_EOS: &str = "tokenizer.ggml.add_eos_token";

/// Roles and flags of a file.
pub(super) struct Settings {
    pub bos: Option<u32>,
    pub eos: Option<u32>,
    pub unknown: Option<u32>,
    pub add_space_prefix: bool,
    add_bos: bool,
    add_eos: bool,
}

impl Settings {
    /// Reads them; `add_bos` and `add_space_prefix` are the vocabulary kind's defaults.
    pub(super) fn read(
        metadata: Metadata,
        vocabulary: &Vocabulary,
        add_bos: bool,
        add_space_prefix: bool,
    ) -> Result<Self, TokenizerError> {
        let bos = token_id(metadata, vocabulary, BOS)?;
        let eos = token_id(metadata, vocabulary, EOS)?;
        // A default asks for BOS only where there is one; the file's own wish must be possible.
        let add_bos = match metadata.boolean(ADD_BOS)? {
            Some(true) if bos.is_none() => {
                return Err(TokenizerError::NoSuchToken { flag: ADD_BOS, key: BOS });
            }
            Some(flag) => flag,
            None => add_bos,
        };
        let add_eos = metadata.boolean(ADD_EOS)?.unwrap_or(false);
        if add_eos && eos.is_none() {
            return Err(TokenizerError::NoSuchToken { flag: ADD_EOS, key: EOS });
        }
        let add_space_prefix =
            metadata.boolean("tokenizer.ggml.add_space_prefix")?.unwrap_or(add_space_prefix);
        let unknown = token_id(metadata, vocabulary, UNKNOWN)?;
        Ok(Self { bos, eos, unknown, add_space_prefix, add_bos, add_eos })
    }

    /// The token in front of a prompt.
    pub(super) fn leading(&self) -> Option<u32> {
        self.bos.filter(|_| self.add_bos)
    }

    /// The token behind a prompt.
    pub(super) fn trailing(&self) -> Option<u32> {
        self.eos.filter(|_| self.add_eos)
    }
}

/// The token id under `key`, which must be in the vocabulary.
pub(super) fn token_id(
    metadata: Metadata,
    vocabulary: &Vocabulary,
    key: &'static str,
) -> Result<Option<u32>, TokenizerError> {
    let Some(id) = metadata.u32(key)? else { return Ok(None) };
    let count = vocabulary.len();
    if id as usize >= count {
        return Err(TokenizerError::IdOutOfRange { key, id, count });
    }
    Ok(Some(id))
}
