//! Inputs that both sides make by themselves: a hash of an element's index, exact in both languages.

use half::bf16;
use rayon::prelude::*;

use crate::hash::hash;

/// Elements that one task makes.
const PIECE: usize = 1 << 16;

/// Element `index` of tensor `seed`: the sum of four bytes of a hash, centred, -510 to 510. Nearly normal
/// with a deviation of 148, as weights and activations are: how many bits change decides how much power
/// matrix units take. `bench/rivals/torch_rivals.py` has the same numbers.
pub(super) fn integer(index: u32, seed: u32) -> i32 {
    let x = hash(index.wrapping_mul(0x9E37_79B1).wrapping_add(seed.wrapping_mul(0x85EB_CA6B)));
    x.to_le_bytes().into_iter().map(i32::from).sum::<i32>() - 510
}

/// The same as a factor: -4 to 4.
pub(super) fn element(index: u32, seed: u32) -> bf16 {
    bf16::from_f32(integer(index, seed) as f32 / 128.0)
}

/// The elements from `start` on.
pub(super) fn fill(out: &mut [bf16], start: u32, seed: u32) {
    for (at, out) in (start..).zip(out) {
        *out = element(at, seed);
    }
}

/// A whole tensor.
pub(super) fn tensor(count: u64, seed: u32) -> Vec<bf16> {
    let mut all = vec![bf16::ZERO; usize::try_from(count).unwrap_or(usize::MAX)];
    all.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
        fill(out, (piece * PIECE) as u32, seed);
    });
    all
}

/// Elements of a tensor; none beyond its end.
pub(super) fn slice(data: &[bf16], start: u64, len: u64) -> &[bf16] {
    let [start, len] = [start, len].map(|x| usize::try_from(x).unwrap_or(usize::MAX));
    data.get(start..start.saturating_add(len)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{element, integer, tensor};

    #[test]
    fn numbers_are_nearly_normal() {
        let count = 100_000;
        let mean = |f: fn(f64) -> f64| {
            (0..count).map(|at| f(f64::from(integer(at, 3)))).sum::<f64>() / f64::from(count)
        };
        assert!(mean(|x| x).abs() < 2.0, "{}", mean(|x| x));
        // Four times the variance of a byte.
        let variance = 4.0 * (256.0 * 256.0 - 1.0) / 12.0;
        let found = mean(|x| x * x);
        assert!((found / variance - 1.0).abs() < 0.02, "{found}, not {variance}");
        let kurtosis = mean(|x| x * x * x * x) / found / found;
        // 3 for a normal distribution; 1.2 / 4 less for the sum of four uniform ones.
        assert!((kurtosis - 2.7).abs() < 0.1, "{kurtosis}");
    }

    #[test]
    fn a_tensor_is_its_elements_and_seeds_differ() {
        let all = tensor(70_000, 5);
        assert!((0u32..).zip(&all).all(|(at, x)| *x == element(at, 5)));
        let same = all.iter().zip(tensor(70_000, 6)).filter(|(a, b)| **a == *b).count();
        assert!(same < 1000, "{same}");
    }
}
