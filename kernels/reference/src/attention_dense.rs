//! Attention of dense tensors, with grouped queries.

use crate::Float;
use rayon::prelude::*;

/// `out = softmax(scale * q K^T) V` for every row of every head, and the logarithm of the sum of its
/// weights.
///
/// `q`, `out: [batch, tokens, heads, head_dim]`, `k`, `v: [batch, keys, kv_heads, head_dim]`,
/// `lse: [batch, heads, tokens]`. Query head `h` reads key head `h / (heads / kv_heads)`; where `causal`
/// is not 0, row `i` sees the keys up to `i + keys - tokens`. A row without a key gets 0, and negative
/// infinity for its logarithm. `counter` and `workers` are the kernel's. Vaswani et al. 2017, equation 1.
#[allow(clippy::too_many_arguments)]
pub fn attention_dense<K: Float>(
    q: &[K],
    k: &[K],
    v: &[K],
    out: &mut [K],
    lse: &mut [f32],
    counter: &mut [u32],
    batch: u32,
    tokens: u32,
    keys: u32,
    heads: u32,
    kv_heads: u32,
    workers: u32,
    scale: f32,
    head_dim: u32,
    causal: u32,
) {
    let _ = (batch, workers);
    counter.fill(0);
    let [tokens, keys, heads] = [tokens, keys, heads].map(|size| size as usize);
    let [kv_heads, hd] = [kv_heads, head_dim].map(|size| size as usize);
    if [tokens, heads, kv_heads, hd].contains(&0) {
        return;
    }
    let group = heads.div_ceil(kv_heads);
    let logs: Vec<f32> = q
        .par_chunks_exact(hd)
        .zip(out.par_chunks_exact_mut(hd))
        .enumerate()
        .map(|(at, (q, out))| {
            let (batch, token, head) = (at / heads / tokens, at / heads % tokens, at % heads);
            let seen = if causal == 0 { keys } else { (token + keys + 1).saturating_sub(tokens) };
            let row = |x: &'_ [K], key: usize, e: usize| {
                let at = ((batch * keys + key) * kv_heads + head / group) * hd + e;
                x.get(at).map_or(0.0, |x| x.to_f32())
            };
            let dot = |key| (0..hd).zip(q).map(|(e, q)| q.to_f32() * row(k, key, e)).sum::<f32>();
            let scores: Vec<f32> = (0..seen.min(keys)).map(|key| dot(key) * scale).collect();
            let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let weights: Vec<f32> = scores.iter().map(|score| (score - best).exp()).collect();
            let total: f32 = weights.iter().sum();
            for (e, out) in out.iter_mut().enumerate() {
                let sum: f32 = weights.iter().enumerate().map(|(j, w)| w * row(v, j, e)).sum();
                *out = K::from_f32(if weights.is_empty() { 0.0 } else { sum / total });
            }
            if weights.is_empty() { f32::NEG_INFINITY } else { total.ln() + best }
        })
        .collect();
    for (at, log) in logs.into_iter().enumerate() {
        let (batch, token, head) = (at / heads / tokens, at / heads % tokens, at % heads);
        if let Some(lse) = lse.get_mut((batch * heads + head) * tokens + token) {
            *lse = log;
        }
    }
}
