//! `flash_attention!` of dense tensors on Hopper, against a sum in f64.

use crate::instance::{compiled, element, number};
use half::bf16;
use tilewright_kernel_compiler::interp::{self, Argument, Launch, Memory, Options};
use tilewright_kernel_compiler::ir::Scalar;
use tilewright_kernel_compiler::lower::Argument as Generic;
use tilewright_kernel_compiler::verify::Verified;

const DENSE: &str = include_str!("../../templates/flash_attention/hopper_dense.rs");
const WIDE: &str = include_str!("../../templates/flash_attention/hopper_wide.rs");
const SHARED: [&str; 3] = [
    include_str!("../../templates/flash_attention/hopper.rs"),
    include_str!("../../templates/flash_attention/hopper_consumer.rs"),
    include_str!("../../templates/flash_attention/hopper_parts.rs"),
];

/// A shape of the kernel, and one of the problem.
struct Case {
    head_dim: usize,
    causal: bool,
    groups: u32,
    key: u32,
    queries: u32,
    ahead: bool,
    batch: usize,
    tokens: usize,
    keys: usize,
    heads: usize,
    kv_heads: usize,
    workers: u32,
}

fn kernel(case: &Case) -> Verified {
    let truth = |name: &str, value: bool| (name.to_owned(), Generic::Truth(value));
    let generics = vec![
        element("K", Scalar::Bf16),
        number("HEAD_DIM", case.head_dim as u32),
        truth("CAUSAL", case.causal),
        number("QUERY", 64 * case.groups),
        number("KEY", case.key),
        number("Q_STAGES", case.queries),
        number("STAGES", 2),
        number("PING_PONG", u32::from(!case.ahead)),
        number("AHEAD", u32::from(case.ahead)),
        number("LEAST", 0),
    ];
    let label = format!("attention_{}_{}_{}", case.head_dim, case.key, case.causal);
    let own = if case.head_dim > 128 { WIDE } else { DENSE };
    let [shared, consumer, parts] = SHARED;
    compiled(&[own, shared, consumer, parts], "attention_dense", &label, generics)
}

/// Numbers of a tensor, some of them large; the same for the same seed.
fn numbers(count: usize, seed: u32) -> Vec<bf16> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| bf16::from_f32(2.0 * next() * (1.0 + 2.0 * next()))).collect()
}

fn bytes(values: &[bf16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_bits().to_le_bytes()).collect()
}

/// The output and the logarithm of the weights' sum of one row.
fn row(case: &Case, qkv: &[Vec<bf16>; 3], at: [usize; 3], scale: f64) -> (Vec<f64>, f64) {
    let [batch, token, head] = at;
    let [q, k, v] = qkv;
    let hd = case.head_dim;
    let kv_head = head / (case.heads / case.kv_heads);
    let q = &q[((batch * case.tokens + token) * case.heads + head) * hd..][..hd];
    let key = |x: &[bf16], j: usize, i: usize| {
        f64::from(x[((batch * case.keys + j) * case.kv_heads + kv_head) * hd + i])
    };
    let seen = if case.causal { token + case.keys - case.tokens + 1 } else { case.keys };
    let dot = |j| (0..hd).map(|i| f64::from(q[i]) * key(k, j, i)).sum::<f64>() * scale;
    let scores: Vec<f64> = (0..seen).map(dot).collect();
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|s| (s - best).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mean = |i| weights.iter().enumerate().map(|(j, w)| w * key(v, j, i)).sum::<f64>() / total;
    ((0..hd).map(mean).collect(), total.ln() + best)
}

fn check(case: &Case, seeds: std::ops::Range<u64>) {
    let kernel = kernel(case);
    let (hd, scale) = (case.head_dim, (case.head_dim as f32).powf(-0.5));
    let size = |rows: usize, heads: usize| case.batch * rows * heads * hd;
    let (queries, keys) = (size(case.tokens, case.heads), size(case.keys, case.kv_heads));
    let qkv = [numbers(queries, 1), numbers(keys, 2), numbers(keys, 3)];
    for seed in seeds {
        let mut memory = Memory::default();
        let inputs = [0, 1, 2].map(|i| memory.add(["q", "k", "v"][i], &bytes(&qkv[i])));
        let out = memory.uninitialised("out", queries * 2);
        let counter = memory.add_u32("counter", &[0]);
        let lse = memory.uninitialised("lse", queries / hd * 4);
        let [q, k, v] = inputs;
        let buffers = [q, k, v, out, lse, counter].map(Argument::Buffer).into_iter();
        let Case { batch, tokens, keys, heads, kv_heads, .. } = *case;
        let sizes = [batch, tokens, keys, heads, kv_heads].map(|n| Argument::U32(n as u32));
        let workers = [Argument::U32(case.workers), Argument::F32(scale)];
        let arguments = buffers.chain(sizes).chain(workers);
        let launch = Launch::new(&kernel, arguments.collect()).unwrap();
        let done = interp::run(&mut memory, &[launch], Options::seed(seed));
        done.unwrap_or_else(|fault| panic!("schedule {seed}: {fault}"));
        assert_eq!(memory.u32s(counter), [0], "the next launch counts from 0");
        let outs = memory.bytes(out).chunks_exact(2);
        let outs: Vec<f64> = outs.map(|b| f64::from(bf16::from_le_bytes([b[0], b[1]]))).collect();
        let logs = memory.bytes(lse).chunks_exact(4);
        let logs: Vec<f64> =
            logs.map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect();
        for batch in 0..case.batch {
            for token in 0..case.tokens {
                for head in 0..case.heads {
                    let (expected, log) = row(case, &qkv, [batch, token, head], f64::from(scale));
                    let at = (batch * case.tokens + token) * case.heads + head;
                    for (i, x) in expected.iter().enumerate() {
                        let off = (outs[at * hd + i] - x).abs();
                        assert!(off < 0.02, "{batch} {token} {head} {i}: {off} from {x}");
                    }
                    let got = logs[(batch * case.heads + head) * case.tokens + token];
                    assert!((got - log).abs() < 1e-3, "{batch} {token} {head}: {got}, not {log}");
                }
            }
        }
    }
}

/// A block of 128 rows and 64 keys, one of each.
const SMALL: Case = Case {
    head_dim: 64,
    causal: false,
    groups: 2,
    key: 64,
    queries: 1,
    ahead: false,
    batch: 1,
    tokens: 70,
    keys: 150,
    heads: 2,
    kv_heads: 1,
    workers: 1,
};

#[test]
fn full_and_ragged() {
    check(&SMALL, 0..3);
}

#[test]
fn causal_behind_a_prefix() {
    let causal = Case { head_dim: 128, causal: true, batch: 2, tokens: 130, ..SMALL };
    check(&Case { workers: 3, heads: 1, queries: 2, ahead: true, ..causal }, 0..1);
}

#[test]
fn three_groups_and_rows_that_see_nothing_of_the_first_tile() {
    check(&Case { groups: 3, causal: true, tokens: 150, workers: 4, ..SMALL }, 0..1);
}

#[test]
fn wide_heads_with_one_tile_of_queries() {
    let wide = Case { head_dim: 256, key: 80, heads: 1, ..SMALL };
    check(&Case { causal: true, tokens: 140, workers: 2, ..wide }, 0..1);
}
