//! The draw from one row. Sums run over the candidates in falling order of their logits, in
//! `f32`, so that it is the draw of the model's sampling chain, bit for bit.

use super::{PARAMETERS, philox4x32_10};
use std::cmp::Ordering;

/// Draws a token of `logits` with `params` as [`super::sample`] has them, temperature over 0.
pub(super) fn draw(logits: &[f32], params: &[f32; PARAMETERS]) -> u32 {
    let [temperature, top_k, top_p, min_p, seed_low, seed_high, position, _] = *params;
    let ids = best(logits, top_k as usize);
    let logit = |id: &u32| logits.get(*id as usize).copied().unwrap_or(f32::NEG_INFINITY);
    let highest = ids.first().map_or(0.0, logit);
    let weights: Vec<f32> =
        ids.iter().map(|id| ((logit(id) - highest) / temperature).exp()).collect();
    let weights = within_min_p(within_top_p(&weights, top_p), min_p);
    let counter = [position.to_bits(), 0, 0, 0];
    let word = philox4x32_10(counter, [seed_low.to_bits(), seed_high.to_bits()])[0];
    // 24 bits are exact in f32.
    let uniform = (word >> 8) as f32 * (1.0 / 16_777_216.0);
    ids.get(pick(weights, uniform)).copied().unwrap_or_default()
}

/// The ids of the `top_k` largest logits (0: of all), falling, equal ones in the order of ids.
fn best(logits: &[f32], top_k: usize) -> Vec<u32> {
    let value = |id: u32| logits.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY);
    let order = |&a: &u32, &b: &u32| {
        value(b).partial_cmp(&value(a)).unwrap_or(Ordering::Equal).then(a.cmp(&b))
    };
    let mut ids: Vec<u32> = (0u32..).take(logits.len()).collect();
    if top_k > 0 && top_k < ids.len() {
        ids.select_nth_unstable_by(top_k - 1, order);
        ids.truncate(top_k);
    }
    ids.sort_unstable_by(order);
    ids
}

/// The shortest beginning whose share of the sum is at least `top_p`.
fn within_top_p(weights: &[f32], top_p: f32) -> &[f32] {
    if top_p >= 1.0 {
        return weights;
    }
    let enough = top_p * weights.iter().sum::<f32>();
    let mut sum = 0.0f32;
    let last = weights.iter().position(|weight| {
        sum += weight;
        sum >= enough
    });
    last.and_then(|last| weights.get(..=last)).unwrap_or(weights)
}

/// The beginning with at least `min_p` of the first weight, never nothing.
fn within_min_p(weights: &[f32], min_p: f32) -> &[f32] {
    let Some(first) = weights.first() else { return weights };
    let kept = weights.partition_point(|weight| *weight >= min_p * first);
    weights.get(..kept.max(1)).unwrap_or(weights)
}

/// The first weight at which the running sum exceeds `uniform` times the total, or the last one
/// over 0 where rounding leaves none.
fn pick(weights: &[f32], uniform: f32) -> usize {
    let target = uniform * weights.iter().sum::<f32>();
    let mut sum = 0.0f32;
    let found = weights.iter().position(|weight| {
        sum += weight;
        sum > target
    });
    found.or_else(|| weights.iter().rposition(|weight| *weight > 0.0)).unwrap_or_default()
}
