//! The tokenizer, from the file's metadata.
//!
//! Text is first split at special tokens where the caller asks for it ([`ParseSpecial`]); the
//! ordinary text between goes to the vocabulary's own algorithm: byte-level BPE ([`bpe`], model
//! `gpt2`) or SentencePiece merges by score ([`spm`], model `llama`). Decoding is per token and in
//! bytes; [`TokenStream`] makes valid UTF-8 of them.

mod bpe;
mod byte_level;
mod end_tokens;
mod error;
mod pretokenizer;
mod settings;
mod special;
mod spm;
mod stream;
mod vocabulary;

pub(crate) use byte_level::char_of as byte_name;
pub use error::TokenizerError;
pub use stream::{TokenStream, Utf8Stream};
pub use vocabulary::TokenKind;

use std::collections::BTreeSet;

use crate::gguf::{Metadata, quoted, required};
use bpe::Bpe;
use pretokenizer::PreTokenizer;
use settings::Settings;
use special::{Fragment, SpecialTokens};
use spm::Spm;
use vocabulary::Vocabulary;

/// Whether special tokens written in a text are recognised.
///
/// Control and user-defined tokens are both special here: with `No`, no text of a user can
/// become one, whatever kind the file's converter gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseSpecial {
    /// `<|im_end|>` in the text is that token.
    Yes,
    /// `<|im_end|>` in the text is ten characters.
    No,
}

/// Text to token ids and back.
pub struct Tokenizer {
    vocabulary: Vocabulary,
    model: Model,
    special: SpecialTokens,
    settings: Settings,
    end: BTreeSet<u32>,
}

enum Model {
    Bpe(Box<Bpe>),
    Spm(Box<Spm>),
}

impl Tokenizer {
    /// Builds the tokenizer that `tokenizer.ggml.*` describes.
    ///
    /// # Errors
    /// Keys that are missing, contradictory or of a kind that is not supported.
    pub fn from_metadata(metadata: Metadata) -> Result<Self, TokenizerError> {
        let key = "tokenizer.ggml.model";
        let name = required(metadata.string(key)?, key)?;
        match name {
            "gpt2" => {
                let pre = PreTokenizer::from_metadata(metadata)?;
                let mut vocabulary = Vocabulary::byte_level(metadata)?;
                let settings = Settings::read(metadata, &vocabulary, pre.adds_bos(), false)?;
                let end = mark_control(metadata, &mut vocabulary, &settings)?;
                let model = Model::Bpe(Box::new(Bpe::new(metadata, &vocabulary, pre)?));
                Self::assemble(vocabulary, model, settings, end)
            }
            "llama" => {
                let mut vocabulary = Vocabulary::sentence_piece(metadata)?;
                let settings = Settings::read(metadata, &vocabulary, true, true)?;
                let end = mark_control(metadata, &mut vocabulary, &settings)?;
                let model =
                    Model::Spm(Box::new(Spm::new(metadata, &vocabulary, settings.unknown)?));
                Self::assemble(vocabulary, model, settings, end)
            }
            _ => Err(TokenizerError::UnknownModel { value: quoted(name) }),
        }
    }

    fn assemble(
        vocabulary: Vocabulary,
        model: Model,
        settings: Settings,
        end: BTreeSet<u32>,
    ) -> Result<Self, TokenizerError> {
        let special = SpecialTokens::new(&vocabulary)?;
        Ok(Self { vocabulary, model, special, settings, end })
    }

    /// The tokens of `text`, without BOS and EOS.
    ///
    /// A byte that a byte-level vocabulary has no token for (see
    /// [`missing_bytes`](Self::missing_bytes)) is dropped.
    ///
    /// # Errors
    /// What the BPE library reports; nothing that a text alone can cause is known to.
    pub fn encode(&self, text: &str, special: ParseSpecial) -> Result<Vec<u32>, TokenizerError> {
        let fragments = match special {
            ParseSpecial::Yes => self.special.split(text),
            ParseSpecial::No => vec![Fragment::Text(text)],
        };
        self.encode_fragments(fragments.iter().map(|fragment| match fragment {
            Fragment::Text(text) => Fragment::Text((*text).to_owned()),
            Fragment::Special(id) => Fragment::Special(*id),
        }))
    }

