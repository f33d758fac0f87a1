use crate::device::{cpu, filled, numbers};
use half::f16;
use tilewright_kernels::{KvElement, PAGE, Parts, attention_decode, attention_prefill};
use tilewright_runtime::{Device, Error, Tensor};

struct Cache<K: KvElement> {
    k: Tensor<K>,
    v: Tensor<K>,
    table: Tensor<u32>,
}

/// Four pages of two heads of 32; two sequences of two pages, out of order.
fn cache<K: KvElement>(device: &Device) -> Cache<K> {
    let shape = [4, 2, PAGE, 32];
    let some = |seed| {
        let numbers = numbers(device, shape, seed).download().unwrap();
        let numbers: Vec<K> = numbers.into_iter().map(K::from_f32).collect();
        device.upload(shape, &numbers).unwrap()
    };
    Cache { k: some(1), v: some(2), table: device.upload([2, 2], &[3u32, 0, 1, 2]).unwrap() }
}

/// Memory for sequences of one part.
fn one(device: &Device, tokens: u32, heads: u32, head_dim: u32) -> Parts {
    Parts::new(device, tokens, 1, heads, head_dim).unwrap()
}

fn agrees<K: KvElement>() {
    let device = cpu();
    let Cache { k, v, table } = cache::<K>(&device);
    let q = numbers(&device, [5, 4, 32], 3);
    let mut all = filled(&device, [5, 4, 32], 9.0f32);
    let positions = device.upload([5], &[60u32, 61, 62, 63, 64]).unwrap();
    let sequence = device.upload([5], &[1u32; 5]).unwrap();
    attention_decode(
        &device,
        &q,
        &k,
        &v,
        &table,
        &sequence,
        &positions,
        &mut all,
        0.2,
        &one(&device, 5, 4, 32),
    )
    .unwrap();
    let mut part = filled(&device, [5, 4, 32], 9.0f32);
    attention_prefill(&device, &q, &k, &v, &table, 1, 1, 3, 61, &mut part, 0.2).unwrap();
    let (all, part) = (all.download().unwrap(), part.download().unwrap());
    assert_eq!(part[128..512], all[128..512]);
    assert!(part[..128].iter().chain(&part[512..]).all(|x| *x == 9.0));
}

#[test]
fn prefill_and_decode_agree() {
    agrees::<f32>();
    agrees::<f16>();
    agrees::<half::bf16>();
}

#[test]
fn the_first_token_sees_only_itself() {
    let device = cpu();
    let Cache { k, v, table } = cache::<f32>(&device);
    let q = numbers(&device, [1, 4, 32], 3);
    let mut out = filled(&device, [1, 4, 32], 9.0f32);
    let zero = device.upload([1], &[0u32]).unwrap();
    let parts = one(&device, 1, 4, 32);
    attention_decode(&device, &q, &k, &v, &table, &zero, &zero, &mut out, 1.0, &parts).unwrap();
    // Heads 0 and 1 read key-value head 0 of page 3, heads 2 and 3 head 1.
    let values = v.download().unwrap();
    let row = |head: usize| &values[(3 * 2 + head) * 64 * 32..][..32];
    assert_eq!(out.download().unwrap(), [row(0), row(0), row(1), row(1)].concat());
}

#[test]
fn a_token_without_keys_gets_zero() {
    let device = cpu();
    let Cache { k, v, .. } = cache::<f32>(&device);
    let table = device.upload([1, 1], &[u32::MAX]).unwrap();
    let q = numbers(&device, [1, 2, 32], 3);
    let mut out = filled(&device, [1, 2, 32], 9.0f32);
    let zero = device.upload([1], &[0u32]).unwrap();
    let parts = one(&device, 1, 2, 32);
    attention_decode(&device, &q, &k, &v, &table, &zero, &zero, &mut out, 1.0, &parts).unwrap();
    assert_eq!(out.download().unwrap(), [0.0; 64]);
}

#[test]
fn wrong_shapes_are_refused() {
    let device = cpu();
    let Cache { k, v, table } = cache::<f32>(&device);
    let zero = device.upload([1], &[0u32]).unwrap();
    let decode = |heads: u32, hd: u32| {
        let q = filled(&device, [1, heads, hd], 0.0f32);
        let mut out = q.reshape(q.shape()).unwrap();
        if heads < 8 {
            out = filled(&device, [1, heads, hd], 0.0f32);
        }
        attention_decode(
            &device,
            &q,
            &k,
            &v,
            &table,
            &zero,
            &zero,
            &mut out,
            1.0,
            &one(&device, 1, heads, hd),
        )
    };
    assert_eq!(
        decode(3, 32).unwrap_err().to_string(),
        "q of attention over 2 key-value heads has shape [1, 3, 32] where [1, 4, 32] is needed"
    );
    assert!(matches!(decode(4, 64), Err(Error::NoCase { .. })));
    assert!(matches!(decode(8, 32), Err(Error::Alias { .. })));
    decode(4, 32).unwrap();
    let q = filled(&device, [2, 4, 32], 0.0f32);
    let mut out = filled(&device, [2, 4, 32], 0.0f32);
    let mut prefill = |row, first, tokens| {
        attention_prefill(&device, &q, &k, &v, &table, row, first, tokens, 0, &mut out, 1.0)
    };
    assert!(matches!(prefill(0, 1, 2), Err(Error::OutOfRange { end: 3, len: 2, .. })));
    assert!(matches!(prefill(2, 0, 2), Err(Error::OutOfRange { end: 3, len: 2, .. })));
    prefill(1, 1, 1).unwrap();
}
