//! [`TreeDrafter`]: the likeliest continuations by what followed the same few tokens before.

use super::{DraftTree, Drafter};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// Tokens that must have come before in the same order, the longest first.
const LENGTHS: [usize; 3] = [4, 3, 2];
/// Guesses of one place, and what a place remembers.
const BRANCHES: usize = 4;
const REMEMBERED: usize = 8;

/// What followed some tokens.
#[derive(Debug, Default)]
struct Followers {
    /// How often anything did.
    total: u32,
    /// Tokens, how often, and when last.
    tokens: Vec<(u32, u32, usize)>,
}

impl Followers {
    fn count(&mut self, token: u32, now: usize) {
        self.total += 1;
        if let Some(known) = self.tokens.iter_mut().find(|known| known.0 == token) {
            (known.1, known.2) = (known.1 + 1, now);
            return;
        }
        if self.tokens.len() == REMEMBERED {
            let rarest = self.tokens.iter().enumerate().min_by_key(|(_, known)| (known.1, known.2));
            if let Some(at) = rarest.map(|(at, _)| at) {
                self.tokens.swap_remove(at);
            }
        }
        self.tokens.push((token, 1, now));
    }
}

/// Counts what follows every few tokens of its text, and guesses trees: always the node next that is
/// likeliest to be reached.
///
/// A node's probability is that of its parent times its own after the longest known end of the text;
/// what was never seen there gets the share of one occurrence, which shorter ends divide among them
/// (Cleary & Witten 1984, "Data compression using adaptive coding and partial string matching",
/// method A). Choosing nodes by the probability of their path makes the best tree of a size
/// (Chen et al. 2024, "Sequoia", section 3.1).
#[derive(Debug, Default)]
pub struct TreeDrafter {
    text: Vec<u32>,
    after: HashMap<Vec<u32>, Followers>,
}

/// A node that may be added; the likeliest is the greatest, of equals the first that was found.
#[derive(Debug)]
struct Candidate {
    probability: f64,
    found: usize,
    parent: Option<usize>,
    token: u32,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let likelier = self.probability.total_cmp(&other.probability);
        likelier.then_with(|| other.found.cmp(&self.found))
    }
}

impl TreeDrafter {
    /// The likeliest tokens after a context, with their probabilities, the likeliest first.
    fn continuations(&self, context: &[u32]) -> Vec<(u32, f64)> {
        let mut found: Vec<(u32, f64)> = Vec::new();
        let mut share = 1.0;
        for length in LENGTHS {
            let gram = context.len().checked_sub(length).and_then(|start| context.get(start..));
            let Some(followers) = gram.and_then(|gram| self.after.get(gram)) else { continue };
            let each = share / f64::from(followers.total + 1);
            let mut tokens = followers.tokens.clone();
            // Of equals the latest.
            tokens.sort_by_key(|(_, count, last)| std::cmp::Reverse((*count, *last)));
            for (token, count, _) in tokens {
                let more = each * f64::from(count);
                match found.iter_mut().find(|known| known.0 == token) {
                    Some(known) => known.1 += more,
                    None => found.push((token, more)),
                }
            }
            share = each;
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.truncate(BRANCHES);
        found
    }

    /// The end of the text and a path of a tree: as much as contexts have.
    fn context(&self, tree: &DraftTree, node: Option<usize>) -> Vec<u32> {
        let path = node.into_iter().flat_map(|node| tree.path(node));
        let guessed = path.filter_map(|node| tree.tokens().get(node));
        let mut context: Vec<u32> =
            guessed.chain(self.text.iter().rev()).take(LENGTHS[0]).copied().collect();
        context.reverse();
        context
    }
}

impl Drafter for TreeDrafter {
    fn extend(&mut self, tokens: &[u32]) {
        for token in tokens {
            let end = self.text.len();
            for length in LENGTHS {
                if let Some(gram) = end.checked_sub(length).and_then(|at| self.text.get(at..)) {
                    match self.after.get_mut(gram) {
                        Some(followers) => followers.count(*token, end),
                        None => {
                            let mut followers = Followers::default();
                            followers.count(*token, end);
                            self.after.insert(gram.to_vec(), followers);
                        }
                    }
                }
            }
            self.text.push(*token);
        }
    }

    fn draft(&mut self, most: usize) -> Vec<u32> {
        let mut chain = DraftTree::default();
        let mut last = None;
        while chain.len() < most.min(DraftTree::MOST) {
            let context = self.context(&chain, last);
            let Some((token, _)) = self.continuations(&context).first().copied() else { break };
            last = chain.push(last, token);
        }
        chain.tokens().to_vec()
    }

    fn tree(&mut self, most: usize) -> DraftTree {
        let mut tree = DraftTree::default();
        let (mut candidates, mut found) = (BinaryHeap::new(), 0);
        let (mut node, mut reached) = (None, 1.0);
        while tree.len() < most.min(DraftTree::MOST) {
            for (token, own) in self.continuations(&self.context(&tree, node)) {
                let probability = reached * own;
                candidates.push(Candidate { probability, found, parent: node, token });
                found += 1;
            }
            let Some(best) = candidates.pop() else { break };
            reached = best.probability;
            node = tree.push(best.parent, best.token);
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::{Drafter, TreeDrafter};
    use crate::speculative::DraftTree;

    #[test]
    fn the_likeliest_continuations_branch() {
        let mut drafter = TreeDrafter::default();
        // After 1 2 come 3 4 (three times) and 5 6 (twice).
        drafter.extend(&[1, 2, 3, 4, 1, 2, 5, 6, 1, 2, 3, 4, 1, 2, 5, 6, 1, 2, 3, 4, 9]);
        assert!(drafter.tree(8).is_empty());
        drafter.extend(&[7, 1, 2]);
        let tree = drafter.tree(3);
        assert_eq!(tree.tokens()[0], 3);
        assert!(tree.child(None, 5).is_some() && tree.child(Some(0), 4).is_some());
        let larger = drafter.tree(8);
        let five = larger.child(None, 5);
        assert!(five.is_some_and(|five| larger.child(Some(five), 6).is_some()));
        assert_eq!(drafter.draft(2), [3, 4]);
        assert!(drafter.tree(0).is_empty() && drafter.tree(100).len() <= DraftTree::MOST);
    }

    #[test]
    fn a_loop_is_a_chain() {
        let mut drafter = TreeDrafter::default();
        drafter.extend(&[8; 30]);
        assert_eq!(drafter.draft(5), [8; 5]);
        let tree = drafter.tree(5);
        assert!(tree.is_chain() && tree.len() == 5);
    }

    #[test]
    fn a_place_remembers_so_much() {
        let mut drafter = TreeDrafter::default();
        (0..100).for_each(|at| drafter.extend(&[1, 2, 3, 4, at % 50 + 10]));
        drafter.extend(&[1, 2, 3, 4]);
        assert_eq!(drafter.tree(16).tokens().len(), 16);
    }
}
