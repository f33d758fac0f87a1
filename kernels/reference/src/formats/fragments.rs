//! The second layout of a matrix: whole left operands of `mma.m16n8k16`, for products of few tokens on
//! Hopper (`templates/quantized_matmul/hopper.rs` in the compiler).
//!
//! The matrix is tiles of 16 rows, a tile is slots of `128 * 8 / bits` columns: the columns are eight equal
//! slabs, and slot `s` of a tile is part `s / 8` of slab `s % 8`. A slot is four times 16 bytes of each of
//! 32 lanes, then one word for rows `r` and `r + 8` of each group of 32 columns, their f16 scales. The
//! fragments of mma.m16n8k16 (PTX ISA, "Matrix Fragments for mma.m16n8k16") say which weight a lane holds;
//! `Fragments::place` has it as code. No byte is added to those of the blocks.

use super::{Format, PackError};
use rayon::prelude::*;

/// Rows of a tile.
const ROWS: usize = 16;
/// Slabs of the columns, one for each warp.
const SLABS: usize = 8;
/// Words of a slot before its scales.
const LANE_WORDS: usize = 512;
/// Columns of a scale.
const GROUP: usize = 32;

/// The fragments of an `n` x `k` matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragments {
    format: Format,
    bits: usize,
    n: usize,
    k: usize,
}

impl Fragments {
    /// `None` where the format has no such layout (Q4_0, Q8_0 and BF16 have), or where `n` is no multiple
    /// of 16 or `k` none of eight slots (2048 columns of 4 bits, 1024 of 8, 512 of 16).
    pub fn new(format: Format, n: usize, k: usize) -> Option<Fragments> {
        let bits = match format {
            Format::Q4_0 => 4,
            Format::Q8_0 => 8,
            Format::Bf16 => 16,
            _ => return None,
        };
        let whole = n.is_multiple_of(ROWS) && k.is_multiple_of(SLABS * 1024 / bits);
        n.checked_mul(k).filter(|_| whole)?;
        Some(Fragments { format, bits, n, k })
    }

    /// Words of the matrix.
    pub fn words(&self) -> usize {
        self.n / ROWS * self.tile_words()
    }

    /// Columns of a slot.
    fn slot_columns(&self) -> usize {
        1024 / self.bits
    }

    /// Groups of a row in a slot; none of plain floats.
    fn slot_groups(&self) -> usize {
        if self.bits == 16 { 0 } else { self.slot_columns() / GROUP }
    }

    fn slot_words(&self) -> usize {
        LANE_WORDS + 8 * self.slot_groups()
    }

    fn tile_words(&self) -> usize {
        self.k / self.slot_columns() * self.slot_words()
    }

    fn block_bytes(&self) -> usize {
        self.format.block_bytes()
    }

    /// Bytes of 16 rows in the file.
    fn tile_bytes(&self) -> usize {
        ROWS * self.k / self.format.weights_per_block() * self.block_bytes()
    }

    /// The first word of a column's slot within its tile, and the column within the slot.
    fn slot(&self, column: usize) -> (usize, usize) {
        let slab = self.k / SLABS;
        let (warp, within) = (column / slab, column % slab);
        let slot = within / self.slot_columns() * SLABS + warp;
        (slot * self.slot_words(), within % self.slot_columns())
    }

    /// Where the weight of a row of a tile lies: its word within the tile, and the shift of its lowest bit.
    fn place(&self, row: usize, column: usize) -> (usize, usize) {
        let (first, c) = self.slot(column);
        let (lower, quad, of_four) = (row / 8, c % 32 / 8, c % 4);
        // Which four of a quad's eight columns.
        let four = c % 8 / 4;
        let (access, word, at) = match self.bits {
            4 => (c / 64, c % 64 / 32 * 2 + four, of_four / 2 + 2 * lower + of_four % 2 * 4),
            8 => (c / 32, four * 2 + lower, of_four),
            _ => (c / 32 * 2 + four, of_four / 2 * 2 + lower, of_four % 2),
        };
        let lane = row % 8 * 4 + quad;
        (first + access * 128 + lane * 4 + word, at * self.bits)
    }

