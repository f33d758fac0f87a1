//! Normalisation, activation, residual, row selection, rotary embedding.

use half::{bf16, f16};
use tilewright_kernels::{
    KvElement, PAGE, add, move_slots, rms_norm, rotary_append, select_rows, swiglu,
};

use super::output::{Number, Output, Tolerance, ULP};
use super::random::Random;
use super::{Bound, Case, Prepared};

/// Width of the residual stream.
const WIDTH: u32 = 576;
/// Width of the feed-forward.
const INNER: u32 = 1536;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for tokens in [1, 32] {
        cases.extend([norm(tokens), activation(tokens), residual(tokens)]);
    }
    cases.push(rows(32));
    cases.push(slots(16));
    // A key may round to the neighbour: half a unit of the cache's type on each side.
    cases.push(rotary::<f32>("f32", 0.0));
    cases.push(rotary::<f16>("f16", f64::from(f16::EPSILON)));
    cases.push(rotary::<bf16>("bf16", f64::from(bf16::EPSILON)));
    cases
}

fn norm(tokens: u32) -> Case {
    Case::new("rms_norm", format!("{tokens}x{WIDTH}"), Bound::Bytes, move |device| {
        let mut random = Random::new(1);
        let x = device.upload([tokens, WIDTH], &random.floats(tokens * WIDTH))?;
        let w = device.upload([WIDTH], &random.floats(WIDTH))?;
        let y = device.zeros::<f32>([tokens, WIDTH])?;
        // The sum's terms are positive: its relative error is that of a walk of its additions. A
        // root and a quotient of a few units follow.
        let relative = (f64::from(WIDTH).sqrt() + 6.0) * ULP;
        let outputs = vec![Output::new("y", &y, Tolerance { absolute: 0.0, relative })];
        let (device, mut y) = (device.clone(), y);
        let launch = Box::new(move || rms_norm(&device, &x, &w, &mut y, 1e-5));
        Ok(Prepared { launch, outputs })
    })
}

fn activation(tokens: u32) -> Case {
    Case::new("swiglu", format!("{tokens}x{INNER}"), Bound::Bytes, move |device| {
        let gate_up = Random::new(2).floats(tokens * 2 * INNER);
        let gate_up = device.upload([tokens, 2 * INNER], &gate_up)?;
        let y = device.zeros::<f32>([tokens, INNER])?;
        // An exponential of numbers up to 1 to 5 units, a quotient to 2.5, two products; twice.
        let relative = 20.0 * ULP;
        let outputs = vec![Output::new("y", &y, Tolerance { absolute: 0.0, relative })];
        let (device, mut y) = (device.clone(), y);
        let launch = Box::new(move || swiglu(&device, &gate_up, &mut y));
        Ok(Prepared { launch, outputs })
    })
}

fn residual(tokens: u32) -> Case {
    Case::new("add", format!("{tokens}x{WIDTH}"), Bound::Bytes, move |device| {
        let mut random = Random::new(3);
        let x = device.upload([tokens, WIDTH], &random.floats(tokens * WIDTH))?;
        let y = device.upload([tokens, WIDTH], &random.floats(tokens * WIDTH))?;
        let outputs = vec![Output::new("y", &y, Tolerance::EXACT)];
        let (device, mut y) = (device.clone(), y);
        Ok(Prepared { launch: Box::new(move || add(&device, &x, &mut y)), outputs })
    })
}

fn rows(selected: u32) -> Case {
    let tokens = 2 * selected;
    Case::new("select_rows", format!("{selected}x{WIDTH}"), Bound::Bytes, move |device| {
        let x = device.upload([tokens, WIDTH], &Random::new(4).floats(tokens * WIDTH))?;
        let last: Vec<u32> = (0..selected).map(|row| tokens - 1 - 2 * row).collect();
        let last = device.upload([selected], &last)?;
        let out = device.zeros::<f32>([selected, WIDTH])?;
        let outputs = vec![Output::new("out", &out, Tolerance::EXACT)];
        let (device, mut out) = (device.clone(), out);
        let launch = Box::new(move || select_rows(&device, &x, &last, &mut out));
        Ok(Prepared { launch, outputs })
    })
}

/// Tokens of one page to another, 3 key heads of 64.
fn slots(moves: u32) -> Case {
    Case::new("move_slots", format!("f16/hd64/{moves}"), Bound::Bytes, move |device| {
        let shape = [2, 3, PAGE, 64];
        let keys = Random::new(12).floats(shape.iter().product());
        let keys: Vec<f16> = keys.into_iter().map(f16::from_f32).collect();
        let cache = device.upload(shape, &keys)?;
        let from = device.upload([moves], &(PAGE..PAGE + moves).collect::<Vec<u32>>())?;
        let to = device.upload([moves], &(0..moves).collect::<Vec<u32>>())?;
        let outputs = vec![Output::new("cache", &cache, Tolerance::EXACT)];
        let (device, mut cache) = (device.clone(), cache);
        let launch = Box::new(move || move_slots(&device, &from, &to, &mut cache));
        Ok(Prepared { launch, outputs })
    })
}

/// 32 tokens of 9 query heads and 3 key heads of 64, to two pages.
fn rotary<K: KvElement + Number>(name: &str, unit: f64) -> Case {
    const TOKENS: u32 = 32;
    const HEADS: u32 = 9;
    const KV_HEADS: u32 = 3;
    const HEAD_DIM: u32 = 64;
    let shape = format!("{name}/hd{HEAD_DIM}/{TOKENS}");
    Case::new("rotary_append", shape, Bound::Bytes, move |device| {
        let width = (HEADS + 2 * KV_HEADS) * HEAD_DIM;
        let qkv = device.upload([TOKENS, width], &Random::new(5).floats(TOKENS * width))?;
        let pairs = HEAD_DIM / 2;
        let frequency = |pair: u32| 10_000f32.powf(-(pair as f32) / pairs as f32);
        let frequencies: Vec<f32> = (0..pairs).map(frequency).collect();
        let frequencies = device.upload([pairs], &frequencies)?;
        let positions: Vec<u32> = (PAGE - TOKENS / 2..PAGE + TOKENS / 2).collect();
        let slots: Vec<u32> = positions.iter().map(|at| (at + PAGE) % (2 * PAGE)).collect();
        let positions = device.upload([TOKENS], &positions)?;
        let slots = device.upload([TOKENS], &slots)?;
        let q = device.zeros::<f32>([TOKENS, HEADS, HEAD_DIM])?;
        let k = device.zeros::<K>([2, KV_HEADS, PAGE, HEAD_DIM])?;
        let v = device.zeros::<K>([2, KV_HEADS, PAGE, HEAD_DIM])?;
        // Sine and cosine to 4 units of 1, products and sums of numbers up to 1; twice.
        let turned = Tolerance { absolute: 16.0 * ULP, relative: 0.0 };
        let outputs = vec![
            Output::new("q_out", &q, turned),
            Output::new("k_cache", &k, Tolerance { relative: unit, ..turned }),
            Output::new("v_cache", &v, Tolerance::EXACT),
        ];
        let (device, mut q, mut k, mut v) = (device.clone(), q, k, v);
        let launch = Box::new(move || {
            let (q, k, v) = (&mut q, &mut k, &mut v);
            rotary_append(&device, &qkv, &frequencies, &positions, &slots, q, k, v, 1.0)
        });
        Ok(Prepared { launch, outputs })
    })
}
