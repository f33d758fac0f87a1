//! `flash_attention!`'s prefill over a paged cache on Hopper, against a sum in f64.

use crate::instance::{compiled, element, number};
use half::bf16;
use tilewright_kernel_compiler::interp::{self, Argument, Launch, Memory, Options};
use tilewright_kernel_compiler::ir::Scalar;
use tilewright_kernel_compiler::verify::Verified;

const SOURCES: [&str; 2] = [
    include_str!("../../templates/flash_attention/hopper_paged.rs"),
    include_str!("../../templates/flash_attention/hopper_parts.rs"),
];
const PAGE: usize = 64;

fn kernel(head_dim: u32, key: u32) -> Verified {
    let generics = vec![
        element("K", Scalar::Bf16),
        number("HEAD_DIM", head_dim),
        number("QUERY", 128),
        number("KEY", key),
        number("STAGES", 2),
    ];
    let label = format!("attention_prefill_{head_dim}_{key}");
    compiled(&SOURCES, "attention_prefill", &label, generics)
}

/// A chunk of a sequence; the cache's pages are those of the table, and one of NaN.
struct Problem {
    head_dim: usize,
    heads: usize,
    kv_heads: usize,
    tokens: usize,
    first_position: usize,
    /// The page of each 64 positions; a number that no page has stands for none.
    table: Vec<u32>,
}

fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| 2.0 * next()).collect()
}

impl Problem {
    fn pages(&self) -> usize {
        self.table.len() + 1
    }

    /// The page and the row in it of a position, if there is one.
    fn find(&self, position: usize) -> Option<(usize, usize)> {
        let page = self.table[position / PAGE] as usize;
        (page < self.pages()).then_some((page, position % PAGE))
    }

    /// Keys or values; what was never written is NaN.
    fn cache(&self, seed: u32) -> Vec<bf16> {
        let row = self.head_dim;
        let mut all = vec![bf16::NAN; self.pages() * self.kv_heads * PAGE * row];
        for position in 0..self.first_position + self.tokens {
            let Some((page, at)) = self.find(position) else { continue };
            for head in 0..self.kv_heads {
                let to = ((page * self.kv_heads + head) * PAGE + at) * row;
                let values = numbers(row, seed + (position * self.kv_heads + head) as u32 * 77);
                for (to, value) in all[to..to + row].iter_mut().zip(values) {
                    *to = bf16::from_f32(value);
                }
            }
        }
        all
    }

    fn expected(&self, q: &[f32], k: &[bf16], v: &[bf16], at: [usize; 2], scale: f64) -> Vec<f64> {
        let [token, head] = at;
        let hd = self.head_dim;
        let kv_head = head / (self.heads / self.kv_heads);
        let q = &q[(token * self.heads + head) * hd..][..hd];
        let rows: Vec<usize> = (0..=self.first_position + token)
            .filter_map(|position| self.find(position))
            .map(|(page, row)| ((page * self.kv_heads + kv_head) * PAGE + row) * hd)
            .collect();
        let product = |at: &usize| {
            let dims = 0..hd;
            dims.map(|i| f64::from(bf16::from_f32(q[i])) * f64::from(k[at + i])).sum::<f64>()
        };
        let scores: Vec<f64> = rows.iter().map(|at| product(at) * scale).collect();
        let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = scores.iter().map(|s| (s - best).exp()).collect();
        let total: f64 = weights.iter().sum();
        let sum = |i: usize| {
            let parts = weights.iter().zip(&rows);
            parts.map(|(w, at)| w * f64::from(v[at + i])).sum::<f64>()
        };
        (0..hd).map(|i| if total > 0.0 { sum(i) / total } else { 0.0 }).collect()
    }

    fn check(&self, kernel: &Verified, seeds: std::ops::Range<u64>) {
        let Problem { head_dim, heads, kv_heads, tokens, first_position, table } = self;
        let scale = (*head_dim as f32).powf(-0.5);
        let q = numbers((tokens + 1) * heads * head_dim, 1);
        let (k, v) = (self.cache(2), self.cache(1000));
        let bytes = |x: &[bf16]| x.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        for seed in seeds {
            let mut memory = Memory::default();
            let (q_id, table_id) = (memory.add_f32("q", &q), memory.add_u32("table", table));
            let (k_id, v_id) = (memory.add("k", &bytes(&k)), memory.add("v", &bytes(&v)));
            let out = memory.add_f32("out", &vec![7.0; q.len()]);
            let buffers = [q_id, k_id, v_id, table_id, out].map(Argument::Buffer).into_iter();
            // total, heads, kv_heads, pages, sequences, max_pages, row, first_token, tokens, position
            let sizes = [tokens + 1, *heads, *kv_heads, self.pages(), 1, table.len()];
            let chunk = [0, 1, *tokens, *first_position];
            let scalars = sizes.into_iter().chain(chunk).map(|n| Argument::U32(n as u32));
            let arguments = buffers.chain(scalars).chain([Argument::F32(scale)]).collect();
            let launch = Launch::new(kernel, arguments).unwrap();
            let done = interp::run(&mut memory, &[launch], Options::seed(seed));
            done.unwrap_or_else(|fault| panic!("schedule {seed}: {fault}"));
            let got = memory.f32s(out);
            let row = heads * head_dim;
            assert!(got[..row].iter().all(|x| *x == 7.0), "the row before the chunk is kept");
            for token in 0..*tokens {
                for head in 0..*heads {
                    let expected = self.expected(&q[row..], &k, &v, [token, head], scale.into());
                    for (i, x) in expected.iter().enumerate() {
                        let got = got[((token + 1) * heads + head) * head_dim + i];
                        let off = (f64::from(got) - x).abs();
                        assert!(off < 0.02, "{token} {head} {i}: {got}, not {x}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_chunk_behind_a_prefix_with_nan_behind_its_end() {
    let problem = Problem {
        head_dim: 64,
        heads: 2,
        kv_heads: 1,
        tokens: 70,
        first_position: 50,
        table: vec![2, 0],
    };
    problem.check(&kernel(64, 64), 0..3);
    problem.check(&kernel(64, 128), 0..1);
}

#[test]
fn several_blocks_and_pages_that_are_not_there() {
    let problem = Problem {
        head_dim: 128,
        heads: 1,
        kv_heads: 1,
        tokens: 140,
        first_position: 64,
        table: vec![u32::MAX, 3, 9, 1],
    };
    problem.check(&kernel(128, 128), 0..1);
}
