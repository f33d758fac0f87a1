//! [`NgramDrafter`]: what followed the last few tokens the last time (prompt lookup).

use super::Drafter;
use super::drafter::go_on;
use std::collections::HashMap;

/// Tokens that must have come before in the same order: the longest match is tried first.
const LENGTHS: [usize; 3] = [4, 3, 2];

/// Remembers what followed every few tokens of its text.
#[derive(Debug, Default)]
pub struct NgramDrafter {
    text: Vec<u32>,
    /// Where the text went on after the latest occurrence of some tokens.
    after: HashMap<Vec<u32>, usize>,
}

impl Drafter for NgramDrafter {
    fn extend(&mut self, tokens: &[u32]) {
        for token in tokens {
            let end = self.text.len();
            for length in LENGTHS {
                if let Some(gram) = end.checked_sub(length).map(|start| &self.text[start..]) {
                    self.after.insert(gram.to_vec(), end);
                }
            }
            self.text.push(*token);
        }
    }

    fn draft(&mut self, most: usize) -> Vec<u32> {
        let end = self.text.len();
        let grams = LENGTHS.iter().filter_map(|length| self.text.get(end.checked_sub(*length)?..));
        let found = grams.filter_map(|gram| self.after.get(gram)).next();
        found.map_or(Vec::new(), |at| go_on(&self.text, *at, most))
    }
}

#[cfg(test)]
mod tests {
    use super::{Drafter, NgramDrafter};

    #[test]
    fn the_latest_longest_match_goes_on() {
        let mut drafter = NgramDrafter::default();
        drafter.extend(&[1, 2, 3, 4, 5, 9, 2, 3, 7, 8]);
        assert!(drafter.draft(4).is_empty());
        drafter.extend(&[2, 3]);
        assert_eq!(drafter.draft(3), [7, 8, 2]);
        drafter.extend(&[4]);
        assert_eq!(drafter.draft(3), [5, 9, 2]);
        assert!(drafter.draft(0).is_empty());
    }
}
