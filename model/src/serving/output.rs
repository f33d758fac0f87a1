//! [`Rows`]: the outputs of a step, by sequence and position.

use super::choice::Row;
use super::pass::PassOutput;
use crate::scheduler::SequenceId;
use std::collections::{BTreeMap, HashMap};

/// One output.
#[derive(Debug)]
struct Output {
    chosen: u32,
    logits: Option<Vec<f32>>,
}

/// Every output of a step.
#[derive(Debug, Default)]
pub(super) struct Rows {
    of: HashMap<SequenceId, BTreeMap<u32, Output>>,
}

/// The outputs that a batch will have, in its order: sequence and position of each.
pub(super) type Expected = Vec<(SequenceId, u32)>;

impl Rows {
    /// Adds what a pass gave.
    pub fn add(&mut self, expected: &Expected, mut output: PassOutput) {
        for (row, (id, position)) in expected.iter().enumerate() {
            let Some(&chosen) = output.chosen.get(row) else { continue };
            let logits = output.logits.remove(&row);
            self.of.entry(*id).or_default().insert(*position, Output { chosen, logits });
        }
    }

    /// The outputs of a sequence from a position on.
    pub fn from(&self, id: SequenceId, position: u32) -> Vec<Row<'_>> {
        let rows = self.of.get(&id).into_iter().flat_map(|rows| rows.range(position..));
        rows.map(|(_, row)| Row { chosen: row.chosen, logits: row.logits.as_deref() }).collect()
    }

    /// The logits of a sequence's outputs, with their positions.
    pub fn logits(&self, id: SequenceId) -> impl Iterator<Item = (u32, &[f32])> {
        let rows = self.of.get(&id).into_iter().flatten();
        rows.filter_map(|(position, row)| Some((*position, row.logits.as_deref()?)))
    }
}
