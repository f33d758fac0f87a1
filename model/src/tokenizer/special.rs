//! Finding special tokens in text: leftmost first, and of those the longest.

use aho_corasick::{AhoCorasick, MatchKind};

use super::error::TokenizerError;
use super::vocabulary::Vocabulary;

/// A piece of text, or a token that was written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fragment<T> {
    /// Ordinary text, not empty.
    Text(T),
    /// A special token.
    Special(u32),
}

/// The matcher of a vocabulary's control and user-defined tokens.
pub(super) struct SpecialTokens {
    ids: Vec<u32>,
    matcher: AhoCorasick,
}

impl SpecialTokens {
    pub(super) fn new(vocabulary: &Vocabulary) -> Result<Self, TokenizerError> {
        let tokens = || {
            let special = |&(_, name, kind): &(_, &str, super::TokenKind)| {
                kind.is_special() && !name.is_empty()
            };
            vocabulary.iter().filter(special)
        };
        let ids = tokens().map(|(id, _, _)| id).collect();
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(tokens().map(|(_, name, _)| name))
            .map_err(|error| TokenizerError::Special { message: error.to_string() })?;
        Ok(Self { ids, matcher })
    }

    /// The tokens that are matched.
    pub(super) fn ids(&self) -> impl Iterator<Item = u32> {
        self.ids.iter().copied()
    }

    /// Cuts `text` at every special token.
    pub(super) fn split<'t>(&self, text: &'t str) -> Vec<Fragment<&'t str>> {
        let mut fragments = Vec::new();
        let mut done = 0;
        for found in self.matcher.find_iter(text) {
            let Some(&id) = self.ids.get(found.pattern().as_usize()) else { continue };
            if found.start() > done {
                fragments.push(Fragment::Text(&text[done..found.start()]));
            }
            fragments.push(Fragment::Special(id));
            done = found.end();
        }
        if done < text.len() {
            fragments.push(Fragment::Text(&text[done..]));
        }
        fragments
    }
}