    /// Where the scale of a group lies, as [`Fragments::place`] of a weight of it does.
    fn scale(&self, row: usize, column: usize) -> (usize, usize) {
        let (first, c) = self.slot(column);
        (first + LANE_WORDS + row % 8 * self.slot_groups() + c / GROUP, row / 8 * 16)
    }

    /// Packs the matrix's blocks, as a file has them.
    ///
    /// # Errors
    /// [`PackError::Length`] where there are not as many bytes as the matrix has.
    pub fn pack(&self, blocks: &[u8]) -> Result<Vec<u32>, PackError> {
        let expected = self.n / ROWS * self.tile_bytes();
        if blocks.len() != expected {
            return Err(PackError::Length { expected, found: blocks.len() });
        }
        let mut words = vec![0u32; self.words()];
        let tiles = words.par_chunks_exact_mut(self.tile_words().max(1));
        tiles.zip(blocks.par_chunks_exact(self.tile_bytes().max(1))).for_each(|(tile, blocks)| {
            self.each_block(|row, column, at| {
                let block = &blocks[at..at + self.block_bytes()];
                let mut put =
                    |(word, shift): (usize, usize), bits: u32| tile[word] |= bits << shift;
                if self.bits == 16 {
                    put(self.place(row, column), two_bytes(block));
                    return;
                }
                put(self.scale(row, column), two_bytes(block));
                for i in 0..GROUP {
                    // The first half of a block of 4 bits lies in the lower nibbles of its bytes.
                    let bits = match self.bits {
                        4 => block[2 + i % 16] >> (i / 16 * 4) & 15,
                        _ => block[2 + i] ^ 0x80,
                    };
                    put(self.place(row, column + i), u32::from(bits));
                }
            });
        });
        Ok(words)
    }

    /// The file's blocks of packed words: the inverse of [`Fragments::pack`].
    ///
    /// # Errors
    /// [`PackError::Length`] where there are not as many words as the matrix has.
    pub fn unpack(&self, words: &[u32]) -> Result<Vec<u8>, PackError> {
        if words.len() != self.words() {
            let found = words.len().saturating_mul(4);
            return Err(PackError::Length { expected: self.words() * 4, found });
        }
        let mut blocks = vec![0u8; self.n / ROWS * self.tile_bytes()];
        let tiles = words.par_chunks_exact(self.tile_words().max(1));
        tiles.zip(blocks.par_chunks_exact_mut(self.tile_bytes().max(1))).for_each(
            |(tile, blocks)| {
                let get = |(word, shift): (usize, usize)| tile[word] >> shift;
                self.each_block(|row, column, at| {
                    let block = &mut blocks[at..at + self.block_bytes()];
                    let head = if self.bits == 16 {
                        self.place(row, column)
                    } else {
                        self.scale(row, column)
                    };
                    block[..2].copy_from_slice(&(get(head) as u16).to_le_bytes());
                    if self.bits == 16 {
                        return;
                    }
                    for i in 0..GROUP {
                        let bits = get(self.place(row, column + i)) as u8;
                        match self.bits {
                            4 => block[2 + i % 16] |= (bits & 15) << (i / 16 * 4),
                            _ => block[2 + i] = bits ^ 0x80,
                        }
                    }
                });
            },
        );
        Ok(blocks)
    }

    /// Visits the blocks of a tile: row, first column, first byte.
    fn each_block(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let weights = self.format.weights_per_block();
        let per_row = self.k / weights;
        for row in 0..ROWS {
            for block in 0..per_row {
                visit(row, block * weights, (row * per_row + block) * self.block_bytes());
            }
        }
    }
}

fn two_bytes(block: &[u8]) -> u32 {
    u32::from(block[0]) | u32::from(block[1]) << 8
}
