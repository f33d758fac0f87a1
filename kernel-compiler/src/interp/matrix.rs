//! Matrix operations (`Op::Matrix`): who carries which out; dense tiles of numbers.

use super::fault::{Exec, FaultKind};
use super::float::{decode, encode};
use super::integer;
use super::machine::Machine;
use super::step::{Flow, Site};
use super::subgroup::Group;
use crate::ir::op::MatrixOp;
use crate::ir::{Scalar, ValueId};

/// A dense matrix of exact numbers, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tile {
    pub(super) columns: usize,
    pub(super) cells: Vec<f64>,
}

impl Tile {
    pub(super) fn new(rows: usize, columns: usize) -> Tile {
        Tile { columns, cells: vec![0.0; rows * columns] }
    }

    pub(super) fn get(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.columns + column]
    }

    pub(super) fn set(&mut self, row: usize, column: usize, value: f64) {
        self.cells[row * self.columns + column] = value;
    }

    /// `self * right`, with the sums in `f64`: products of 16-bit floats are exact, and their sum is
    /// rounded far below what any hardware keeps. The caller rounds once.
    pub(super) fn times(&self, right: &Tile) -> Tile {
        let rows = self.cells.len() / self.columns.max(1);
        let mut product = Tile::new(rows, right.columns);
        for row in 0..rows {
            let out = &mut product.cells[row * right.columns..(row + 1) * right.columns];
            for (k, line) in right.cells.chunks_exact(right.columns).enumerate() {
                let factor = self.cells[row * self.columns + k];
                if factor != 0.0 || line.iter().any(|value| !value.is_finite()) {
                    for (sum, value) in out.iter_mut().zip(line) {
                        *sum += factor * value;
                    }
                }
            }
        }
        product
    }
}

/// The number that the bits of a matrix element stand for.
pub(super) fn number(ty: Scalar, bits: u64) -> f64 {
    if ty.is_float() { decode(ty, bits) } else { integer::value(ty, bits) as f64 }
}

/// The bits of a result: floats are rounded, integers wrap.
pub(super) fn rounded(ty: Scalar, value: f64) -> u64 {
    if ty.is_float() { encode(ty, value) } else { integer::wrap(value as i128, 8 * ty.size()) }
}

impl<'m> Machine<'m, '_> {
    pub(super) fn matrix_op(
        &mut self,
        site: Site<'_, 'm>,
        op: &MatrixOp,
        results: &[ValueId],
    ) -> Exec<Flow> {
        match op {
            MatrixOp::Descriptor { place, layout } => {
                self.descriptor(site, place, *layout, results)
            }
            MatrixOp::Wgmma { .. }
            | MatrixOp::WgmmaFence
            | MatrixOp::WgmmaCommit
            | MatrixOp::WgmmaWait(_) => self.gather(site, true),
            _ => self.gather(site, false),
        }
    }

    /// A matrix operation of a whole subgroup or warp group.
    pub(super) fn matrix_act(
        &mut self,
        group: Group<'_, 'm>,
        op: &MatrixOp,
        results: &[ValueId],
    ) -> Exec<()> {
        match op {
            MatrixOp::FragmentFill(fragment, value) => self.fragment_fill(group, *fragment, *value),
            MatrixOp::FragmentLoad { fragment, place, stride, column_major } => {
                self.fragment_load(group, *fragment, place, *stride, *column_major)
            }
            MatrixOp::FragmentStore { fragment, place, stride, column_major } => {
                self.fragment_store(group, *fragment, place, *stride, *column_major)
            }
            MatrixOp::FragmentMultiplyAdd { a, b, c } => {
                self.fragment_multiply_add(group, *a, *b, *c)
            }
            MatrixOp::FragmentScale(fragment, by) => self.fragment_scale(group, *fragment, *by),
            MatrixOp::Mma { .. } => self.mma(group, op, results),
            MatrixOp::LoadMatrix { place, count, transposed } => {
                self.load_matrix(group, place, *count, *transposed, results)
            }
            MatrixOp::StoreMatrix { place, values, transposed } => {
                self.store_matrix(group, place, values, *transposed)
            }
            MatrixOp::Wgmma { .. } => self.wgmma(group, op),
            MatrixOp::WgmmaFence => {
                for lane in group.lanes() {
                    let thread = self.thread(lane);
                    thread.fenced = thread.changes;
                }
                Ok(())
            }
            MatrixOp::WgmmaCommit => {
                self.products(group).commit();
                Ok(())
            }
            MatrixOp::WgmmaWait(pending) => self.wgmma_wait(group, *pending),
            MatrixOp::Descriptor { .. } => Err(FaultKind::Matrix("a collective descriptor".into())),
        }
    }
}
