//! One token each of several sequences.

use crate::naive::attend;
use crate::problem::{Cache, Random, SENTINEL, Sizes};
use tilewright_kernels_attention::{KvElement, Parts, attention_decode};
use tilewright_kernels_reference::Float;
use tilewright_runtime::{Device, bf16, f16};
use tilewright_testing::{Guarded, devices, is_affordable};

/// Positions round the edges of pages.
const POSITIONS: [usize; 11] = [0, 1, 62, 63, 64, 65, 66, 127, 128, 129, 130];

/// Memory for as many parts as the tokens at these positions have, up to a thousand keys.
pub fn parts_of(
    device: &Device,
    sizes: Sizes,
    positions: impl ExactSizeIterator<Item = u32>,
) -> Parts {
    let tokens = positions.len() as u32;
    let keys = positions.map(|position| position.min(999) + 1).max().unwrap_or(1);
    let (heads, head_dim) = (sizes.heads as u32, sizes.head_dim as u32);
    let parts = Parts::new(device, tokens, keys, heads, head_dim).unwrap();
    parts.with(Parts::count(keys))
}

/// Runs the tokens at `(sequence, position)` and returns `[tokens, heads, head_dim]`.
fn run<K: KvElement + Float>(
    device: &Device,
    cache: &Cache<K>,
    q: &[f32],
    tokens: &[(u32, u32)],
    scale: f32,
) -> Vec<f32> {
    let parts = parts_of(device, cache.sizes, tokens.iter().map(|t| t.1));
    run_in(device, cache, q, tokens, scale, &parts)
}

/// As [`run`], in given parts.
fn run_in<K: KvElement + Float>(
    device: &Device,
    cache: &Cache<K>,
    q: &[f32],
    tokens: &[(u32, u32)],
    scale: f32,
    parts: &Parts,
) -> Vec<f32> {
    let Sizes { heads, head_dim, .. } = cache.sizes;
    let shape = [tokens.len(), heads, head_dim];
    let there = cache.upload(device);
    let (sequence, position): (Vec<u32>, Vec<u32>) = tokens.iter().copied().unzip();
    let sequence = Guarded::aligned(device, [tokens.len()], &sequence, 0);
    let positions = Guarded::aligned(device, [tokens.len()], &position, 0);
    let mut out = Guarded::aligned(device, shape, &vec![SENTINEL; q.len()], SENTINEL);
    let q = Guarded::aligned(device, shape, q, SENTINEL);
    attention_decode(
        device,
        &q.view,
        &there.keys.view,
        &there.values.view,
        &there.table.view,
        &sequence.view,
        &positions.view,
        &mut out.view,
        scale,
        parts,
    )
    .unwrap();
    out.read()
}

fn queries(tokens: usize, sizes: Sizes, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..tokens * sizes.heads * sizes.head_dim).map(|_| random.unit() * 2.0).collect()
}

fn agrees<K: KvElement + Float>(sizes: Sizes, seed: u64) {
    let lengths: Vec<usize> = POSITIONS.iter().map(|p| p + 1).collect();
    let cache = Cache::<K>::new(sizes, &lengths, seed);
    let tokens: Vec<(u32, u32)> =
        POSITIONS.iter().enumerate().map(|(s, p)| (s as u32, *p as u32)).collect();
    let q = queries(tokens.len(), sizes, seed + 1);
    let scale = 1.0 / (sizes.head_dim as f32).sqrt();
    for device in devices() {
        // The interpreter takes the shorter sequences of large heads, one page's end among them.
        let products = |n: usize| lengths[..n].iter().sum::<usize>() * sizes.heads * sizes.head_dim;
        let fits = (1..=tokens.len()).rev().find(|n| is_affordable(&device, products(*n)));
        let tokens = &tokens[..fits.expect("one token is cheap")];
        let q = &q[..tokens.len() * sizes.heads * sizes.head_dim];
        let found = run(&device, &cache, q, tokens, scale);
        for (at, found) in found.chunks(sizes.head_dim).enumerate() {
            let (token, head) = (at / sizes.heads, at % sizes.heads);
            let (sequence, position) = tokens[token];
            let q = &q[at * sizes.head_dim..(at + 1) * sizes.head_dim];
            let expected =
                attend(&cache, q, sequence as usize, head, position as usize, scale, 0.0);
            let what = format!("{device:?}, {sizes:?}, position {position}, head {head}");
            expected.check(found, &what);
        }
    }
}

#[test]
fn every_head_size_and_element_agrees() {
    for (seed, head_dim) in [32, 64, 80, 96, 128, 256].into_iter().enumerate() {
        let seed = seed as u64 * 100;
        agrees::<f32>(Sizes { heads: 3, kv_heads: 1, head_dim }, seed);
        agrees::<f16>(Sizes { heads: 4, kv_heads: 2, head_dim }, seed + 10);
        agrees::<bf16>(Sizes { heads: 2, kv_heads: 2, head_dim }, seed + 20);
    }
}

#[test]
fn every_group_size_agrees() {
    for (seed, group) in [1, 2, 3, 4, 5, 6, 7, 8, 9].into_iter().enumerate() {
        for kv_heads in [1, 3] {
            let sizes = Sizes { heads: group * kv_heads, kv_heads, head_dim: 64 };
            agrees::<f16>(sizes, 1000 + seed as u64);
        }
    }
}

