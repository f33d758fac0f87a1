//! Packing a file's blocks into planes, and back.

use super::{Fields, Format, Layout, MAX_PLANES};
use rayon::prelude::*;

/// Every plane starts at a multiple of this many bytes.
const ALIGNMENT: usize = 16;

/// Blocks that a thread packs at a time.
const PIECE: usize = 1 << 14;

/// Why a matrix cannot be packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackError {
    /// The width is no multiple of the format's weights per block.
    Width {
        /// Columns of the matrix.
        k: usize,
        /// Weights of a block.
        weights: usize,
    },
    /// The data has not the matrix's size.
    Length {
        /// Bytes that the matrix has.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// The matrix has more bytes than fit an address.
    TooLarge,
}

/// Blocks and first bytes of the planes of a packed matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planes {
    layout: Layout,
    /// Blocks of the matrix.
    pub blocks: usize,
    /// First byte of each plane; those beyond the format's last plane are the end.
    pub starts: [usize; MAX_PLANES],
    /// Bytes of all planes together, a multiple of 16.
    pub bytes: usize,
}

impl Planes {
    /// The planes of an `n` x `k` matrix.
    ///
    /// # Errors
    /// A `k` that is no whole number of blocks, or a matrix over the address space.
    pub fn new(format: Format, n: usize, k: usize) -> Result<Planes, PackError> {
        Planes::of(&format.layout(), n, k)
    }

    /// As [`Planes::new`], of any layout.
    ///
    /// # Errors
    /// A `k` that is no whole number of blocks, or a matrix over the address space.
    pub fn of(layout: &Layout, n: usize, k: usize) -> Result<Planes, PackError> {
        let weights = layout.weights;
        if !k.is_multiple_of(weights) {
            return Err(PackError::Width { k, weights });
        }
        let blocks = n.checked_mul(k / weights).ok_or(PackError::TooLarge)?;
        let (mut starts, mut bytes) = ([0usize; MAX_PLANES], 0usize);
        for (p, start) in starts.iter_mut().enumerate() {
            *start = bytes;
            let field = layout.planes.get(p).map_or(0, |plane| plane.bytes_per_block);
            bytes = blocks
                .checked_mul(field)
                .and_then(|size| size.checked_next_multiple_of(ALIGNMENT))
                .and_then(|size| bytes.checked_add(size))
                .ok_or(PackError::TooLarge)?;
        }
        Ok(Planes { layout: *layout, blocks, starts, bytes })
    }

    /// Words of all planes together.
    pub fn words(&self) -> usize {
        self.bytes / 4
    }

    /// The fields of `count` blocks from block `first`, one slice per plane, the rest empty;
    /// `None` where `packed` is shorter.
    pub fn fields<'a>(&self, packed: &'a [u8], first: usize, count: usize) -> Option<Fields<'a>> {
        let mut fields = [&[] as &[u8]; MAX_PLANES];
        for ((field, start), plane) in fields.iter_mut().zip(self.starts).zip(self.layout.planes) {
            let start = start + first * plane.bytes_per_block;
            *field = packed.get(start..start + count * plane.bytes_per_block)?;
        }
        Some(fields)
    }
}

/// Packs the blocks of an `n` x `k` matrix, as a file has them, into planes.
///
/// # Errors
/// A width of no whole blocks, or data of another length.
pub fn pack(format: Format, n: usize, k: usize, blocks: &[u8]) -> Result<Vec<u32>, PackError> {
    pack_layout(&format.layout(), n, k, blocks)
}

/// As [`pack`], of any layout.
///
/// # Errors
/// A width of no whole blocks, or data of another length.
pub fn pack_layout(
    layout: &Layout,
    n: usize,
    k: usize,
    blocks: &[u8],
) -> Result<Vec<u32>, PackError> {
    let planes = Planes::of(layout, n, k)?;
    check_length(&planes, blocks.len())?;
    let mut words = vec![0u32; planes.words()];
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
    let size = layout.block_bytes();
    let mut offset = 0;
    for (plane, start) in layout.planes.iter().zip(planes.starts) {
        let field = plane.bytes_per_block;
        let to = bytes.get_mut(start..).unwrap_or_default();
        if field == size {
            // The only plane: the blocks as they are.
            to[..blocks.len()].copy_from_slice(blocks);
            break;
        }
        let pieces = to.par_chunks_mut(field * PIECE).zip(blocks.par_chunks(size * PIECE));
        pieces.for_each(|(to, blocks)| {
            for (block, to) in blocks.chunks_exact(size).zip(to.chunks_exact_mut(field)) {
                to.copy_from_slice(&block[offset..offset + field]);
            }
        });
        offset += field;
    }
    Ok(words)
}

/// The file's blocks of a packed `n` x `k` matrix: the inverse of [`pack`].
///
/// # Errors
/// A width of no whole blocks, or words of another length.
pub fn unpack(format: Format, n: usize, k: usize, packed: &[u32]) -> Result<Vec<u8>, PackError> {
    let planes = Planes::new(format, n, k)?;
    if packed.len() != planes.words() {
        let found = packed.len().saturating_mul(4);
        return Err(PackError::Length { expected: planes.bytes, found });
    }
    let bytes: &[u8] = bytemuck::cast_slice(packed);
    let size = format.block_bytes();
    let mut blocks = vec![0u8; planes.blocks * size];
    let mut offset = 0;
    for (plane, start) in format.planes().iter().zip(planes.starts) {
        let field = plane.bytes_per_block;
        let from = bytes.get(start..).unwrap_or_default().chunks_exact(field);
        for (block, from) in blocks.chunks_exact_mut(size).zip(from) {
            block[offset..offset + field].copy_from_slice(from);
        }
        offset += field;
    }
    Ok(blocks)
}

fn check_length(planes: &Planes, found: usize) -> Result<(), PackError> {
    let size = planes.layout.block_bytes();
    let expected = planes.blocks.checked_mul(size).ok_or(PackError::TooLarge)?;
    if expected != found {
        return Err(PackError::Length { expected, found });
    }
    Ok(())
}
