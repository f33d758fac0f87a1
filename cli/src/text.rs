//! Token bytes to text: always valid UTF-8, and cut before a stop text.

/// Turns the bytes of tokens into text as it becomes certain.
#[derive(Debug, Default)]
pub struct TextStream {
    stops: Vec<String>,
    /// Bytes of a character that is not complete.
    bytes: Vec<u8>,
    /// Text that may be the start of a stop text.
    held: String,
    stopped: bool,
}

impl TextStream {
    /// A stream that ends before the first of `stops`.
    pub fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { stops, ..Self::default() }
    }

    /// Whether a stop text was met.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// Takes the bytes of a token; returns the text that is now certain.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.bytes.extend_from_slice(bytes);
        self.decode();
        self.release(false)
    }

    /// The rest: a character that never became complete is replaced by U+FFFD.
    pub fn finish(&mut self) -> String {
        if !self.bytes.is_empty() {
            self.held.push('\u{fffd}');
            self.bytes.clear();
        }
        self.release(true)
    }

    /// Moves complete characters from `bytes` to `held`; invalid bytes become U+FFFD.
    fn decode(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut rest = bytes.as_slice();
        loop {
            let (valid, bad) = match std::str::from_utf8(rest) {
                Ok(text) => (text.len(), Some(0)),
                Err(e) => (e.valid_up_to(), e.error_len()),
            };
            let (text, tail) = rest.split_at(valid);
            self.held.push_str(&String::from_utf8_lossy(text));
            match bad {
                Some(0) => return,
                Some(length) => {
                    self.held.push('\u{fffd}');
                    rest = tail.get(length..).unwrap_or_default();
                }
                None => {
                    self.bytes = tail.to_vec();
                    return;
                }
            }
        }
    }

    /// Takes from `held` what cannot be the start of a stop text any more.
    fn release(&mut self, all: bool) -> String {
        if self.stopped {
            self.held.clear();
            return String::new();
        }
        if let Some(at) = self.stops.iter().filter_map(|stop| self.held.find(stop)).min() {
            self.stopped = true;
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let keep = if all { 0 } else { self.undecided() };
        let rest = self.held.split_off(self.held.len() - keep);
        std::mem::replace(&mut self.held, rest)
    }

    /// Length in bytes of the longest end of `held` that a stop text starts with.
    fn undecided(&self) -> usize {
        let starts = |stop: &String| {
            let ends = self.held.char_indices().map(|(at, _)| &self.held[at..]);
            ends.filter(|end| stop.starts_with(end)).map(str::len).max().unwrap_or(0)
        };
        self.stops.iter().map(starts).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::TextStream;

    fn run(stops: &[&str], tokens: &[&[u8]]) -> (Vec<String>, bool) {
        let stops: Vec<String> = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut stream = TextStream::new(&stops);
        let mut pieces: Vec<String> = tokens.iter().map(|t| stream.push(t)).collect();
        pieces.push(stream.finish());
        (pieces, stream.stopped())
    }

    #[test]
    fn characters_are_never_split() {
        let (pieces, _) = run(&[], &[b"a\xf0\x9f", b"\x98", b"\x80b", b"\xc3"]);
        assert_eq!(pieces, ["a", "", "😀b", "", "\u{fffd}"]);
    }

    #[test]
    fn invalid_bytes_are_replaced() {
        let (pieces, _) = run(&[], &[b"a\xffb\xe2\x28c", b"\x80"]);
        assert_eq!(pieces, ["a\u{fffd}b\u{fffd}(c", "\u{fffd}", ""]);
    }

    #[test]
    fn text_ends_before_the_first_stop() {
        let (pieces, stopped) = run(&["END", "\n\n"], &[b"x\n", b"yE", b"N", b"Dz", b"w"]);
        assert_eq!(pieces, ["x", "\ny", "", "", "", ""]);
        assert!(stopped);
    }

    #[test]
    fn what_might_have_been_a_stop_is_given_back() {
        let (pieces, stopped) = run(&["aab"], &[b"a", b"a", b"a", b"c", b"aa"]);
        assert_eq!(pieces, ["", "", "a", "aac", "", "aa"]);
        assert!(!stopped);
    }
}