    /// The tokens of `text` with special tokens recognised, except across a `guard` character,
    /// which then disappears: `<|im_` `guard` `end|>` is ordinary text without the guard.
    ///
    /// # Errors
    /// As for [`encode`](Self::encode).
    pub fn encode_guarded(&self, text: &str, guard: char) -> Result<Vec<u32>, TokenizerError> {
        let fragments = self.special.split(text);
        self.encode_fragments(fragments.into_iter().map(|fragment| match fragment {
            Fragment::Text(text) => Fragment::Text(text.replace(guard, "")),
            Fragment::Special(id) => Fragment::Special(id),
        }))
    }

    fn encode_fragments(
        &self,
        fragments: impl Iterator<Item = Fragment<String>>,
    ) -> Result<Vec<u32>, TokenizerError> {
        let mut ids = Vec::new();
        // A prefix space belongs to the start of the text and after each special token.
        for fragment in fragments {
            match (fragment, &self.model) {
                (Fragment::Special(id), _) => ids.push(id),
                (Fragment::Text(text), Model::Bpe(bpe)) => bpe.encode(&text, &mut ids)?,
                (Fragment::Text(text), Model::Spm(spm)) => {
                    spm.encode(&text, self.settings.add_space_prefix, &mut ids);
                }
            }
        }
        Ok(ids)
    }

    /// A raw prompt: special tokens recognised, BOS and EOS added as the file says.
    ///
    /// # Errors
    /// As for [`encode`](Self::encode).
    pub fn encode_prompt(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        let mut ids = self.encode(text, ParseSpecial::Yes)?;
        if let Some(bos) = self.settings.leading() {
            ids.insert(0, bos);
        }
        ids.extend(self.settings.trailing());
        Ok(ids)
    }

    /// Puts BOS in front of the tokens of a rendered chat, unless its template wrote one itself.
    pub fn begin_chat(&self, ids: &mut Vec<u32>) {
        if let Some(bos) = self.settings.leading()
            && ids.first() != Some(&bos)
        {
            ids.insert(0, bos);
        }
    }

    /// The bytes that token `id` stands for: none for special tokens and ids out of range.
    /// User-defined tokens stand for their own text.
    pub fn token_bytes(&self, id: u32) -> &[u8] {
        self.vocabulary.bytes(id)
    }

    /// The text of `ids`: special tokens left out, invalid UTF-8 replaced.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut stream = TokenStream::new(self);
        let mut text: String = ids.iter().map(|&id| stream.push(id)).collect();
        text.push_str(&stream.finish());
        text
    }

    /// Whether `id` ends a generation (of a text, a turn or a message).
    pub fn is_end(&self, id: u32) -> bool {
        self.end.contains(&id)
    }

    /// Every token that ends a generation.
    pub fn end_tokens(&self) -> impl Iterator<Item = u32> {
        self.end.iter().copied()
    }

    /// Number of tokens.
    pub fn vocab_size(&self) -> usize {
        self.vocabulary.len()
    }

    /// What kind of token `id` is; `None` out of range.
    pub fn kind(&self, id: u32) -> Option<TokenKind> {
        self.vocabulary.kind(id)
    }

    /// The token's name in the file, such as `<|im_end|>` or `Ġthe`; `None` out of range.
    pub fn name(&self, id: u32) -> Option<&str> {
        self.vocabulary.name(id)
    }

    /// The beginning-of-text token, whether or not it is added to prompts.
    pub fn bos(&self) -> Option<u32> {
        self.settings.bos
    }

    /// The end-of-text token.
    pub fn eos(&self) -> Option<u32> {
        self.settings.eos
    }

    /// Texts of the special tokens, which [`ParseSpecial::Yes`] recognises.
    pub fn special_texts(&self) -> impl Iterator<Item = &str> {
        self.special.ids().filter_map(|id| self.vocabulary.name(id))
    }

    /// Bytes that no token stands for, in a byte-level vocabulary that is incomplete. The
    /// reference implementations drop them when encoding, and so does this one.
    pub fn missing_bytes(&self) -> &[u8] {
        match &self.model {
            Model::Bpe(bpe) => bpe.missing_bytes(),
            Model::Spm(_) => &[],
        }
    }
}

/// Collects the end tokens, and makes them and BOS control tokens whatever their kind was.
fn mark_control(
    metadata: Metadata,
    vocabulary: &mut Vocabulary,
    settings: &Settings,
) -> Result<BTreeSet<u32>, TokenizerError> {
    let end = end_tokens::collect(metadata, vocabulary)?;
    for id in end.iter().copied().chain(settings.bos) {
        vocabulary.make_control(id);
    }
    Ok(end)
}
