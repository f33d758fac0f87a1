//! Text as it is generated, valid UTF-8 at every step.

use super::Tokenizer;

/// Turns bytes that arrive in pieces into text: an incomplete character waits for its rest,
/// invalid bytes become U+FFFD.
#[derive(Default)]
pub struct Utf8Stream {
    /// The start of a character, at most three bytes.
    pending: Vec<u8>,
}

impl Utf8Stream {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text that `bytes` complete.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = Vec::new();
        let mut chunks = self.pending.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let last = chunks.peek().is_none();
            match chunk.invalid() {
                [] => {}
                invalid if last && is_incomplete(invalid) => rest.extend_from_slice(invalid),
                _ => text.push(char::REPLACEMENT_CHARACTER),
            }
        }
        self.pending = rest;
        text
    }

    /// What is left at the end: U+FFFD for an incomplete character, else nothing.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.pending)).into_owned()
    }
}

/// Whether more bytes could make a character of `bytes`, the invalid end of a text.
fn is_incomplete(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// Decodes tokens one at a time; special tokens have no text.
pub struct TokenStream<'t> {
    tokenizer: &'t Tokenizer,
    utf8: Utf8Stream,
}

impl<'t> TokenStream<'t> {
    /// A stream of `tokenizer`'s tokens.
    pub fn new(tokenizer: &'t Tokenizer) -> Self {
        Self { tokenizer, utf8: Utf8Stream::new() }
    }

    /// The text that token `id` completes, often empty in the middle of a character.
    pub fn push(&mut self, id: u32) -> String {
        self.utf8.push(self.tokenizer.token_bytes(id))
    }

    /// What is left at the end.
    pub fn finish(&mut self) -> String {
        self.utf8.finish()
    }
}
