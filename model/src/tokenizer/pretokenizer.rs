//! How text is cut into words before merging, by `tokenizer.ggml.pre`.

use tokenizers::normalizers::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{NormalizerWrapper, SplitDelimiterBehavior};

use super::error::TokenizerError;
use crate::gguf::{Metadata, quoted, required};

/// A published way of cutting text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PreTokenizer {
    /// GPT-2's pattern.
    Gpt2,
    /// Every digit alone, then GPT-2's pattern.
    SmolLm,
    /// Llama 3: up to three digits together, words with one leading character.
    LlamaBpe,
    /// Qwen 2: as Llama 3 with single digits, on composed characters (NFC).
    Qwen2,
}

/// Llama 3's pattern up to the digits, and after them.
const BEFORE_DIGITS: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
const AFTER_DIGITS: &str = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

impl PreTokenizer {
    pub(super) fn from_metadata(metadata: Metadata) -> Result<Self, TokenizerError> {
        let key = "tokenizer.ggml.pre";
        match required(metadata.string(key)?, key)? {
            "gpt-2" => Ok(Self::Gpt2),
            "smollm" => Ok(Self::SmolLm),
            "llama-bpe" => Ok(Self::LlamaBpe),
            "qwen2" => Ok(Self::Qwen2),
            other => Err(TokenizerError::UnknownPre { value: quoted(other) }),
        }
    }

    /// Whether prompts get a BOS token where the file does not say.
    pub(super) fn adds_bos(self) -> bool {
        self == Self::LlamaBpe
    }

    /// Whether a word that is a token is taken whole, without merging.
    pub(super) fn takes_whole_words(self) -> bool {
        self == Self::LlamaBpe
    }

    /// What happens to the text first.
    pub(super) fn normalizer(self) -> Option<NormalizerWrapper> {
        (self == Self::Qwen2).then_some(NormalizerWrapper::NFC(NFC))
    }

    /// The cuts, ending with the spelling of bytes as characters.
    pub(super) fn build(self) -> Result<PreTokenizerWrapper, TokenizerError> {
        let gpt2 = ByteLevel::new(false, true, true).into();
        let steps = match self {
            Self::Gpt2 => vec![gpt2],
            Self::SmolLm => vec![Digits::new(true).into(), gpt2],
            Self::LlamaBpe => {
                vec![split(r"\p{N}{1,3}")?, ByteLevel::new(false, true, false).into()]
            }
            Self::Qwen2 => vec![split(r"\p{N}")?, ByteLevel::new(false, true, false).into()],
        };
        Ok(Sequence::new(steps).into())
    }
}

fn split(digits: &str) -> Result<PreTokenizerWrapper, TokenizerError> {
    let pattern = SplitPattern::Regex(format!("{BEFORE_DIGITS}{digits}{AFTER_DIGITS}"));
    Split::new(pattern, SplitDelimiterBehavior::Isolated, false)
        .map(Into::into)
        .map_err(|error| TokenizerError::Library { message: error.to_string() })
}
