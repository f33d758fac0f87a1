//! `mma.sync` and `mma.sp`: registers of 32 lanes to matrices and back (PTX ISA, "Matrix fragments
//! for mma"). In a lane `l`, `g = l / 4` and `t = l % 4`; a register holds `e` elements.

use super::fault::{Exec, FaultKind};
use super::machine::Machine;
use super::matrix::{Tile, number, rounded};
use super::sparse::expand;
use super::subgroup::Group;
use crate::ir::op::{MatrixOp, MmaShape};
use crate::ir::{Operand, Scalar, ValueId};

/// Elements of an input register.
fn per_register(ty: Scalar) -> usize {
    4 / ty.size() as usize
}

fn element(ty: Scalar, register: u64, position: usize) -> f64 {
    let bits = 8 * ty.size() as usize;
    number(ty, register >> (position * bits) & (u64::MAX >> (64 - bits)))
}

/// A, `16 x k`: register `i` of a lane holds row `g + 8 * (i % 2)`, columns from
/// `e * t + 4 * e * (i / 2)`. `registers[i][lane]`; more than 32 lanes are more blocks of 16 rows.
pub(super) fn tile_a(ty: Scalar, registers: &[Vec<u64>], k: usize) -> Tile {
    let e = per_register(ty);
    let lanes = registers.first().map_or(0, Vec::len);
    let mut tile = Tile::new(lanes / 32 * 16, k);
    for (i, register) in registers.iter().enumerate() {
        for (lane, word) in register.iter().enumerate() {
            let row = lane / 32 * 16 + lane % 32 / 4 + 8 * (i % 2);
            let column = e * (lane % 4) + 4 * e * (i / 2);
            for j in 0..e {
                tile.set(row, column + j, element(ty, *word, j));
            }
        }
    }
    tile
}

/// B, `k x 8`: register `i` of a lane holds column `g`, rows from `e * t + 4 * e * i`.
fn tile_b(ty: Scalar, registers: &[Vec<u64>], k: usize) -> Tile {
    let e = per_register(ty);
    let mut tile = Tile::new(k, 8);
    for (i, register) in registers.iter().enumerate() {
        for (lane, word) in register.iter().enumerate() {
            for j in 0..e {
                tile.set(e * (lane % 4) + 4 * e * i + j, lane / 4, element(ty, *word, j));
            }
        }
    }
    tile
}

/// Whether the hardware has the shape for the input type.
fn check(shape: MmaShape, a: Scalar, b: Scalar, counts: [usize; 3], sparse: bool) -> Exec<()> {
    let half = matches!(a, Scalar::F16 | Scalar::Bf16) && a == b;
    let byte_int = matches!(a, Scalar::I8 | Scalar::U8) && matches!(b, Scalar::I8 | Scalar::U8);
    let fp8 = |ty| matches!(ty, Scalar::F8E4M3 | Scalar::F8E5M2);
    let byte_float = fp8(a) && fp8(b);
    let dense_k = if sparse { shape.k / 2 } else { shape.k };
    let known = (shape.m, shape.n) == (16, 8)
        && ((half && matches!(dense_k, 8 | 16))
            || (byte_int && matches!(dense_k, 16 | 32))
            || (byte_float && dense_k == 32));
    // A has 16 x dense_k elements in 32 lanes, B k x 8.
    let size = a.size() as usize;
    let expected = [dense_k as usize * size / 8, shape.k as usize * size / 16];
    if known && counts[..2] == expected {
        return Ok(());
    }
    let (a, b) = (a.name(), b.name());
    let message = format!("mma {shape:?} of {a} and {b} with {counts:?} registers");
    Err(FaultKind::Matrix(message))
}

impl<'m> Machine<'m, '_> {
    /// `registers[i][lane]`.
    pub(super) fn registers(&self, group: Group<'_, '_>, operands: &[Operand]) -> Vec<Vec<u64>> {
        operands.iter().map(|operand| self.lane_values(group, *operand)).collect()
    }

    pub(super) fn mma(
        &mut self,
        group: Group<'_, 'm>,
        op: &MatrixOp,
        results: &[ValueId],
    ) -> Exec<()> {
        let MatrixOp::Mma { shape, a_type, b_type, c_type, a, b, c, sparse } = op else {
            return Ok(());
        };
        check(*shape, *a_type, *b_type, [a.len(), b.len(), c.len()], sparse.is_some())?;
        if group.count != 32 {
            return Err(FaultKind::Matrix(format!("mma by {} lanes", group.count)));
        }
        let k = shape.k as usize;
        let a = self.registers(group, a);
        let left = match sparse {
            None => tile_a(*a_type, &a, k),
            Some((metadata, selector)) => {
                let metadata = self.lane_values(group, *metadata);
                expand(&tile_a(*a_type, &a, k / 2), a_type.size(), &metadata, *selector)?
            }
        };
        let right = tile_b(*b_type, &self.registers(group, b), k);
        let product = left.times(&right);
        let c = self.registers(group, c);
        self.report.matrix_multiply_adds += u64::from(shape.m * shape.n * shape.k);
        for lane in 0..32usize {
            let out: Vec<u64> = (0..c.len())
                .map(|i| accumulate(*c_type, c[i][lane], &product, lane, i, c.len()))
                .collect();
            self.define(group.lane(lane as u32), results, &out)?;
        }
        Ok(())
    }
}

/// Register `i` of D: rows `g` and `g + 8`, columns `2t` and `2t + 1`.
fn accumulate(
    ty: Scalar,
    register: u64,
    product: &Tile,
    lane: usize,
    i: usize,
    count: usize,
) -> u64 {
    let (row, column) = (lane / 4, 2 * (lane % 4));
    if count == 2 {
        // Packed: register i holds row g + 8i.
        let half = super::float::half_of(ty).unwrap_or(Scalar::F16);
        let one = |j: usize| {
            let old = number(half, register >> (16 * j) & 0xFFFF);
            rounded(half, old + product.get(row + 8 * i, column + j)) << (16 * j)
        };
        return one(0) | one(1);
    }
    let sum = number(ty, register) + product.get(row + 8 * (i / 2), column + i % 2);
    rounded(ty, sum)
}
