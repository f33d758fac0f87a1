//! [`Batch`]: everything that one forward pass needs, passed by reference.

use crate::kv_cache::BlockTable;
use tilewright_kernels::{SampleParams, SumOrder};

/// Which keys of its sequence a token of a drafted tree sees, up to its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// Where its own key lies.
    pub place: u32,
    /// The tree's first place: all before it are seen.
    pub start: u32,
    /// The places from there on that are seen: one bit for each.
    pub visible: u32,
}

impl Sight {
    /// That of a token that sees every key up to its own.
    const CAUSAL: Sight = Sight { place: u32::MAX, start: u32::MAX, visible: 0 };
}

/// Consecutive tokens of one sequence within a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Index of its first token in the batch.
    pub first_token: u32,
    /// Number of its tokens.
    pub tokens: u32,
    /// Position of the first one in its sequence.
    pub first_position: u32,
    /// Pages of the sequence, in the order of its tokens.
    pub pages: Vec<u32>,
}

/// Tokens of one or more sequences, with places in the cache.
///
/// T: tokens, S: spans, R: tokens that get logits and are followed by a chosen token.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Token ids: `[T]`
    pub tokens: Vec<u32>,
    /// Position of each in its sequence: `[T]`
    pub positions: Vec<u32>,
    /// Place of each in the cache: `[T]`
    pub slots: Vec<u32>,
    /// Span of each: `[T]`
    pub rows: Vec<u32>,
    /// What tokens of drafted trees see; empty where there are none: `[T]`
    pub sights: Vec<Sight>,
    /// The sequences' parts: `[S]`
    pub spans: Vec<Span>,
    /// Tokens that get logits, ascending: `[R]`
    pub outputs: Vec<u32>,
    /// How the token after each of them is chosen: `[R]`
    pub choices: Vec<SampleParams>,
    /// In which order products sum.
    pub order: SumOrder,
}

impl Batch {
    /// Adds consecutive tokens of a sequence whose table has room for them; the last
    /// `choices.len()` of them get logits. A token without a place is left out of the cache.
    pub fn push(
        &mut self,
        tokens: &[u32],
        first_position: u32,
        table: &BlockTable,
        choices: &[SampleParams],
    ) {
        let (first_token, row) = (self.len(), self.spans.len() as u32);
        let count = tokens.len() as u32;
        let positions = first_position..first_position + count;
        self.tokens.extend(tokens);
        self.slots.extend(positions.clone().map(|p| table.slot(p).unwrap_or(u32::MAX)));
        self.positions.extend(positions);
        self.rows.extend((0..count).map(|_| row));
        let end = first_token + count;
        self.outputs.extend(end.saturating_sub(choices.len() as u32)..end);
        self.choices.extend(choices);
        let pages = table.pages().to_vec();
        self.spans.push(Span { first_token, tokens: count, first_position, pages });
        if self.has_trees() {
            self.sights.resize(self.tokens.len(), Sight::CAUSAL);
        }
    }

    /// Adds one token of a drafted tree whose place in its sequence is not its position. It gets
    /// logits where there is a choice.
    pub fn push_node(
        &mut self,
        token: u32,
        position: u32,
        sight: Sight,
        table: &BlockTable,
        choices: &[SampleParams],
    ) {
        self.push(&[token], sight.place, table, choices);
        if let Some(last) = self.positions.last_mut() {
            *last = position;
        }
        self.sights.resize(self.tokens.len(), Sight::CAUSAL);
        if let Some(last) = self.sights.last_mut() {
            *last = sight;
        }
    }

    /// Whether tokens of drafted trees are among the tokens.
    pub fn has_trees(&self) -> bool {
        !self.sights.is_empty()
    }

