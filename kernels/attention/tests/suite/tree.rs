//! Tokens of drafted trees, one row each.

use crate::decode::parts_of;
use crate::naive::attend;
use crate::problem::{Cache, Random, SENTINEL, Sizes};
use tilewright_kernels_attention::{KvElement, attention_decode, attention_tree};
use tilewright_kernels_reference::Float;
use tilewright_runtime::{Device, bf16, f16};
use tilewright_testing::{Guarded, devices};

/// A token: sequence, place, first place of its tree and what it sees from there on.
type Token = (u32, u32, u32, u32);

fn run<K: KvElement + Float>(
    device: &Device,
    cache: &Cache<K>,
    q: &[f32],
    tokens: &[Token],
    causal: bool,
) -> Vec<f32> {
    let Sizes { heads, head_dim, .. } = cache.sizes;
    let shape = [tokens.len(), heads, head_dim];
    let there = cache.upload(device);
    let column = |of: fn(&Token) -> u32| {
        let values: Vec<u32> = tokens.iter().map(of).collect();
        Guarded::aligned(device, [tokens.len()], &values, 0)
    };
    let (sequence, places) = (column(|t| t.0), column(|t| t.1));
    let nodes: Vec<u32> = tokens.iter().flat_map(|t| [t.0, t.2, t.3]).collect();
    let nodes = Guarded::aligned(device, [tokens.len(), 3], &nodes, 0);
    let parts = parts_of(device, cache.sizes, tokens.iter().map(|t| t.1));
    let mut out = Guarded::aligned(device, shape, &vec![SENTINEL; q.len()], SENTINEL);
    let q = Guarded::aligned(device, shape, q, SENTINEL);
    let (keys, values, table) = (&there.keys.view, &there.values.view, &there.table.view);
    let (sequence, places, out_view) = (&sequence.view, &places.view, &mut out.view);
    if causal {
        attention_decode(
            device, &q.view, keys, values, table, sequence, places, out_view, SCALE, &parts,
        )
    } else {
        let nodes = &nodes.view;
        attention_tree(device, &q.view, keys, values, table, places, nodes, out_view, SCALE, &parts)
    }
    .unwrap();
    out.read()
}

const SCALE: f32 = 0.125;

fn queries(tokens: usize, sizes: Sizes, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..tokens * sizes.heads * sizes.head_dim).map(|_| random.unit() * 2.0).collect()
}

/// The cache with only the keys that a token sees, at consecutive places.
fn visible<K: KvElement + Float>(cache: &Cache<K>, token: Token) -> (Cache<K>, usize) {
    let (sequence, place, start, bits) = token;
    let sees = |at: u32| at < start || (at - start < 32 && bits >> (at - start) & 1 == 1);
    let seen: Vec<u32> = (0..=place).filter(|at| sees(*at)).collect();
    let mut own = Cache::new(cache.sizes, &[seen.len()], 3);
    let width = cache.sizes.head_dim;
    for (to, from) in seen.iter().enumerate() {
        for head in 0..cache.sizes.kv_heads {
            let from = cache.find(sequence as usize, head, *from as usize).unwrap();
            let to = own.find(0, head, to).unwrap();
            own.keys[to..to + width].copy_from_slice(&cache.keys[from..from + width]);
            own.values[to..to + width].copy_from_slice(&cache.values[from..from + width]);
        }
    }
    (own, seen.len() - 1)
}

fn agrees<K: KvElement + Float>(sizes: Sizes, tokens: &[Token], seed: u64) {
    let last = |s: u32| tokens.iter().filter(|t| t.0 == s).map(|t| t.1 as usize + 1).max();
    let lengths: Vec<usize> = (0..3).map(|s| last(s).unwrap_or(1)).collect();
    let cache = Cache::<K>::new(sizes, &lengths, seed);
    let q = queries(tokens.len(), sizes, seed + 1);
    for device in devices() {
        let found = run(&device, &cache, &q, tokens, false);
        for (at, found) in found.chunks(sizes.head_dim).enumerate() {
            let (token, head) = (tokens[at / sizes.heads], at % sizes.heads);
            let (own, position) = visible(&cache, token);
            let q = &q[at * sizes.head_dim..(at + 1) * sizes.head_dim];
            let expected = attend(&own, q, 0, head, position, SCALE, 0.0);
            expected.check(found, &format!("{device:?}, {sizes:?}, {token:?}, head {head}"));
        }
    }
}

/// Trees of the nodes `0`, `1`, `0 -> 2`, `1 -> 3`, `2 -> 4`: across a page's end, at a text's
/// start, and one whose last place is 31 places from its first.
fn trees() -> Vec<Token> {
    let words = [0b1, 0b10, 0b101, 0b1010, 0b10101];
    let of = |sequence, start: u32| {
        (0..).zip(words).map(move |(at, word)| (sequence, start + at, start, word))
    };
    let mut tokens: Vec<Token> = of(0, 62).chain(of(1, 1)).chain(of(2, 128)).collect();
    tokens.push((2, 159, 128, 1 << 31 | 0b101));
    tokens
}

#[test]
fn every_head_size_and_element_agrees() {
    for (seed, head_dim) in [32, 64, 80, 96, 128, 256].into_iter().enumerate() {
        let seed = seed as u64 * 100;
        // The longest is for one of the sizes: the interpreter takes its time.
        let tokens = &trees()[..if head_dim == 64 { 16 } else { 10 }];
        agrees::<f32>(Sizes { heads: 3, kv_heads: 1, head_dim }, tokens, seed);
        agrees::<f16>(Sizes { heads: 4, kv_heads: 1, head_dim }, tokens, seed + 10);
        agrees::<bf16>(Sizes { heads: 2, kv_heads: 2, head_dim }, tokens, seed + 20);
    }
}

/// A text that starts with its tree: a token may then see itself only.
#[test]
fn a_token_may_see_itself_only() {
    let sizes = Sizes { heads: 4, kv_heads: 2, head_dim: 64 };
    agrees::<f32>(sizes, &[(0, 0, 0, 1), (0, 1, 0, 2), (0, 2, 0, 5)], 7);
}

/// With nothing masked the bits are those of the causal kernel.
#[test]
fn a_row_without_a_tree_is_causal() {
    let sizes = Sizes { heads: 4, kv_heads: 1, head_dim: 64 };
    let cache = Cache::<f16>::new(sizes, &[130, 65], 9);
    let tokens = [(0, 129, 130, 0), (1, 64, u32::MAX, 0), (0, 70, 64, 0x7f)];
    let q = queries(tokens.len(), sizes, 10);
    for device in devices() {
        let expected = run(&device, &cache, &q, &tokens, true);
        assert_eq!(run(&device, &cache, &q, &tokens, false), expected, "{device:?}");
    }
}
