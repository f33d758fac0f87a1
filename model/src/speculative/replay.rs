//! [`GuessShape`]: guesses that are accepted as often as one likes, for measurements.

use super::DraftTree;

/// Where the guesses of a pass stand: a chain, or a tree. The first guess after a text is right with the
/// acceptance `a`, the second with `a (1 - a)`, and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessShape {
    /// The guess that each one follows, and how many others come before it there.
    nodes: Vec<(Option<usize>, u32)>,
}

impl GuessShape {
    /// Guesses that follow each other, at most [`DraftTree::MOST`].
    pub fn chain(guesses: usize) -> Self {
        let nodes = (0..guesses.min(DraftTree::MOST)).map(|node| (node.checked_sub(1), 0));
        GuessShape { nodes: nodes.collect() }
    }

    /// The tree of so many guesses, at most [`DraftTree::MOST`], of which the most are accepted. Chen et
    /// al. 2024, "Sequoia", section 3.1.
    pub fn tree(guesses: usize, acceptance: f64) -> Self {
        let mut shape = GuessShape { nodes: Vec::new() };
        // The next guess that each one, and the text, could have.
        let mut open = vec![(acceptance, None, 0)];
        while shape.nodes.len() < guesses.min(DraftTree::MOST) {
            let best = (0..open.len()).max_by(|a, b| open[*a].0.total_cmp(&open[*b].0));
            let Some(best) = best else { break };
            let (share, parent, rank) = open.swap_remove(best);
            open.push((share * (1.0 - acceptance), parent, rank + 1));
            open.push((share * acceptance, Some(shape.nodes.len()), 0));
            shape.nodes.push((parent, rank));
        }
        shape
    }

    /// Number of guesses.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nothing is guessed.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Tokens that a pass emits on average: of a chain `(1 - a^(k + 1)) / (1 - a)`. Leviathan et al. 2023,
    /// equation 1.
    pub fn tokens_per_pass(&self, acceptance: f64) -> f64 {
        let mut shares: Vec<f64> = Vec::with_capacity(self.nodes.len());
        for (parent, rank) in &self.nodes {
            let before = parent.and_then(|parent| shares.get(parent).copied()).unwrap_or(1.0);
            shares.push(before * acceptance * (1.0 - acceptance).powi(*rank as i32));
        }
        1.0 + shares.iter().sum::<f64>()
    }

    /// Guesses at the tokens of `text`, each right with the acceptance; `uniform` draws from `[0, 1)`, and
    /// the vocabulary has more tokens than a text has guesses.
    pub fn guess(
        &self,
        text: &[u32],
        acceptance: f64,
        vocabulary: u32,
        mut uniform: impl FnMut() -> f64,
    ) -> DraftTree {
        let mut drafts = DraftTree::default();
        // The right guesses so far; the last one is where the text goes on.
        let mut right: Vec<usize> = Vec::new();
        for (parent, rank) in &self.nodes {
            let last = right.last().copied();
            let next = text.get(right.len()).copied();
            let hit = *parent == last && next.is_some() && uniform() < acceptance;
            let depth = parent.map_or(0, |parent| drafts.depth(parent) + 1);
            let wrong = text.get(depth).copied().unwrap_or(0).wrapping_add(1 + rank) % vocabulary;
            let token = next.filter(|_| hit).unwrap_or(wrong);
            if let (Some(node), true) = (drafts.push(*parent, token), hit) {
                right.push(node);
            }
        }
        drafts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::GuessShape;
    use crate::sampling::draw;
    use crate::speculative::accept;
    use std::convert::Infallible;

    #[test]
    fn a_chain_emits_what_the_formula_says() {
        for (guesses, acceptance) in [(4usize, 0.5f64), (7, 0.9), (1, 0.8), (0, 0.5)] {
            let closed = (1.0 - acceptance.powi(guesses as i32 + 1)) / (1.0 - acceptance);
            let found = GuessShape::chain(guesses).tokens_per_pass(acceptance);
            assert!((found - closed).abs() < 1e-12, "{guesses} {acceptance}");
        }
    }

    #[test]
    fn a_tree_of_so_many_guesses_is_no_worse_than_a_chain() {
        for acceptance in [0.3, 0.5, 0.7, 0.9] {
            let tree = GuessShape::tree(16, acceptance);
            assert_eq!(tree.len(), 16);
            let chain = GuessShape::chain(16).tokens_per_pass(acceptance);
            assert!(tree.tokens_per_pass(acceptance) >= chain, "{acceptance}");
        }
        assert_eq!(GuessShape::tree(99, 0.5).len(), 32);
        assert_eq!(GuessShape::tree(3, 1.0), GuessShape::chain(3));
    }

    /// Passes over a text emit on average what the shape says.
    #[test]
    fn guesses_are_accepted_as_often_as_they_should() {
        let text: Vec<u32> = (0..64).map(|at| at * 7 % 50).collect();
        for (shape, acceptance) in [
            (GuessShape::chain(4), 0.7),
            (GuessShape::tree(16, 0.7), 0.7),
            (GuessShape::tree(16, 0.5), 0.5),
            (GuessShape::chain(7), 1.0),
        ] {
            let mut draws = (0..).map(|at| f64::from(draw::uniform(5, at)));
            let passes = 4000;
            let mut emitted = 0;
            for _ in 0..passes {
                let drafts = shape.guess(&text, acceptance, 50, || draws.next().unwrap());
                assert_eq!(drafts.len(), shape.len());
                let choose = |node: Option<usize>| text[node.map_or(0, |n| drafts.depth(n) + 1)];
                let accepted = accept(&drafts, |node| Ok::<_, Infallible>(choose(node))).unwrap();
                emitted += accepted.tokens.len();
            }
            let mean = emitted as f64 / f64::from(passes);
            let expected = shape.tokens_per_pass(acceptance);
            assert!((mean / expected - 1.0).abs() < 0.03, "{shape:?}: {mean}, not {expected}");
        }
    }

    #[test]
    fn a_text_that_ends_is_guessed_to_its_end() {
        let drafts = GuessShape::chain(4).guess(&[3, 4], 1.0, 50, || 0.0);
        assert_eq!(drafts.tokens(), [3, 4, 1, 1]);
    }
}
