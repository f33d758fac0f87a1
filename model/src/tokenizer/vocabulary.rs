//! The tokens: their names in the file, their kinds, and the bytes that they stand for.

use super::byte_level::bytes_of_name;
use super::error::TokenizerError;
use crate::gguf::{Metadata, Value, ValueType, quoted, required};

/// Most tokens that we accept; the largest vocabulary in use has half as many.
const MAX_TOKENS: usize = 1 << 19;

/// SentencePiece's stand-in for a space, U+2581.
pub(super) const SPACE: char = '\u{2581}';

/// The kind of a token; the discriminants are those of `tokenizer.ggml.token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum TokenKind {
    /// Part of ordinary text.
    Normal = 1,
    /// Stands for text that no token covers.
    Unknown = 2,
    /// Structure, such as the end of a turn; never text.
    Control = 3,
    /// Added by hand; text when decoded.
    UserDefined = 4,
    /// Reserved.
    Unused = 5,
    /// One byte.
    Byte = 6,
}

impl TokenKind {
    fn from_id(id: i64) -> Option<Self> {
        use TokenKind::*;
        [Normal, Unknown, Control, UserDefined, Unused, Byte]
            .into_iter()
            .find(|&kind| kind as i64 == id)
    }

    /// Whether the token is matched as a whole in text, and only where that is asked for.
    pub(super) fn is_special(self) -> bool {
        matches!(self, Self::Control | Self::UserDefined)
    }

    /// Whether the token can come out of ordinary text.
    pub(super) fn is_ordinary(self) -> bool {
        matches!(self, Self::Normal | Self::Unused | Self::Byte)
    }
}

/// Strings one after another.
struct Pool {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Pool {
    fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ends: Vec::with_capacity(count) }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        // The directory's limit keeps every sum below 2^32.
        self.ends.push(self.bytes.len() as u32);
    }

    fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).map_or(0, |&e| e as usize);
        self.bytes.get(start..end)
    }
}

/// Every token of a file.
pub(super) struct Vocabulary {
    names: Pool,
    bytes: Pool,
    kinds: Vec<TokenKind>,
    /// Ids in the order of their names, for look-ups.
    by_name: Vec<u32>,
}

impl Vocabulary {
    /// The tokens of a byte-level vocabulary, whose names spell bytes as characters.
    pub(super) fn byte_level(metadata: Metadata) -> Result<Self, TokenizerError> {
        Self::read(metadata, |_, kind, name| {
            Ok(match kind {
                TokenKind::UserDefined => name.as_bytes().to_vec(),
                _ => bytes_of_name(name),
            })
        })
    }

    /// The tokens of a SentencePiece vocabulary.
    pub(super) fn sentence_piece(metadata: Metadata) -> Result<Self, TokenizerError> {
        Self::read(metadata, |id, kind, name| match kind {
            TokenKind::Byte => byte_of_name(name)
                .map(|byte| vec![byte])
                .ok_or_else(|| TokenizerError::ByteToken { id, text: quoted(name) }),
            TokenKind::UserDefined => Ok(name.as_bytes().to_vec()),
            _ => Ok(name.replace(SPACE, " ").into_bytes()),
        })
    }

    fn read(
        metadata: Metadata,
        spell: impl Fn(usize, TokenKind, &str) -> Result<Vec<u8>, TokenizerError>,
    ) -> Result<Self, TokenizerError> {
        let key = "tokenizer.ggml.tokens";
        let tokens = required(metadata.strings(key)?, key)?;
        let count = tokens.len();
        if count == 0 || count > MAX_TOKENS {
            return Err(TokenizerError::TokenCount { count, most: MAX_TOKENS });
        }
        let kinds = kinds(metadata, count)?;
        // Exact, so that a large vocabulary is not also copied while it grows.
        let length = tokens.strings().map(str::len).sum();
        let mut names = Pool::with_capacity(count, length);
        let mut bytes = Pool::with_capacity(count, length);
        for (id, (name, &kind)) in tokens.strings().zip(&kinds).enumerate() {
            names.push(name.as_bytes());
            bytes.push(&spell(id, kind, name)?);
        }
        let by_name = sorted_by_name(&names)?;
        Ok(Self { names, bytes, kinds, by_name })
    }

    /// Number of tokens.
    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The token's name in the file.
    pub(super) fn name(&self, id: u32) -> Option<&str> {
        std::str::from_utf8(self.names.get(id as usize)?).ok()
    }

    /// The token's kind.
    pub(super) fn kind(&self, id: u32) -> Option<TokenKind> {
        self.kinds.get(id as usize).copied()
    }

    /// What the token stands for in text; empty for control tokens and ids out of range.
    pub(super) fn bytes(&self, id: u32) -> &[u8] {
        match self.kind(id) {
            None | Some(TokenKind::Control | TokenKind::Unknown) => &[],
            Some(_) => self.bytes.get(id as usize).unwrap_or_default(),
        }
    }

    /// Makes `id` a control token: files without kinds, or with wrong ones, show by their other
    /// keys which tokens are structure.
    pub(super) fn make_control(&mut self, id: u32) {
        if let Some(kind) = self.kinds.get_mut(id as usize) {
            *kind = TokenKind::Control;
        }
    }

    /// The token called `name`.
    pub(super) fn id(&self, name: &str) -> Option<u32> {
        let found = self
            .by_name
            .binary_search_by(|&id| self.names.get(id as usize).cmp(&Some(name.as_bytes())));
        found.ok().and_then(|at| self.by_name.get(at).copied())
    }

    /// Every id with its name and kind.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &str, TokenKind)> {
        let ids = 0..self.len() as u32;
        ids.filter_map(|id| Some((id, self.name(id)?, self.kind(id)?)))
    }
}

/// One kind per token; all normal where the file says nothing.
fn kinds(metadata: Metadata, count: usize) -> Result<Vec<TokenKind>, TokenizerError> {
    let key = "tokenizer.ggml.token_type";
    let integers = [ValueType::I32, ValueType::U32];
    let Some(array) = metadata.array(key, "an array of 32-bit integers", &integers)? else {
        return Ok(vec![TokenKind::Normal; count]);
    };
    if array.len() != count {
        return Err(TokenizerError::Length { key, found: array.len(), expected: count });
    }
    let kind = |(id, value)| {
        let value = match value {
            Value::Signed(value) => value,
            Value::Unsigned(value) => value as i64,
            _ => 0,
        };
        TokenKind::from_id(value).ok_or(TokenizerError::UnknownKind { id, value })
    };
    array.iter().enumerate().map(kind).collect()
}

/// Ids in the order of their names; empty names (which match nothing) may repeat.
fn sorted_by_name(names: &Pool) -> Result<Vec<u32>, TokenizerError> {
    let mut ids: Vec<u32> = (0..names.ends.len() as u32).collect();
    ids.sort_by_key(|&id| names.get(id as usize));
    for pair in ids.windows(2) {
        let [first, second] = *pair else { continue };
        let name = names.get(first as usize).unwrap_or_default();
        if !name.is_empty() && Some(name) == names.get(second as usize) {
            let text = quoted(&String::from_utf8_lossy(name));
            return Err(TokenizerError::DuplicateToken { text, first, second });
        }
    }
    Ok(ids)
}

/// The byte that `<0x0A>` names.
fn byte_of_name(name: &str) -> Option<u8> {
    let digits = name.strip_prefix("<0x")?.strip_suffix('>')?;
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}
