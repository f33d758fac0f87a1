//! Byte-level BPE (`tokenizer.ggml.model` = `gpt2`), through the `tokenizers` crate.

use tokenizers::models::bpe::{BPE, Vocab};

use super::byte_level::char_of;
use super::error::TokenizerError;
use super::pretokenizer::PreTokenizer;
use super::vocabulary::{TokenKind, Vocabulary};
use crate::gguf::{Metadata, quoted, required};

/// The merges with their pre-tokenizer.
pub(super) struct Bpe {
    tokenizer: tokenizers::Tokenizer,
    missing: Vec<u8>,
}

impl Bpe {
    /// Special tokens are left out of the vocabulary, so that no text can be merged into one.
    pub(super) fn new(
        metadata: Metadata,
        vocabulary: &Vocabulary,
        pre: PreTokenizer,
    ) -> Result<Self, TokenizerError> {
        let merges = merges(metadata, vocabulary)?;
        let ordinary: Vocab = vocabulary
            .iter()
            .filter(|(_, _, kind)| kind.is_ordinary())
            .map(|(id, name, _)| (name.to_owned(), id))
            .collect();
        let missing: Vec<u8> = (0..=u8::MAX)
            .filter(|&byte| !ordinary.contains_key(char_of(byte).encode_utf8(&mut [0; 4]) as &str))
            .collect();
        if !missing.is_empty() {
            tracing::debug!(?missing, "bytes without a token are dropped from prompts");
        }
        let model = BPE::builder()
            .vocab_and_merges(ordinary, merges)
            .ignore_merges(pre.takes_whole_words())
            .build()
            .map_err(library)?;
        let mut tokenizer = tokenizers::Tokenizer::new(model);
        tokenizer.with_normalizer(pre.normalizer());
        tokenizer.with_pre_tokenizer(Some(pre.build()?));
        Ok(Self { tokenizer, missing })
    }

    /// Appends the tokens of ordinary text.
    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), TokenizerError> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(library)?;
        ids.extend_from_slice(encoding.get_ids());
        Ok(())
    }

    /// Bytes that no token spells.
    pub(super) fn missing_bytes(&self) -> &[u8] {
        &self.missing
    }
}

fn library(error: tokenizers::Error) -> TokenizerError {
    TokenizerError::Library { message: error.to_string() }
}

/// The merges between ordinary tokens, in order of priority.
fn merges(
    metadata: Metadata,
    vocabulary: &Vocabulary,
) -> Result<Vec<(String, String)>, TokenizerError> {
    let key = "tokenizer.ggml.merges";
    let array = required(metadata.strings(key)?, key)?;
    let mut merges = Vec::with_capacity(array.len());
    for (index, merge) in array.strings().enumerate() {
        let syntax = || TokenizerError::MergeSyntax { index, text: quoted(merge) };
        let (left, right) = merge.split_once(' ').ok_or_else(syntax)?;
        if left.is_empty() || right.is_empty() || right.contains(' ') {
            return Err(syntax());
        }
        let kind = |part: &str| -> Result<TokenKind, TokenizerError> {
            vocabulary.id(part).and_then(|id| vocabulary.kind(id)).ok_or_else(|| {
                TokenizerError::MergePart { index, text: quoted(merge), part: quoted(part) }
            })
        };
        let kinds = [kind(left)?, kind(right)?, kind(&format!("{left}{right}"))?];
        if kinds.iter().all(|kind| kind.is_ordinary()) {
            merges.push((left.to_owned(), right.to_owned()));
        }
    }
    Ok(merges)
}
