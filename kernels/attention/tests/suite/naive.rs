//! Attention by the definition, in f64, and how far an f32 kernel may be from it.

use crate::problem::Cache;
use tilewright_kernels_reference::Float;
use tilewright_runtime::{CudaCapabilities, Device};

/// A query's result, and the bound of its error.
pub struct Expected {
    pub out: Vec<f64>,
    pub tolerance: Vec<f64>,
}

/// Half the distance of 1 to the next f32.
const U: f64 = 1.0 / (1u64 << 24) as f64;

/// What matrix units round queries and weights to, as the largest relative error: half a unit of the
/// cache's element. 0 for kernels that keep both in f32.
pub fn rounding<K: Float>(device: &Device) -> f64 {
    let hopper = device.capabilities().cuda.as_ref().is_some_and(CudaCapabilities::is_hopper);
    if !hopper || size_of::<K>() > 2 {
        return 0.0;
    }
    let halves = (1..24).map(|bits| (-f64::from(bits)).exp2());
    halves.into_iter().find(|half| K::from_f32(1.0 + *half as f32).to_f32() == 1.0).unwrap_or(U)
}

/// `softmax(scale * q K^T) V` over the keys `0..=position` that the cache has.
///
/// The bound: a score of `d` products is off by at most `(d + 4) u sum |q k| scale`; a weight is off
/// relatively by twice that (its own and the maximum's), by the rounding of its exponent's argument
/// and by `exp2`'s own error, `(3 + 2 |x|) ulp` (WGSL, section 15.7.4); sums of `n` terms by `n u`.
/// Where queries and weights are rounded (`rounding`), a product and a weight are off by as much more, and
/// a weight in f16 by half its smallest number.
pub fn attend<K: Float>(
    cache: &Cache<K>,
    q: &[f32],
    sequence: usize,
    head: usize,
    position: usize,
    scale: f32,
    rounding: f64,
) -> Expected {
    let d = cache.sizes.head_dim;
    let kv_head = head / (cache.sizes.heads / cache.sizes.kv_heads);
    let rows: Vec<usize> =
        (0..=position).filter_map(|p| cache.find(sequence, kv_head, p)).collect();
    if rows.is_empty() {
        return Expected { out: vec![0.0; d], tolerance: vec![0.0; d] };
    }
    let row = |of: &[K], at: usize| -> Vec<f64> {
        of[at..at + d].iter().map(|x| f64::from(x.to_f32())).collect()
    };
    let mut scores = Vec::new();
    let mut score_error = 0.0f64;
    for at in &rows {
        let key = row(&cache.keys, *at);
        let products = q.iter().zip(&key).map(|(q, k)| f64::from(*q) * k * f64::from(scale));
        scores.push(products.clone().sum::<f64>());
        let magnitude: f64 = products.map(f64::abs).sum();
        score_error = score_error.max(((d as f64 + 4.0) * U + rounding) * magnitude);
    }
    let best = scores.iter().copied().fold(f64::MIN, f64::max);
    let weights: Vec<f64> = scores.iter().map(|s| (s - best).exp()).collect();
    let total: f64 = weights.iter().sum();
    let lowest = scores.iter().copied().fold(best, f64::min);
    let exponent = (best - lowest) * std::f64::consts::LOG2_E;
    let exp_error = (3.0 + 2.0 * exponent) * 2.0 * U + (best.abs() + lowest.abs()) * 4.0 * U;
    let n = rows.len() as f64;
    let relative = 2.0 * (2.0 * score_error + exp_error) + 3.0 * (n + 8.0) * U + 2.0 * rounding;
    let (mut out, mut magnitude) = (vec![0.0; d], vec![0.0; d]);
    for (at, weight) in rows.iter().zip(&weights) {
        for (e, value) in row(&cache.values, *at).into_iter().enumerate() {
            out[e] += weight / total * value;
            magnitude[e] += weight / total * value.abs();
        }
    }
    let largest =
        |at: &usize| row(&cache.values, *at).into_iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    let smallest = if rounding > 0.0 { (-25.0f64).exp2() } else { 0.0 };
    let lost: f64 = rows.iter().map(|at| largest(at) * smallest).sum();
    let tolerance = magnitude.into_iter().map(|m| m * relative + lost).collect();
    Expected { out, tolerance }
}

impl Expected {
    /// Panics where a result is off by more than the bound.
    pub fn check(&self, found: &[f32], what: &str) {
        assert_eq!(found.len(), self.out.len());
        for (e, ((x, y), tolerance)) in found.iter().zip(&self.out).zip(&self.tolerance).enumerate()
        {
            let error = (f64::from(*x) - y).abs();
            assert!(error <= *tolerance, "{what}, element {e}: {x} for {y}, off by {error:e}");
        }
    }
}
