//! Data of matrices, whatever their size.

use super::random::Random;
use crate::gguf::GgmlType;
use crate::gguf::writer::TensorData;

/// Blocks that are random; a matrix repeats them. Prime, so that they do not line up with rows.
const RANDOM_BLOCKS: u64 = 4099;

/// An `[n, k]` matrix of random blocks that repeat.
pub(super) fn matrix(random: &mut Random, ty: GgmlType, n: u32, k: u32) -> TensorData {
    let (n, k) = (u64::from(n), u64::from(k));
    let blocks = (n * k / ty.block_len()).min(RANDOM_BLOCKS * (256 / ty.block_len()));
    // The deviation follows from the row's length, so a row is as long as in the matrix.
    let rows = (blocks * ty.block_len()).div_ceil(k.max(1));
    let mut pattern = random.tensor(ty, &[k, rows]);
    let len = (n * k).div_ceil(ty.block_len()) * ty.block_bytes();
    if rows < n {
        pattern.truncate((blocks * ty.block_bytes()) as usize);
    }
    TensorData { pattern, len }
}

#[cfg(test)]
mod tests {
    use super::{GgmlType, Random, matrix};

    #[test]
    fn small_matrices_are_random_and_large_ones_repeat() {
        let small = matrix(&mut Random::new(3), GgmlType::Q4_0, 7, 64);
        assert_eq!(small.pattern, Random::new(3).tensor(GgmlType::Q4_0, &[64, 7]));
        assert_eq!(small.to_bytes(), small.pattern);
        let large = matrix(&mut Random::new(3), GgmlType::Q8_0, 1030, 1024);
        assert_eq!(large.len, 1030 * 1024 / 32 * 34);
        let (pattern, bytes) = (&large.pattern, large.to_bytes());
        assert_eq!((pattern.len(), bytes.len() as u64), (4099 * 8 * 34, large.len));
        let (start, rest) = bytes.split_at(pattern.len());
        assert_eq!((start, rest), (&pattern[..], &pattern[..rest.len()]));
    }
}
