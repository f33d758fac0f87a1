//! SentencePiece BPE (`tokenizer.ggml.model` = `llama`): neighbours are merged best score first.
//!
//! Kudo and Richardson 2018, "SentencePiece". Spaces are U+2581; characters that no token covers
//! become byte tokens, or the unknown token where those are missing.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use super::error::TokenizerError;
use super::vocabulary::{SPACE, TokenKind, Vocabulary};
use crate::gguf::{Metadata, Value, ValueType, required};

/// A piece that text can become.
#[derive(Clone, Copy)]
struct Piece {
    id: u32,
    score: f32,
    unused: bool,
}

/// Pieces by text, and the byte tokens.
pub(super) struct Spm {
    pieces: HashMap<Box<str>, Piece>,
    bytes: [Option<u32>; 256],
    unknown: Option<u32>,
}

impl Spm {
    pub(super) fn new(
        metadata: Metadata,
        vocabulary: &Vocabulary,
        unknown: Option<u32>,
    ) -> Result<Self, TokenizerError> {
        refuse_settings(metadata)?;
        let scores = scores(metadata, vocabulary.len())?;
        let mut pieces = HashMap::new();
        let mut bytes = [None; 256];
        for ((id, name, kind), score) in vocabulary.iter().zip(scores) {
            match (kind, vocabulary.bytes(id)) {
                (TokenKind::Byte, &[byte]) => bytes[usize::from(byte)] = Some(id),
                (TokenKind::Normal | TokenKind::Unused, _) if !name.is_empty() => {
                    let unused = kind == TokenKind::Unused;
                    pieces.insert(name.into(), Piece { id, score, unused });
                }
                _ => {}
            }
        }
        Ok(Self { pieces, bytes, unknown })
    }

    /// Appends the tokens of ordinary text, with a space in front of it if `prefix` says so.
    pub(super) fn encode(&self, text: &str, prefix: bool, ids: &mut Vec<u32>) {
        if text.is_empty() {
            return;
        }
        let mut escaped = String::with_capacity(text.len() + 3);
        if prefix {
            escaped.push(SPACE);
        }
        escaped.extend(text.chars().map(|c| if c == ' ' { SPACE } else { c }));
        let mut merger = Merger::new(self, &escaped);
        merger.run();
        for symbol in merger.symbols.iter().filter(|symbol| !symbol.range.is_empty()) {
            self.emit(&escaped, symbol.range.clone(), &merger.origins, ids);
        }
    }

    /// Appends the token of one final symbol; unused pieces fall apart into what made them.
    fn emit(&self, text: &str, range: Range<usize>, origins: &Origins, ids: &mut Vec<u32>) {
        let mut pending = vec![range];
        while let Some(range) = pending.pop() {
            let symbol = &text[range.clone()];
            match (self.pieces.get(symbol), origins.get(symbol)) {
                (Some(piece), _) if !piece.unused => ids.push(piece.id),
                (Some(_), Some(&middle)) => {
                    let middle = range.start + middle;
                    pending.push(middle..range.end);
                    pending.push(range.start..middle);
                }
                _ => self.emit_bytes(symbol, ids),
            }
        }
    }

    /// Appends the byte tokens of `symbol`, or one unknown token if any byte has none.
    fn emit_bytes(&self, symbol: &str, ids: &mut Vec<u32>) {
        let bytes: Option<Vec<u32>> =
            symbol.bytes().map(|byte| self.bytes[usize::from(byte)]).collect();
        match bytes {
            Some(bytes) => ids.extend(bytes),
            None => ids.extend(self.unknown),
        }
    }
}

/// Where an unused piece was put together: text to the length of its left part.
type Origins<'t> = HashMap<&'t str, usize>;

/// A run of text that is one piece so far; an empty range has been merged away.
struct Symbol {
    range: Range<usize>,
    previous: Option<usize>,
    next: Option<usize>,
}

/// Two neighbours that could be merged.
struct Bigram {
    score: f32,
    left: usize,
    right: usize,
    length: usize,
}

impl Ord for Bigram {
    /// Better score first, then further left.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.left.cmp(&self.left))
    }
}

impl PartialOrd for Bigram {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Bigram {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Bigram {}

struct Merger<'s, 't> {
    spm: &'s Spm,
    text: &'t str,
    symbols: Vec<Symbol>,
    queue: BinaryHeap<Bigram>,
    origins: Origins<'t>,
}

impl<'s, 't> Merger<'s, 't> {
    fn new(spm: &'s Spm, text: &'t str) -> Self {
        let count = text.chars().count();
        let symbols = text.char_indices().enumerate().map(|(index, (start, c))| Symbol {
            range: start..start + c.len_utf8(),
            previous: index.checked_sub(1),
            next: Some(index + 1).filter(|&next| next < count),
        });
        let symbols = symbols.collect();
        Self { spm, text, symbols, queue: BinaryHeap::new(), origins: HashMap::new() }
    }

    fn run(&mut self) {
        for right in 1..self.symbols.len() {
            self.propose(Some(right - 1), Some(right));
        }
        while let Some(bigram) = self.queue.pop() {
            self.merge(&bigram);
        }
    }

    /// Queues the pair if it is a piece.
    fn propose(&mut self, left: Option<usize>, right: Option<usize>) {
        let (Some(left), Some(right)) = (left, right) else { return };
        let (first, second) = (&self.symbols[left].range, &self.symbols[right].range);
        let joined = &self.text[first.start..second.end];
        let Some(piece) = self.spm.pieces.get(joined) else { return };
        if piece.unused {
            self.origins.insert(joined, first.len());
        }
        self.queue.push(Bigram { score: piece.score, left, right, length: joined.len() });
    }

    /// Joins the pair, unless one of the two has changed since it was queued.
    fn merge(&mut self, bigram: &Bigram) {
        let &Bigram { left, right, length, .. } = bigram;
        let (first, second) = (&self.symbols[left].range, &self.symbols[right].range);
        if first.is_empty() || second.is_empty() || first.len() + second.len() != length {
            return;
        }
        self.symbols[left].range.end = second.end;
        let next = self.symbols[right].next;
        self.symbols[right].range = 0..0;
        self.symbols[left].next = next;
        if let Some(next) = next {
            self.symbols[next].previous = Some(left);
        }
        self.propose(self.symbols[left].previous, Some(left));
        self.propose(Some(left), next);
    }
}

fn scores(metadata: Metadata, count: usize) -> Result<Vec<f32>, TokenizerError> {
    let key = "tokenizer.ggml.scores";
    let array = metadata.array(key, "an array of f32", &[ValueType::F32])?;
    let array = required(array, key)?;
    if array.len() != count {
        return Err(TokenizerError::Length { key, found: array.len(), expected: count });
    }
    let score = |(id, value)| match value {
        Value::Float(value) if value.is_finite() => Ok(value as f32),
        Value::Float(value) => Err(TokenizerError::Score { id, value }),
        _ => Ok(0.0),
    };
    array.iter().enumerate().map(score).collect()
}

/// Refuses normalisation that this implementation would skip.
fn refuse_settings(metadata: Metadata) -> Result<(), TokenizerError> {
    let key = "tokenizer.ggml.remove_extra_whitespaces";
    if metadata.boolean(key)? == Some(true) {
        return Err(TokenizerError::UnsupportedSetting { key, value: "true".into() });
    }
    let key = "tokenizer.ggml.precompiled_charsmap";
    match metadata.get(key) {
        None => Ok(()),
        Some(Value::Array(array)) if array.is_empty() => Ok(()),
        Some(value) => Err(TokenizerError::UnsupportedSetting { key, value: value.to_string() }),
    }
}
