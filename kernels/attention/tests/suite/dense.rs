//! Dense attention against a naive one in f64; on the devices that have it, those of Hopper and `cpu`.

use crate::problem::{Random, SENTINEL};
use tilewright_kernels_attention::{DenseElement, attention_dense};
use tilewright_kernels_reference::Float;
use tilewright_runtime::{BackendKind, CudaCapabilities, Device, bf16, f16};
use tilewright_testing::{Guarded, devices};

#[derive(Debug, Clone, Copy)]
struct Sizes {
    batch: usize,
    tokens: usize,
    keys: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
}

/// The output and the logarithm of the weights' sum of one row; `at` is its batch, token and head.
fn naive<K: Float>(
    [q, k, v]: [&[K]; 3],
    sizes: Sizes,
    at: [usize; 3],
    causal: bool,
) -> (Vec<f64>, f64) {
    let Sizes { tokens, keys, heads, kv_heads, head_dim: hd, .. } = sizes;
    let [batch, token, head] = at;
    let scale = 1.0 / (hd as f64).sqrt();
    let q = &q[((batch * tokens + token) * heads + head) * hd..][..hd];
    let seen = if causal { token + keys - tokens + 1 } else { keys };
    let key = |x: &[K], j: usize, e: usize| {
        let row = (batch * keys + j) * kv_heads + head / (heads / kv_heads);
        f64::from(x[row * hd + e].to_f32())
    };
    let dot = |j| (0..hd).map(|e| f64::from(q[e].to_f32()) * key(k, j, e)).sum::<f64>() * scale;
    let scores: Vec<f64> = (0..seen).map(dot).collect();
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - best).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mean = |e| weights.iter().enumerate().map(|(j, w)| w * key(v, j, e)).sum::<f64>() / total;
    ((0..hd).map(mean).collect(), total.ln() + best)
}

fn has_dense(device: &Device) -> bool {
    let capabilities = device.capabilities();
    let hopper = capabilities.cuda.as_ref().is_some_and(CudaCapabilities::is_hopper);
    hopper || capabilities.kind == BackendKind::Cpu
}

fn agrees<K: DenseElement + Float>(sizes: Sizes, causal: bool, tolerance: f64) {
    let Sizes { batch, tokens, keys, heads, kv_heads, head_dim } = sizes;
    let mut random = Random::new(7);
    let mut tensor = |rows: usize, heads: usize| -> Vec<K> {
        let count = batch * rows * heads * head_dim;
        (0..count).map(|_| K::from_f32(random.unit() * 2.0)).collect()
    };
    let (q, k, v) = (tensor(tokens, heads), tensor(keys, kv_heads), tensor(keys, kv_heads));
    for device in devices().into_iter().filter(has_dense) {
        let rows = [batch, tokens, heads, head_dim];
        let beside = K::from_f32(SENTINEL);
        let [q_there, mut out] = [&q, &q].map(|x| Guarded::aligned(&device, rows, x, beside));
        let rows = [batch, keys, kv_heads, head_dim];
        let [k_there, v_there] = [&k, &v].map(|x| Guarded::aligned(&device, rows, x, beside));
        let logs = vec![7.0f32; batch * heads * tokens];
        let mut lse = Guarded::aligned(&device, [batch, heads, tokens], &logs, SENTINEL);
        let mut counter = Guarded::aligned(&device, [1], &[0u32], 77);
        let scale = 1.0 / (head_dim as f32).sqrt();
        attention_dense(
            &device,
            &q_there.view,
            &k_there.view,
            &v_there.view,
            &mut out.view,
            &mut lse.view,
            &mut counter.view,
            causal,
            scale,
        )
        .unwrap();
        let (out, lse) = (out.read(), lse.read());
        assert_eq!(counter.read(), [0]);
        for (at, found) in out.chunks(head_dim).enumerate() {
            let at = [at / heads / tokens, at / heads % tokens, at % heads];
            let (expected, log) = naive([&q, &k, &v], sizes, at, causal);
            for (found, expected) in found.iter().zip(&expected) {
                let found = f64::from(found.to_f32());
                let off = (found - expected).abs();
                assert!(off < tolerance, "{device:?}, {sizes:?}, {at:?}: {found}, not {expected}");
            }
            let found = f64::from(lse[(at[0] * heads + at[2]) * tokens + at[1]]);
            assert!(
                (found - log).abs() < 1e-3,
                "{device:?}, {sizes:?}, {at:?}: {found}, not {log}"
            );
        }
    }
}

#[test]
fn every_head_size_agrees() {
    for head_dim in [64, 128, 256] {
        let sizes = Sizes { batch: 2, tokens: 70, keys: 150, heads: 4, kv_heads: 2, head_dim };
        for causal in [false, true] {
            agrees::<bf16>(sizes, causal, 0.02);
            agrees::<f16>(sizes, causal, 0.004);
        }
    }
}

#[test]
fn long_and_square() {
    let sizes = Sizes { batch: 1, tokens: 300, keys: 300, heads: 1, kv_heads: 1, head_dim: 64 };
    agrees::<bf16>(sizes, true, 0.02);
}
