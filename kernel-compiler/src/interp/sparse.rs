//! 2:4 sparsity (PTX ISA, "Sparse matrix storage"): of four neighbours in a row two are stored, and
//! the metadata gives their positions, two bits each.

use super::fault::{Exec, FaultKind};
use super::matrix::Tile;

/// Spreads the stored elements of A, of `size` bytes each. A row of `k` needs `k` bits of metadata, in
/// `k / 16` lanes of a quad from lane `s` on (the selector chooses `s`).
///
/// - 16-bit elements: lane `s + i` has columns `16i..16i + 16`, row `g` in its low half, row `g + 8`
///   in its high half.
/// - 8-bit elements: lane `s + 2i` has columns `32i..32i + 32` of row `g`, the next lane those of row
///   `g + 8`.
///
/// Both as measured on an H100 with random metadata.
pub(super) fn expand(stored: &Tile, size: u32, metadata: &[u64], selector: u8) -> Exec<Tile> {
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
            let (low_row, high) = (within % 8, within / 8);
            let (holder, shift) = match size {
                1 => (2 * (quad / 8) + high, 4 * (quad % 8)),
                _ => (quad / 4, 16 * high + 4 * (quad % 4)),
            };
            let lane = block * 32 + low_row * 4 + first + holder;
            let pair = metadata.get(lane).copied().unwrap_or(0) >> shift & 0xF;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Only one lane's one nibble differs from the others: the row and group that it moves.
    fn moved(size: u32, k: usize, selector: u8, lane: usize, nibble: u32) -> Vec<(usize, usize)> {
        let stored = Tile { columns: k / 2, cells: vec![1.0; 16 * k / 2] };
        let mut metadata = vec![0x4444_4444u64; 32];
        let plain = expand(&stored, size, &metadata, selector).unwrap();
        metadata[lane] ^= (0x4 ^ 0xE) << (4 * nibble);
        let changed = expand(&stored, size, &metadata, selector).unwrap();
        let differs = |i: &usize| plain.cells[*i] != changed.cells[*i];
        let mut places: Vec<_> = (0..16 * k).filter(differs).map(|i| (i / k, i % k / 4)).collect();
        places.dedup();
        places
    }

    #[test]
    fn metadata_lies_where_the_device_reads_it() {
        // (bytes, k, selector, lane, nibble) and the (row, group of four) that an H100 took it for.
        assert_eq!(moved(2, 16, 3, 7, 6), [(9, 2)]);
        assert_eq!(moved(2, 32, 0, 1, 2), [(0, 6)]);
        assert_eq!(moved(2, 32, 1, 6, 5), [(9, 1)]);
        assert_eq!(moved(1, 32, 0, 1, 7), [(8, 7)]);
        assert_eq!(moved(1, 32, 1, 6, 4), [(1, 4)]);
        assert_eq!(moved(1, 64, 0, 2, 5), [(0, 13)]);
        assert_eq!(moved(1, 64, 0, 3, 0), [(8, 8)]);
        assert_eq!(moved(2, 32, 0, 2, 0), []);
    }
}
