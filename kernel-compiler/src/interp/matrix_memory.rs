//! `ldmatrix` and `stmatrix`: 8 x 8 matrices of 16-bit elements, one row of 16 bytes per lane's
//! address (PTX ISA, "ldmatrix").

use super::access::{Direction, Record};
use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::subgroup::Group;
use super::task::{Extent, Space};
use crate::ir::op::Place;
use crate::ir::{Operand, ValueId};

/// The two elements `(row, column)` of a lane's register.
fn elements(lane: usize, transposed: bool) -> [(usize, usize); 2] {
    let (major, minor) = (lane / 4, 2 * (lane % 4));
    if transposed {
        [(minor, major), (minor + 1, major)]
    } else {
        [(major, minor), (major, minor + 1)]
    }
}

impl<'m> Machine<'m, '_> {
    /// The 16-byte rows of `count` matrices, in order of the lanes that give their addresses.
    fn rows(&mut self, group: Group<'_, 'm>, place: &Place, count: u32) -> Exec<Vec<Extent>> {
        if !matches!(count, 1 | 2 | 4) || group.count != 32 {
            let message = format!("ldmatrix.x{count} by {} lanes", group.count);
            return Err(FaultKind::Matrix(message));
        }
        let resolve = |lane: u32| {
            let extent = self.resolve(group.lane(lane), place, 16, 16)?;
            match extent.space {
                Space::Shared(block) if block == group.site.block => Ok(extent),
                _ => Err(FaultKind::Matrix("ldmatrix needs its own workgroup's memory".into())),
            }
        };
        (0..8 * count).map(resolve).collect()
    }

    pub(super) fn load_matrix(
        &mut self,
        group: Group<'_, 'm>,
        place: &Place,
        count: u32,
        transposed: bool,
        results: &[ValueId],
    ) -> Exec<()> {
        let rows = self.rows(group, place, count)?;
        for (i, row) in rows.iter().enumerate() {
            // Every lane gets a part of every row of a matrix; the one that reads it first stands
            // for the others.
            let lane = group.lane(4 * (i as u32 % 8));
            self.observe(lane, place.base, *row, Direction::Read, Record::Own)?;
            self.require_written(lane, place.base, *row)?;
            self.report.shared_loaded += 16;
        }
        for lane in 0..32 {
            let mut out = Vec::with_capacity(count as usize);
            for matrix in rows.chunks_exact(8) {
                let half = |(row, column): (usize, usize)| {
                    let row = matrix[row];
                    self.storage(row.space).word(row.at + 2 * column, 2)
                };
                let [low, high] = elements(lane, transposed).map(half);
                out.push(low | high << 16);
            }
            self.define(group.lane(lane as u32), results, &out)?;
        }
        Ok(())
    }

    pub(super) fn store_matrix(
        &mut self,
        group: Group<'_, 'm>,
        place: &Place,
        values: &[Operand],
        transposed: bool,
    ) -> Exec<()> {
        let rows = self.rows(group, place, values.len() as u32)?;
        for (i, row) in rows.iter().enumerate() {
            let lane = group.lane(4 * (i as u32 % 8));
            self.observe(lane, place.base, *row, Direction::Write, Record::Own)?;
            self.report.shared_stored += 16;
        }
        for (matrix, value) in rows.chunks_exact(8).zip(values) {
            for (lane, word) in self.lane_values(group, *value).into_iter().enumerate() {
                for (i, (row, column)) in elements(lane, transposed).into_iter().enumerate() {
                    let half = ((word >> (16 * i)) as u16).to_le_bytes();
                    let row = matrix[row];
                    self.storage_mut(row.space).put(row.at + 2 * column, &half);
                }
            }
        }
        self.epoch += 1;
        Ok(())
    }
}
