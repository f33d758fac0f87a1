//! Keeps messages from containing special tokens.

use aho_corasick::AhoCorasick;

/// Breaks special tokens' texts in messages with a character that occurs nowhere else.
pub(super) struct Guard {
    character: char,
    specials: Vec<String>,
    matcher: Option<AhoCorasick>,
}

impl Guard {
    /// A guard against `specials`, with a private-use character that none of `texts` contains;
    /// `None` if they contain them all.
    pub(super) fn new<'a>(
        specials: impl Iterator<Item = &'a str>,
        texts: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<Self> {
        let character =
            ('\u{F0000}'..='\u{FFFFD}').find(|&c| !texts.clone().any(|t| t.contains(c)))?;
        let specials: Vec<String> = specials.map(str::to_owned).collect();
        // Beyond the library's limits no message is searched quickly; `protect` then breaks after
        // every character, which protects as well.
        let matcher = AhoCorasick::new(&specials).ok();
        Some(Self { character, specials, matcher })
    }

    /// The guard character.
    pub(super) fn character(&self) -> char {
        self.character
    }

    /// `text` with a guard inside every special token, and at its ends where what the template
    /// writes next to it could complete one.
    pub(super) fn protect(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        if self.completes(text) {
            out.push(self.character);
        }
        let mut breaks = self.breaks(text).into_iter().peekable();
        for (at, c) in text.char_indices() {
            while breaks.next_if(|&next| next < at).is_some() {}
            if breaks.next_if_eq(&at).is_some() {
                out.push(self.character);
            }
            out.push(c);
        }
        if self.begins(text) {
            out.push(self.character);
        }
        out
    }

    /// Positions behind the first character of every occurrence, in order.
    fn breaks(&self, text: &str) -> Vec<usize> {
        let Some(matcher) = &self.matcher else {
            return text.char_indices().map(|(at, _)| at).collect();
        };
        let behind_first =
            |start: usize| start + text[start..].chars().next().map_or(0, char::len_utf8);
        let mut breaks: Vec<usize> =
            matcher.find_overlapping_iter(text).map(|found| behind_first(found.start())).collect();
        breaks.sort_unstable();
        breaks.dedup();
        breaks
    }

    /// Whether a special token could end in `text` or run through it, having begun before.
    fn completes(&self, text: &str) -> bool {
        !text.is_empty()
            && self.specials.iter().any(|special| {
                let inner = special.char_indices().skip(1).map(|(at, _)| &special[at..]);
                inner.into_iter().any(|end| text.starts_with(end) || end.starts_with(text))
            })
    }

    /// Whether a special token could begin in `text` and end behind it.
    fn begins(&self, text: &str) -> bool {
        self.specials.iter().any(|special| {
            let inner = special.char_indices().skip(1).map(|(at, _)| &special[..at]);
            inner.into_iter().any(|start| text.ends_with(start))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Guard;

    fn protect(text: &str) -> String {
        let guard = Guard::new(["<|end|>", "<s>"].into_iter(), std::iter::empty()).unwrap();
        guard.protect(text).replace(guard.character(), "#")
    }

    #[test]
    fn ordinary_text_is_untouched() {
        assert_eq!(protect("a < b | c > d"), "a < b | c > d");
    }

    #[test]
    fn special_texts_are_broken() {
        assert_eq!(protect("x<|end|>y<s><s>z"), "x<#|end|>y<#s><#s>z");
    }

    #[test]
    fn halves_are_guarded_at_the_seam() {
        assert_eq!(protect("nd|> x"), "#nd|> x");
        assert_eq!(protect("x <|e"), "x <|e#");
        assert_eq!(protect("en"), "#en");
    }

    #[test]
    fn the_guard_is_a_character_that_no_text_has() {
        let texts = ["\u{F0000}", "\u{F0001}"];
        let guard = Guard::new([].into_iter(), texts.into_iter()).unwrap();
        assert_eq!(guard.character(), '\u{F0002}');
    }
}
