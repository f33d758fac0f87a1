//! Stop strings: generation ends where one of them appears, even across tokens.

/// A stop string that would stop everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopError {
    /// The empty text.
    #[error("a stop string must not be empty")]
    Empty,
}

/// What can be shown after a piece of text has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Released {
    /// Text that is certainly not part of a stop string.
    pub text: String,
    /// Whether a stop string is complete; it and what follows it are not shown.
    pub stopped: bool,
}

/// Holds text back while it could be the beginning of a stop string.
///
/// The stop string that is complete first wins (of those, the one that began first), so the
/// result does not depend on how the text was cut into pieces.
pub struct StopMatcher {
    stops: Vec<String>,
    held: String,
    stopped: bool,
}

impl StopMatcher {
    /// A matcher for `stops`; with none, all text passes at once.
    ///
    /// # Errors
    /// An empty stop string.
    pub fn new(stops: Vec<String>) -> Result<Self, StopError> {
        if stops.iter().any(String::is_empty) {
            return Err(StopError::Empty);
        }
        Ok(Self { stops, held: String::new(), stopped: false })
    }

    /// Takes the next piece of text; after a stop nothing more is released.
    pub fn push(&mut self, text: &str) -> Released {
        if self.stopped {
            return Released { text: String::new(), stopped: true };
        }
        self.held.push_str(text);
        if let Some(start) = self.first_stop() {
            self.stopped = true;
            let mut text = std::mem::take(&mut self.held);
            text.truncate(start);
            return Released { text, stopped: true };
        }
        let kept = self.possible_start();
        let rest = self.held.split_off(kept);
        Released { text: std::mem::replace(&mut self.held, rest), stopped: false }
    }

    /// The text still held back, when no more follows.
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Where the stop string that is complete first begins.
    fn first_stop(&self) -> Option<usize> {
        let found = self.stops.iter().filter_map(|stop| {
            let start = self.held.find(stop.as_str())?;
            Some((start + stop.len(), start))
        });
        found.min().map(|(_, start)| start)
    }

    /// Where the longest end of the held text begins that could become a stop string.
    fn possible_start(&self) -> usize {
        let boundaries = self.held.char_indices().map(|(at, _)| at);
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        boundaries
            .filter(|at| self.held.len() - at < longest)
            .find(|&at| self.stops.iter().any(|stop| stop.starts_with(&self.held[at..])))
            .unwrap_or(self.held.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{StopError, StopMatcher};
    use proptest::prelude::*;

    fn run(stops: &[&str], pieces: &[&str]) -> (String, bool) {
        let stops = stops.iter().map(|&stop| stop.to_owned()).collect();
        let mut matcher = StopMatcher::new(stops).unwrap();
        let mut out = String::new();
        let mut stopped = false;
        for piece in pieces {
            let released = matcher.push(piece);
            out.push_str(&released.text);
            stopped = released.stopped;
        }
        out.push_str(&matcher.finish());
        (out, stopped)
    }

    #[test]
    fn a_stop_across_pieces_is_found_and_not_shown() {
        assert_eq!(run(&["\n\nQ:"], &["A.\n", "\nQ", ": more"]), ("A.".into(), true));
    }

    #[test]
    fn a_false_start_is_shown_in_the_end() {
        assert_eq!(run(&["END"], &["the E", "N", "d E"]), ("the ENd E".into(), false));
    }

    #[test]
    fn held_text_is_not_released_early() {
        let mut matcher = StopMatcher::new(vec!["aab".into()]).unwrap();
        assert_eq!(matcher.push("xaaa").text, "xa");
        assert_eq!(matcher.push("b").text, "");
    }

    #[test]
    fn the_empty_stop_is_refused() {
        assert_eq!(StopMatcher::new(vec![String::new()]).err(), Some(StopError::Empty));
    }

    proptest! {
        #[test]
        fn cutting_the_text_changes_nothing(
            text in "[abé]{0,12}",
            stops in proptest::collection::vec("[abé]{1,4}", 0..3),
        ) {
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let letters: Vec<String> = text.chars().map(String::from).collect();
            let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
            let whole = run(&stops, &[&text]);
            prop_assert_eq!(&whole, &run(&stops, &letters));
            prop_assert_eq!(whole.1, stops.iter().any(|stop| text.contains(stop)));
            prop_assert!(text.starts_with(&whole.0));
        }
    }
}