#[test]
fn what_the_cache_does_not_have_is_masked() {
    let sizes = Sizes { heads: 2, kv_heads: 1, head_dim: 64 };
    let mut cache = Cache::<f32>::new(sizes, &[200, 64], 5);
    // The second page of the first sequence is gone.
    cache.table[1] = 1_000_000;
    // In order: a hole, beyond the table's row, no such sequence, no key at all.
    let tokens = [(0, 150), (1, 100_000), (7, 3), (0, 199), (1, 63)];
    let q = queries(tokens.len(), sizes, 6);
    for device in devices() {
        let found = run(&device, &cache, &q, &tokens, 0.125);
        for (at, found) in found.chunks(64).enumerate() {
            let (sequence, position) = tokens[at / 2];
            let q = &q[at * 64..(at + 1) * 64];
            let position = (position as usize).min(300);
            let expected = attend(&cache, q, sequence as usize, at % 2, position, 0.125, 0.0);
            expected.check(found, &format!("{device:?}, token {}", at / 2));
        }
    }
}

#[test]
fn results_do_not_depend_on_the_batch() {
    let sizes = Sizes { heads: 6, kv_heads: 2, head_dim: 64 };
    let cache = Cache::<f16>::new(sizes, &[130, 65, 300], 9);
    let tokens = [(0, 129), (1, 64), (2, 299), (2, 70)];
    let q = queries(tokens.len(), sizes, 10);
    let row = sizes.heads * sizes.head_dim;
    for device in devices() {
        let together = run(&device, &cache, &q, &tokens, 0.125);
        for (t, token) in tokens.iter().enumerate() {
            let alone = run(&device, &cache, &q[t * row..(t + 1) * row], &[*token], 0.125);
            assert_eq!(alone, together[t * row..(t + 1) * row], "{device:?}, token {t}");
        }
    }
}

/// Lengths round the edges of a first part of 256 keys, in as many parts as they need, in more and in fewer.
#[test]
fn long_sequences_are_combined_from_parts() {
    let sizes = Sizes { heads: 3, kv_heads: 1, head_dim: 32 };
    let lengths = [255, 256, 257, 520];
    let cache = Cache::<f16>::new(sizes, &lengths, 11);
    let tokens: Vec<(u32, u32)> = (0..).zip(lengths.map(|n| n as u32 - 1)).collect();
    let q = queries(tokens.len(), sizes, 12);
    let counts = [1, 2, 4, 8, 16];
    for device in devices() {
        let parts = Parts::new(&device, 4, 2048, 3, 32).unwrap();
        let runs =
            counts.map(|count| run_in(&device, &cache, &q, &tokens, 0.2, &parts.with(count)));
        for (count, found) in counts.into_iter().zip(&runs) {
            for (at, found) in found.chunks(32).enumerate() {
                let (sequence, head) = (at / 3, at % 3);
                let q = &q[at * 32..(at + 1) * 32];
                let position = tokens[sequence].1 as usize;
                let expected = attend(&cache, q, sequence, head, position, 0.2, 0.0);
                expected.check(found, &format!("{device:?}, {count} parts, {position}"));
            }
        }
        // What has enough parts does not depend on how many there are: the first two have one, the third
        // five.
        let row = 3 * 32;
        for few in &runs[..3] {
            assert_eq!(few[..2 * row], runs[4][..2 * row], "{device:?}");
        }
        assert_eq!(runs[3][..3 * row], runs[4][..3 * row], "{device:?}");
    }
}

/// Parts have one page up to 16 pages, two up to 64 and four beyond: with too few parts or too many, what
/// the decode leaves is not what is combined.
#[test]
fn longer_sequences_have_larger_parts() {
    assert_eq!([1, 256, 257, 512, 1024].map(Parts::count), [1, 1, 8, 8, 16]);
    assert_eq!([1025, 2048, 2049, 4096].map(Parts::count), [16, 16, 32, 32]);
    assert_eq!([4097, 8192, 8193, u32::MAX].map(Parts::count), [32, 32, 64, 1024]);
    let sizes = Sizes { heads: 1, kv_heads: 1, head_dim: 32 };
    let lengths = [1024, 1025, 4096, 4100];
    let cache = Cache::<f16>::new(sizes, &lengths, 15);
    let q = queries(1, sizes, 16);
    for device in devices() {
        for (sequence, length) in lengths.into_iter().enumerate() {
            if !is_affordable(&device, length * 32) {
                continue;
            }
            let token = (sequence as u32, length as u32 - 1);
            let parts = Parts::new(&device, 1, 8192, 1, 32).unwrap();
            let [fit, many] = [length as u32, 16 * 64 * 4]
                .map(|keys| parts.with(Parts::count(keys)))
                .map(|parts| run_in(&device, &cache, &q, &[token], 0.2, &parts));
            let expected = attend(&cache, &q, sequence, 0, length - 1, 0.2, 0.0);
            expected.check(&fit, &format!("{device:?}, {length}"));
            assert_eq!(fit, many, "{device:?}, {length}");
        }
    }
}

/// The memory holds 1024 parts: of 20 tokens of 64 parts, 16 are computed in a first launch; of 8 parts,
/// all.
#[test]
fn many_long_sequences_are_computed_in_turns() {
    let sizes = Sizes { heads: 1, kv_heads: 1, head_dim: 32 };
    let cache = Cache::<f32>::new(sizes, &[300], 13);
    let tokens: Vec<(u32, u32)> = (280..300).map(|position| (0, position)).collect();
    let q = queries(tokens.len(), sizes, 14);
    for device in devices() {
        let parts = Parts::new(&device, 20, 64 * 256, 1, 32).unwrap();
        let [few, many] =
            [8, 64].map(|count| run_in(&device, &cache, &q, &tokens, 0.2, &parts.with(count)));
        assert_eq!(few, many, "{device:?}");
    }
}
