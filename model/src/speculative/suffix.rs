//! [`SuffixDrafter`]: what followed the longest end of the text that occurred before.

use super::Drafter;
use super::drafter::go_on;
use std::collections::HashMap;

/// Fewest tokens that must have occurred before.
const SHORTEST: usize = 2;
/// How many ends of the text learn of their latest place with each token.
const REFRESHED: usize = 16;

/// A set of parts of the text that end at the same places.
#[derive(Debug, Clone, Default)]
struct State {
    /// Length of the longest.
    length: usize,
    /// The state of its longest end that also ends elsewhere.
    link: Option<usize>,
    next: HashMap<u32, usize>,
    /// Where the text went on after one of their places, a late one if possible.
    after: usize,
}

/// A suffix automaton over a growing text (Blumer et al. 1985, "The smallest automaton recognizing
/// the subwords of a text"): adding a token takes constant time on average.
#[derive(Debug)]
pub struct SuffixDrafter {
    text: Vec<u32>,
    states: Vec<State>,
    last: usize,
    /// Where the longest earlier occurrence of the text's end went on.
    found: Option<usize>,
}

impl Default for SuffixDrafter {
    fn default() -> Self {
        let states = vec![State::default()];
        SuffixDrafter { text: Vec::new(), states, last: 0, found: None }
    }
}

impl SuffixDrafter {
    fn push(&mut self, token: u32) {
        self.text.push(token);
        let after = self.text.len();
        let new = self.states.len();
        let length = self.states[self.last].length + 1;
        self.states.push(State { length, link: Some(0), after, ..State::default() });
        let mut at = Some(self.last);
        while let Some(state) = at {
            if let Some(&target) = self.states[state].next.get(&token) {
                let link = self.split(state, token, target);
                self.states[new].link = Some(link);
                break;
            }
            self.states[state].next.insert(token, new);
            at = self.states[state].link;
        }
        self.last = new;
        self.look_back();
    }

    /// The state of exactly the parts that end with `token` after those of `state`: `target`, or
    /// the shorter half of it.
    fn split(&mut self, state: usize, token: u32, target: usize) -> usize {
        let length = self.states[state].length + 1;
        if self.states[target].length == length {
            return target;
        }
        let half = self.states.len();
        let copy = State { length, ..self.states[target].clone() };
        self.states.push(copy);
        self.states[target].link = Some(half);
        let mut at = Some(state);
        while let Some(state) = at {
            match self.states[state].next.get_mut(&token) {
                Some(next) if *next == target => *next = half,
                _ => break,
            }
            at = self.states[state].link;
        }
        half
    }

    /// Finds where the end of the text occurred before, then notes that it occurred here too.
    fn look_back(&mut self) {
        let mut at = self.states[self.last].link;
        let earlier = at.map(|state| &self.states[state]);
        self.found = earlier.filter(|state| state.length >= SHORTEST).map(|state| state.after);
        for _ in 0..REFRESHED {
            let Some(state) = at.filter(|state| *state != 0) else { return };
            self.states[state].after = self.text.len();
            at = self.states[state].link;
        }
    }
}

impl Drafter for SuffixDrafter {
    fn extend(&mut self, tokens: &[u32]) {
        tokens.iter().for_each(|token| self.push(*token));
    }

    fn draft(&mut self, most: usize) -> Vec<u32> {
        self.found.map_or(Vec::new(), |at| go_on(&self.text, at, most))
    }
}

#[cfg(test)]
mod tests {
    use super::{Drafter, SHORTEST, SuffixDrafter};
    use proptest::prelude::*;

    /// Length of the longest end of the text that occurs earlier.
    fn longest(text: &[u32]) -> usize {
        let occurs = |length: usize| {
            let end = &text[text.len() - length..];
            text[..text.len() - 1].windows(length).any(|window| window == end)
        };
        (1..text.len()).rev().find(|length| occurs(*length)).unwrap_or(0)
    }

    proptest! {
        #[test]
        fn drafts_follow_the_longest_earlier_occurrence(
            text in proptest::collection::vec(0..3u32, 1..60),
        ) {
            let mut drafter = SuffixDrafter::default();
            drafter.extend(&text);
            let length = longest(&text);
            let Some(at) = drafter.found else {
                prop_assert!(length < SHORTEST);
                return Ok(());
            };
            prop_assert!(length >= SHORTEST && at < text.len());
            prop_assert_eq!(&text[at - length..at], &text[text.len() - length..]);
            let drafts = drafter.draft(2);
            let known = (text.len() - at).min(2);
            prop_assert_eq!((drafts.len(), &drafts[..known]), (2, &text[at..at + known]));
        }
    }
}
