//! 2:4 sparsity (PTX ISA, "Sparse matrix storage"): of four neighbours in a row two are stored, and
//! the metadata gives their positions, two bits each.

use super::fault::{Exec, FaultKind};
use super::matrix::Tile;

/// Spreads the stored elements of A. A row of `k` needs `k` bits of metadata; lane `s + i` of a quad
/// (the selector chooses `s`) holds those of columns `16i..16i + 16`: row `g` in its low half, row
/// `g + 8` in its high half.
pub(super) fn expand(stored: &Tile, metadata: &[u64], selector: u8) -> Exec<Tile> {
    let k = 2 * stored.columns;
    let rows = stored.cells.len() / stored.columns.max(1);
    let holders = k / 16;
    let first = selector as usize * holders;
    if holders == 0 || first + holders > 4 {
        return Err(FaultKind::Matrix(format!("sparsity selector {selector} for k = {k}")));
    }
    let mut tile = Tile::new(rows, k);
    for row in 0..rows {
        let (block, within) = (row / 16, row % 16);
        for quad in 0..k / 4 {
            let lane = block * 32 + within % 8 * 4 + first + quad / 4;
            let word = metadata.get(lane).copied().unwrap_or(0) >> (16 * (within / 8));
            let pair = word >> (4 * (quad % 4)) & 0xF;
            let positions = [(pair & 3) as usize, (pair >> 2) as usize];
            if positions[0] >= positions[1] {
                let message = format!("sparsity metadata {pair:#x}: positions must ascend");
                return Err(FaultKind::Matrix(message));
            }
            for (i, position) in positions.into_iter().enumerate() {
                tile.set(row, 4 * quad + position, stored.get(row, 2 * quad + i));
            }
        }
    }
    Ok(tile)
}
