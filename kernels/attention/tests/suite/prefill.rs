//! Consecutive tokens of one sequence.

use crate::naive::{attend, rounding};
use crate::problem::{Cache, Random, SENTINEL, Sizes};
use tilewright_kernels_attention::{KvElement, attention_prefill};
use tilewright_kernels_reference::Float;
use tilewright_runtime::{Device, bf16, f16};
use tilewright_testing::{Guarded, devices, is_affordable};

/// Tokens `first_token..first_token + tokens` of `q`, from a position of a sequence on.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    sequence: usize,
    first_token: usize,
    tokens: usize,
    first_position: usize,
}

/// Runs one chunk over an `out` of sentinels.
fn run<K: KvElement + Float>(
    device: &Device,
    cache: &Cache<K>,
    q: &[f32],
    chunk: Chunk,
    scale: f32,
) -> Vec<f32> {
    let Sizes { heads, head_dim, .. } = cache.sizes;
    let there = cache.upload(device);
    let shape = [q.len() / heads / head_dim, heads, head_dim];
    let mut out = Guarded::aligned(device, shape, &vec![SENTINEL; q.len()], SENTINEL);
    let q = Guarded::aligned(device, shape, q, SENTINEL);
    attention_prefill(
        device,
        &q.view,
        &there.keys.view,
        &there.values.view,
        &there.table.view,
        chunk.sequence as u32,
        chunk.first_token as u32,
        chunk.tokens as u32,
        chunk.first_position as u32,
        &mut out.view,
        scale,
    )
    .unwrap();
    out.read()
}

fn agrees<K: KvElement + Float>(sizes: Sizes, lengths: &[usize], chunks: &[Chunk], seed: u64) {
    let cache = Cache::<K>::new(sizes, lengths, seed);
    holds(&cache, chunks, seed);
}

fn holds<K: KvElement + Float>(cache: &Cache<K>, chunks: &[Chunk], seed: u64) {
    let sizes = cache.sizes;
    let scale = 1.0 / (sizes.head_dim as f32).sqrt();
    for chunk in chunks {
        let total = chunk.first_token + chunk.tokens + 1;
        let mut random = Random::new(seed + 7);
        let row = sizes.heads * sizes.head_dim;
        let q: Vec<f32> = (0..total * row).map(|_| random.unit() * 2.0).collect();
        let keys = chunk.first_position + chunk.tokens;
        for device in devices() {
            if !is_affordable(&device, keys * chunk.tokens * row) {
                continue;
            }
            let found = run(&device, cache, &q, *chunk, scale);
            for (at, found) in found.chunks(sizes.head_dim).enumerate() {
                let (token, head) = (at / sizes.heads, at % sizes.heads);
                if token < chunk.first_token || token >= chunk.first_token + chunk.tokens {
                    assert!(found.iter().all(|x| *x == SENTINEL), "{device:?}, token {token}");
                    continue;
                }
                let position = chunk.first_position + token - chunk.first_token;
                let q = &q[at * sizes.head_dim..(at + 1) * sizes.head_dim];
                let rounding = rounding::<K>(&device);
                let expected = attend(cache, q, chunk.sequence, head, position, scale, rounding);
                let what = format!("{device:?}, {sizes:?}, {chunk:?}, token {token}, head {head}");
                expected.check(found, &what);
            }
        }
    }
}

/// A chunk from the start, one in the middle of a sequence, a single token.
fn chunks() -> [Chunk; 3] {
    [
        Chunk { sequence: 1, first_token: 0, tokens: 66, first_position: 0 },
        Chunk { sequence: 0, first_token: 3, tokens: 37, first_position: 62 },
        Chunk { sequence: 2, first_token: 1, tokens: 1, first_position: 130 },
    ]
}

#[test]
fn every_head_size_and_element_agrees() {
    for (seed, head_dim) in [32, 64, 80, 96, 128, 256].into_iter().enumerate() {
        let seed = seed as u64 * 100;
        let lengths = [99, 66, 131];
        agrees::<f32>(Sizes { heads: 2, kv_heads: 1, head_dim }, &lengths, &chunks(), seed);
        agrees::<f16>(Sizes { heads: 2, kv_heads: 2, head_dim }, &lengths, &chunks(), seed + 10);
        agrees::<bf16>(Sizes { heads: 3, kv_heads: 1, head_dim }, &lengths, &chunks(), seed + 20);
    }
}

#[test]
fn ragged_lengths_agree() {
    let sizes = Sizes { heads: 4, kv_heads: 1, head_dim: 64 };
    for tokens in [1, 2, 31, 32, 33, 63, 64, 65, 130] {
        for first_position in [0, 1, 63, 64] {
            let chunk = Chunk { sequence: 0, first_token: 0, tokens, first_position };
            agrees::<f16>(sizes, &[tokens + first_position], &[chunk], tokens as u64);
        }
    }
}

#[test]
fn every_group_size_agrees() {
    let chunk = Chunk { sequence: 0, first_token: 0, tokens: 40, first_position: 50 };
    for group in [1, 3, 4, 8] {
        let sizes = Sizes { heads: group * 2, kv_heads: 2, head_dim: 64 };
        agrees::<f32>(sizes, &[90], &[chunk], group as u64);
    }
}

#[test]
fn what_the_cache_does_not_have_is_masked() {
    let sizes = Sizes { heads: 2, kv_heads: 1, head_dim: 64 };
    let mut cache = Cache::<f32>::new(sizes, &[260], 5);
    // Without their first page, the first tokens see no key; without the third, some see a hole.
    cache.table[0] = 1_000_000;
    cache.table[2] = 1_000_000;
    let early = Chunk { sequence: 0, first_token: 0, tokens: 70, first_position: 30 };
    let late = Chunk { sequence: 0, first_token: 0, tokens: 60, first_position: 200 };
    holds(&cache, &[early, late], 8);
}

#[test]
fn rows_that_are_not_there_are_refused() {
    let sizes = Sizes { heads: 2, kv_heads: 1, head_dim: 64 };
    let cache = Cache::<f32>::new(sizes, &[64], 5);
    for device in devices() {
        let there = cache.upload(&device);
        let (keys, values, table) = (&there.keys.view, &there.values.view, &there.table.view);
        let q = device.zeros::<f32>([4, 2, 64]).unwrap();
        let mut out = device.zeros::<f32>([4, 2, 64]).unwrap();
        let mut launch = |row, first, tokens| {
            attention_prefill(
                &device, &q, keys, values, table, row, first, tokens, 0, &mut out, 1.0,
            )
        };
        assert!(launch(0, 2, 3).is_err());
        assert!(launch(1, 0, 4).is_err());
        assert!(launch(0, 0, 4).is_ok());
    }
}
