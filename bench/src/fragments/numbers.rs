//! Weights and activations: hashes of their indices.

use rayon::prelude::*;
use tilewright_runtime::{Device, Error, Tensor};

use crate::hash::hash;

/// Words that are made and written at once.
const PIECE: u64 = 1 << 24;
/// Words that one task makes.
const TASK: usize = 1 << 16;
/// Both halves of a word are finite and less than 2 as f16 and as bf16: weights or scales of any format.
const FINITE: u32 = 0xBFFF_BFFF;

/// A word of the weights.
fn word(index: u64) -> u32 {
    // There are fewer than 2^32.
    hash(index as u32) & FINITE
}

/// Words of the weights, from `start` on.
pub(super) fn words(start: u64, count: u64) -> Vec<u32> {
    let mut all = vec![0; usize::try_from(count).unwrap_or(usize::MAX)];
    all.par_chunks_mut(TASK).enumerate().for_each(|(task, out)| {
        let first = start + (task * TASK) as u64;
        out.iter_mut().zip(first..).for_each(|(out, index)| *out = word(index));
    });
    all
}

/// All weights on a device.
///
/// # Errors
/// The device's.
pub(super) fn pool(device: &Device, count: u64) -> Result<Tensor<u32>, Error> {
    let pool = device.zeros::<u32>([count])?;
    let mut start = 0;
    while start < count {
        let piece = words(start, PIECE.min(count - start));
        pool.write(start, &piece)?;
        start += piece.len() as u64;
    }
    Ok(pool)
}

/// The first activations: -1 to 1.
pub(super) fn activations(count: u32) -> Vec<f32> {
    let float = |at: u32| (hash(!at) >> 8) as f32 / (1 << 23) as f32 - 1.0;
    (0..count).map(float).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{PIECE, activations, pool, words};
    use half::{bf16, f16};
    use tilewright_runtime::{Device, DeviceSelector};

    #[test]
    fn halves_are_small_numbers_of_both_kinds() {
        let words = words(5, 100_000);
        let halves = words.iter().flat_map(|word| [*word as u16, (word >> 16) as u16]);
        let mut large = [0; 2];
        for bits in halves {
            let both = [f16::from_bits(bits).to_f32(), bf16::from_bits(bits).to_f32()];
            assert!(both.iter().all(|x| x.abs() < 2.0), "{both:?}");
            both.iter().zip(&mut large).for_each(|(x, large)| *large += u32::from(x.abs() >= 1.0));
        }
        // A 16th and a 128th of the exponents.
        assert!(large[0] > 10_000 && large[1] > 1000, "{large:?}");
        let floats = activations(100_000);
        assert!(floats.iter().all(|x| x.abs() <= 1.0));
        let mean = floats.iter().sum::<f32>() / 1e5;
        assert!(mean.abs() < 0.01, "{mean}");
    }

    #[test]
    fn a_pool_has_the_words_of_every_index() {
        let device = Device::open(&DeviceSelector::Cpu).unwrap();
        let pool = pool(&device, PIECE + 512).unwrap();
        assert_eq!(pool.read(PIECE - 3, 6).unwrap(), words(PIECE - 3, 6));
    }
}
