//! Attention over the paged cache.

use half::{bf16, f16};
use tilewright_kernels::{
    KvElement, PAGE, Parts, attention_decode, attention_prefill, attention_tree,
};
use tilewright_runtime::{CudaCapabilities, DType, Device, Error, Tensor};

use super::output::{Output, Tolerance, ULP};
use super::random::Random;
use super::{Bound, Case, Prepared};

const HEADS: u32 = 9;
const KV_HEADS: u32 = 3;
const HEAD_DIM: u32 = 64;
const SCALE: f32 = 0.125;

pub(super) fn cases() -> Vec<Case> {
    vec![
        decode::<f32>("f32", 4, 4 * PAGE),
        decode::<f16>("f16", 4, 4 * PAGE),
        decode::<bf16>("bf16", 4, 4 * PAGE),
        decode::<f16>("f16", 1, 16 * PAGE),
        tree::<f16>("f16"),
        prefill::<f32>("f32"),
        prefill::<f16>("f16"),
        prefill::<bf16>("bf16"),
    ]
}

/// Keys, values and where they lie, page by page in a shuffled order.
struct Cache<K: KvElement> {
    k: Tensor<K>,
    v: Tensor<K>,
    table: Tensor<u32>,
}

impl<K: KvElement> Cache<K> {
    fn new(device: &Device, sequences: u32, pages: u32) -> Result<Cache<K>, Error> {
        let all = sequences * pages;
        let mut random = Random::new(8);
        let mut some = || {
            let numbers = random.floats(all * KV_HEADS * PAGE * HEAD_DIM);
            let numbers: Vec<K> = numbers.into_iter().map(K::from_f32).collect();
            device.upload([all, KV_HEADS, PAGE, HEAD_DIM], &numbers)
        };
        let (k, v) = (some()?, some()?);
        // Steps of 5 visit every page: their number is no multiple of 5.
        let order: Vec<u32> = (0..all).map(|at| (at * 5 + 3) % all).collect();
        Ok(Cache { k, v, table: device.upload([sequences, pages], &order)? })
    }
}

/// Scores, weights and sums over that many keys of values up to 1, whose errors walk; twice. Matrix units
/// round queries and weights by `rounding`: a score's error counts four times, a weight's twice.
fn tolerance(keys: u32, rounding: f64) -> Tolerance {
    Tolerance { absolute: 16.0 * ULP * f64::from(keys).sqrt() + 6.0 * rounding, relative: 0.0 }
}

/// The largest relative error of Hopper's matrix units' factors, which have the cache's element; 0 where
/// they are f32.
fn rounding<K: KvElement>(device: &Device) -> f64 {
    let hopper = device.capabilities().cuda.as_ref().is_some_and(CudaCapabilities::is_hopper);
    match K::DTYPE {
        DType::F16 if hopper => f64::from(f16::EPSILON) / 2.0,
        DType::Bf16 if hopper => f64::from(bf16::EPSILON) / 2.0,
        _ => 0.0,
    }
}

/// Sequences of so many keys: in parts where there are more than 256.
fn decode<K: KvElement>(name: &str, sequences: u32, keys: u32) -> Case {
    let shape = format!("{name}/hd{HEAD_DIM}/{sequences}x{keys}");
    Case::new("attention_decode", shape, Bound::Bytes, move |device| {
        let cache = Cache::<K>::new(device, sequences, keys / PAGE)?;
        let q = Random::new(9).floats(sequences * HEADS * HEAD_DIM);
        let q = device.upload([sequences, HEADS, HEAD_DIM], &q)?;
        let sequence = device.upload([sequences], &(0..sequences).collect::<Vec<u32>>())?;
        // At the end of a full table: what the kernel's cost speaks of.
        let positions = device.upload([sequences], &vec![keys - 1; sequences as usize])?;
        let out = device.zeros::<f32>([sequences, HEADS, HEAD_DIM])?;
        let parts = Parts::new(device, sequences, keys, HEADS, HEAD_DIM)?.with(Parts::count(keys));
        let outputs = vec![Output::new("out", &out, tolerance(keys, 0.0))];
        let (device, mut out) = (device.clone(), out);
        let launch = Box::new(move || {
            let Cache { k, v, table } = &cache;
            attention_decode(
                &device, &q, k, v, table, &sequence, &positions, &mut out, SCALE, &parts,
            )
        });
        Ok(Prepared { launch, outputs })
    })
}

/// Four branches of four nodes each, at the end of one sequence.
fn tree<K: KvElement>(name: &str) -> Case {
    const NODES: u32 = 16;
    const KEYS: u32 = 4 * PAGE;
    let shape = format!("{name}/hd{HEAD_DIM}/{NODES}x{KEYS}");
    Case::new("attention_tree", shape, Bound::Bytes, |device| {
        let cache = Cache::<K>::new(device, 1, KEYS / PAGE)?;
        let q = Random::new(11).floats(NODES * HEADS * HEAD_DIM);
        let q = device.upload([NODES, HEADS, HEAD_DIM], &q)?;
        let start = KEYS - NODES;
        let places = device.upload([NODES], &(start..KEYS).collect::<Vec<u32>>())?;
        // A node's parent is four nodes before it.
        let sees = |node: u32| (0..=node / 4).fold(0, |word, up| word | 1u32 << (node - 4 * up));
        let nodes: Vec<u32> = (0..NODES).flat_map(|node| [0, start, sees(node)]).collect();
        let nodes = device.upload([NODES, 3], &nodes)?;
        let out = device.zeros::<f32>([NODES, HEADS, HEAD_DIM])?;
        let parts = Parts::new(device, NODES, KEYS, HEADS, HEAD_DIM)?.with(Parts::count(KEYS));
        let outputs = vec![Output::new("out", &out, tolerance(KEYS, 0.0))];
        let (device, mut out) = (device.clone(), out);
        let launch = Box::new(move || {
            let Cache { k, v, table } = &cache;
            let out = &mut out;
            attention_tree(&device, &q, k, v, table, &places, &nodes, out, SCALE, &parts)
        });
        Ok(Prepared { launch, outputs })
    })
}

fn prefill<K: KvElement>(name: &str) -> Case {
    const FIRST: u32 = PAGE;
    const TOKENS: u32 = 64;
    let shape = format!("{name}/hd{HEAD_DIM}/{FIRST}+{TOKENS}");
    Case::new("attention_prefill", shape, Bound::Flops, |device| {
        let cache = Cache::<K>::new(device, 2, (FIRST + TOKENS) / PAGE)?;
        let q = Random::new(10).floats(TOKENS * HEADS * HEAD_DIM);
        let q = device.upload([TOKENS, HEADS, HEAD_DIM], &q)?;
        let out = device.zeros::<f32>([TOKENS, HEADS, HEAD_DIM])?;
        let outputs =
            vec![Output::new("out", &out, tolerance(FIRST + TOKENS, rounding::<K>(device)))];
        let (device, mut out) = (device.clone(), out);
        let launch = Box::new(move || {
            let Cache { k, v, table } = &cache;
            let out = &mut out;
            attention_prefill(&device, &q, k, v, table, 1, 0, TOKENS, FIRST, out, SCALE)
        });
        Ok(Prepared { launch, outputs })
    })
}
