//! Subgroup operations (native dialect).

use super::tables;
use super::writer::Writer;
use crate::ir::op::{ShuffleMode, SubgroupOp, VoteMode};

impl Writer<'_> {
    /// The expression of a subgroup operation.
    pub(super) fn subgroup(&mut self, op: &SubgroupOp) -> String {
        self.uses_subgroups = true;
        match *op {
            SubgroupOp::Shuffle { mode, value, lane: other } => {
                let value = self.argument(value);
                let other = self.argument(other);
                let lane = self.lane().text;
                let size = self.target.subgroup.unwrap_or(32);
                match mode {
                    ShuffleMode::Xor => format!("subgroupShuffleXor({value}, {other})"),
                    ShuffleMode::Index => format!("subgroupShuffle({value}, {other})"),
                    ShuffleMode::Up => format!(
                        "select({value}, subgroupShuffleUp({value}, {other}), ({lane} >= {other}))"
                    ),
                    ShuffleMode::Down => format!(
                        "select({value}, subgroupShuffleDown({value}, {other}), \
                         ({lane} + {other} < {size}u))"
                    ),
                }
            }
            SubgroupOp::Reduce(op, value) => {
                let value = self.argument(value);
                format!("{}({value})", tables::reduce(op))
            }
            SubgroupOp::Vote(mode, value) => {
                let value = self.argument(value);
                let word = if mode == VoteMode::Ballot { ".x" } else { "" };
                format!("{}({value}){word}", tables::vote(mode))
            }
            SubgroupOp::BroadcastFirst(value) => {
                let value = self.argument(value);
                format!("subgroupBroadcastFirst({value})")
            }
        }
    }
}
