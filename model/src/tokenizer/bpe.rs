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
        let name = |id| vocabulary.name(id).unwrap_or_default().to_owned();
        let merges = merges.into_iter().map(|[left, right]| (name(left), name(right))).collect();
        let ordinary: Vocab = vocabulary
            .iter()
            .filter(|(_, _, kind)| kind.is_ordinary())
            .map(|(id, name, _)| (name.to_owned(), id))
            .collect();
        // The bytes that occur in UTF-8.
        let missing: Vec<u8> = (0..=0xBF)
            .chain(0xC2..=0xF4)
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

    /// Bytes of UTF-8 that no token spells.
    pub(super) fn missing_bytes(&self) -> &[u8] {
        &self.missing
    }
}

fn library(error: tokenizers::Error) -> TokenizerError {
    TokenizerError::Library { message: error.to_string() }
}

/// Left and right token of each merge between ordinary tokens, in order of priority. Nothing but
/// ids is kept until every merge is known to be good.
fn merges(metadata: Metadata, vocabulary: &Vocabulary) -> Result<Vec<[u32; 2]>, TokenizerError> {
    let key = "tokenizer.ggml.merges";
    let array = required(metadata.strings(key)?, key)?;
    let mut merges = Vec::with_capacity(array.len());
    for (index, merge) in array.strings().enumerate() {
        let syntax = || TokenizerError::MergeSyntax { index, text: quoted(merge) };
        let (left, right) = merge.split_once(' ').ok_or_else(syntax)?;
        if left.is_empty() || right.is_empty() || right.contains(' ') {
            return Err(syntax());
        }
        let token = |part: &str| {
            vocabulary.id(part).ok_or_else(|| {
                let (text, part) = (quoted(merge), quoted(part));
                TokenizerError::MergePart { index, text, part }
            })
        };
        let (first, second) = (token(left)?, token(right)?);
        let ids = [first, second, token(&format!("{left}{right}"))?];
        let ordinary = |&id: &u32| vocabulary.kind(id).is_some_and(TokenKind::is_ordinary);
        if ids.iter().all(ordinary) {
            merges.push([first, second]);
        }
    }
    Ok(merges)
}
