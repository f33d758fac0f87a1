//! The draw: one uniform number per position, and the candidate that it falls on.

use super::philox::philox4x32_10;
use super::truncate::Candidate;

/// The number in `[0, 1)`, a multiple of 2^-24, that belongs to `seed` and `position`: the first
/// word of Philox 4x32-10 with the seed as the key and the position as the counter, low halves
/// first, over 2^8.
pub fn uniform(seed: u64, position: u64) -> f32 {
    let [low, high] = [position as u32, (position >> 32) as u32];
    let word = philox4x32_10([low, high, 0, 0], [seed as u32, (seed >> 32) as u32])[0];
    // 24 bits are exact in f32.
    (word >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// The first candidate whose running sum of weights exceeds `uniform` times the total; the last
/// one with any weight where rounding leaves none; `None` without candidates.
pub fn pick(candidates: &[Candidate], uniform: f32) -> Option<u32> {
    let total: f32 = candidates.iter().map(|candidate| candidate.weight).sum();
    let target = uniform * total;
    let mut sum = 0.0;
    let found = candidates.iter().find(|candidate| {
        sum += candidate.weight;
        sum > target
    });
    let last = || candidates.iter().rev().find(|candidate| candidate.weight > 0.0);
    found.or_else(last).map(|candidate| candidate.id)
}
