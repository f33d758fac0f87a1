//! Moves of tokens: what brings an accepted branch of a drafted tree together.

use super::{BlockTable, KvCache};
use tilewright_kernels::{self as kernels, KvElement};
use tilewright_runtime::{Device, Error};

/// A token that changes its place; a slot is `page * 64 + offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotMove {
    /// Where it lies.
    pub from: u32,
    /// Where it shall lie.
    pub to: u32,
}

/// The moves that bring an accepted branch of a tree together, whose first node lies at the place `first`
/// of its sequence.
pub fn branch_moves(table: &BlockTable, first: u32, path: &[usize]) -> Vec<SlotMove> {
    let slot = |at: usize| table.slot(first + at as u32);
    let moved = path.iter().enumerate().filter(|(to, from)| to != *from);
    moved.filter_map(|(to, from)| Some(SlotMove { from: slot(*from)?, to: slot(to)? })).collect()
}

impl<K: KvElement> KvCache<K> {
    /// Moves keys and values in every layer, one token after the other.
    ///
    /// # Errors
    /// What the device reports.
    pub fn move_slots(&mut self, device: &Device, moves: &[SlotMove]) -> Result<(), Error> {
        if moves.is_empty() {
            return Ok(());
        }
        let (from, to): (Vec<u32>, Vec<u32>) = moves.iter().map(|m| (m.from, m.to)).unzip();
        let from = device.upload([from.len()], &from)?;
        let to = device.upload([to.len()], &to)?;
        for layer in &mut self.layers {
            kernels::move_slots(device, &from, &to, &mut layer.keys)?;
            kernels::move_slots(device, &from, &to, &mut layer.values)?;
        }
        Ok(())
    }
}
