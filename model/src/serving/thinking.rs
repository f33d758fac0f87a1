//! [`Thinking`]: the reasoning at the beginning of an answer, and its end where it is too long.

use std::collections::VecDeque;

/// How long a model may reason before it must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasoning {
    /// Tokens of the longest reasoning; the closing marker follows then, whatever the model says.
    pub limit: usize,
    /// Tokens of the marker that begins it.
    pub open: Vec<u32>,
    /// Tokens of the marker that ends it.
    pub close: Vec<u32>,
    /// Whether the prompt ended with the opening marker.
    pub inside: bool,
}

/// The reasoning of one choice.
#[derive(Debug)]
pub(super) struct Thinking {
    reasoning: Reasoning,
    /// Tokens since it began, or before that since the answer began.
    tokens: Vec<u32>,
    forced: VecDeque<u32>,
    done: bool,
}

impl Thinking {
    pub fn new(reasoning: Reasoning) -> Self {
        let done = reasoning.close.is_empty();
        Thinking { reasoning, tokens: Vec::new(), forced: VecDeque::new(), done }
    }

    /// The token that must come next, if the reasoning has to end.
    pub fn forced(&mut self) -> Option<u32> {
        let Reasoning { limit, close, inside, .. } = &self.reasoning;
        if !self.done && *inside && self.forced.is_empty() && self.tokens.len() >= *limit {
            self.forced.extend(close);
        }
        self.forced.pop_front()
    }

    /// Takes a token of the answer.
    pub fn push(&mut self, token: u32) {
        if self.done {
            return;
        }
        self.tokens.push(token);
        let Reasoning { open, close, inside, .. } = &mut self.reasoning;
        if *inside {
            self.done = self.tokens.ends_with(close);
        } else if self.tokens == *open {
            *inside = true;
            self.tokens.clear();
        } else {
            // An answer that does not begin with the marker has no reasoning.
            self.done = !open.starts_with(&self.tokens);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reasoning, Thinking};

    /// The answer of a model that would say `said`.
    fn answer(limit: usize, inside: bool, said: &[u32]) -> Vec<u32> {
        let reasoning = Reasoning { limit, open: vec![1, 2], close: vec![8, 9], inside };
        let mut thinking = Thinking::new(reasoning);
        let tell = |own: &u32| {
            let token = thinking.forced().unwrap_or(*own);
            thinking.push(token);
            token
        };
        said.iter().map(tell).collect()
    }

    #[test]
    fn reasoning_ends_at_its_limit() {
        assert_eq!(answer(2, true, &[5, 5, 5, 5, 5]), [5, 5, 8, 9, 5]);
        assert_eq!(answer(0, true, &[5, 5, 5]), [8, 9, 5]);
        assert_eq!(answer(9, true, &[5, 8, 9, 5, 5]), [5, 8, 9, 5, 5]);
        assert_eq!(answer(1, false, &[1, 2, 5, 5, 5, 5]), [1, 2, 5, 8, 9, 5]);
        assert_eq!(answer(1, false, &[1, 5, 5, 5, 5]), [1, 5, 5, 5, 5]);
    }
}