    /// Place of every token in its sequence, and for each its span, the first place of its tree and the
    /// places from there on that it sees; without trees, nothing.
    pub(crate) fn masks(&self) -> (Vec<u32>, Vec<u32>) {
        let place = |(sight, position): (&Sight, &u32)| match sight.start {
            u32::MAX => *position,
            _ => sight.place,
        };
        let places = self.sights.iter().zip(&self.positions).map(place).collect();
        let nodes = self.sights.iter().zip(&self.rows);
        let nodes = nodes.flat_map(|(sight, row)| [*row, sight.start, sight.visible]);
        (places, nodes.collect())
    }

    /// Number of tokens.
    pub fn len(&self) -> u32 {
        self.tokens.len() as u32
    }

    /// Whether there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Number of leading spans with one token: tokens that attention computes by themselves.
    pub fn singles(&self) -> u32 {
        self.spans.iter().take_while(|span| span.tokens == 1).count() as u32
    }

    /// Keys that the one of these tokens sees that has the longest sequence.
    pub fn keys_of_singles(&self) -> u32 {
        let singles = &self.spans[..self.singles() as usize];
        singles.iter().map(|span| span.first_position.saturating_add(1)).max().unwrap_or(0)
    }

    /// Whether every span has one token, and all or none of them are outputs: what can be
    /// recorded.
    pub fn is_decode(&self) -> bool {
        let outputs = self.outputs.len();
        self.singles() == self.len() && (outputs == 0 || outputs == self.tokens.len())
    }

    /// What the head has to do.
    pub fn ending(&self) -> Ending {
        if self.outputs.is_empty() {
            Ending::None
        } else if self.choices.iter().all(|choice| choice.temperature == 0.0) {
            Ending::Best
        } else {
            Ending::Draw
        }
    }
}

/// What follows the last block of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Nothing: no token is an output.
    None,
    /// Logits, and the best token of each output.
    Best,
    /// Logits, and a drawn token after each output.
    Draw,
}

/// The choice of the best token.
pub const BEST: SampleParams =
    SampleParams { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, seed: 0, position: 0 };

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::kv_cache::PagePool;

    #[test]
    fn spans_follow_each_other() {
        let mut pool = PagePool::new(4);
        let (mut a, mut b) = (BlockTable::default(), BlockTable::default());
        a.grow(70, &mut pool).unwrap();
        b.grow(3, &mut pool).unwrap();
        let mut batch = Batch::default();
        batch.push(&[7, 8, 9], 63, &a, &[BEST]);
        batch.push(&[5], 2, &b, &[BEST]);
        assert_eq!(batch.tokens, [7, 8, 9, 5]);
        assert_eq!(batch.positions, [63, 64, 65, 2]);
        assert_eq!(batch.slots, [63, 64, 65, 2 * 64 + 2]);
        assert_eq!((&batch.rows[..], &batch.outputs[..]), (&[0, 0, 0, 1][..], &[2, 3][..]));
        assert_eq!((batch.spans[1].first_token, batch.spans[1].first_position), (3, 2));
        assert!(!batch.is_decode() && batch.singles() == 0);
        assert_eq!(batch.ending(), Ending::Best);
        assert!(!batch.has_trees());
    }

    #[test]
    fn nodes_have_places_beside_positions() {
        let mut pool = PagePool::new(4);
        let mut table = BlockTable::default();
        table.grow(70, &mut pool).unwrap();
        let mut batch = Batch::default();
        batch.push(&[7], 62, &table, &[BEST]);
        for (place, visible) in [(63, 0b1), (64, 0b10)] {
            let sight = Sight { place, start: 63, visible };
            batch.push_node(place, 63, sight, &table, &[BEST]);
        }
        batch.push(&[5], 9, &table, &[BEST]);
        assert_eq!(
            (&batch.positions[..], &batch.slots[..]),
            (&[62, 63, 63, 9][..], &[62, 63, 64, 9][..])
        );
        let nodes = vec![0, u32::MAX, 0, 1, 63, 1, 2, 63, 2, 3, u32::MAX, 0];
        assert_eq!(batch.masks(), (vec![62, 63, 64, 9], nodes));
        assert_eq!(batch.keys_of_singles(), 65);
        assert!(batch.has_trees() && batch.is_decode());
    }
}
