//! Our dense attention.

use half::bf16;
use rayon::prelude::*;
use tilewright_kernels_attention::attention_dense;
use tilewright_runtime::{Device, Error};

use super::expected::{Expected, Row};
use super::inputs::{self, integer, slice};
use super::ours::Prepared;
use crate::Agreement;

/// Rows, one of which is compared: less than any tile has.
const BLOCK: u64 = 64;
/// How far the logarithm of a row's sum of weights may be off: scores, summed in f32, are off by far less,
/// and a tile that is left out of the longest row moves it by eight times that.
const LSE: f64 = 1e-3;

/// `[batch, tokens, heads, head_dim]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub batch: u32,
    pub tokens: u32,
    pub heads: u32,
    pub head_dim: u32,
}

/// Compares a row of every [`BLOCK`], each of some head, and its logarithm.
pub(super) fn prepare(device: &Device, sizes: Sizes, causal: bool) -> Result<Prepared, Error> {
    let Sizes { batch, tokens, heads, head_dim } = sizes;
    let shape = [batch, tokens, heads, head_dim];
    let count = shape.iter().map(|size| u64::from(*size)).product();
    let [q, k, v] = [1, 2, 3].map(|seed| inputs::tensor(count, seed));
    let rows = rows(sizes, causal, [&q, &k, &v]);
    let mut expected = Expected::default();
    for (place, row) in &rows {
        expected.add_row(place * u64::from(head_dim), row);
    }
    let [q, k, v] =
        [device.upload(shape, &q)?, device.upload(shape, &k)?, device.upload(shape, &v)?];
    let out = device.zeros::<bf16>(shape)?;
    let lse = device.zeros::<f32>([batch, heads, tokens])?;
    let counter = device.zeros::<u32>([1])?;
    let scale = 1.0 / (head_dim as f32).sqrt();
    let (mut written, mut logs, mut counter) = (out.clone(), lse.clone(), counter);
    let launch = {
        let device = device.clone();
        move |_| {
            let (out, lse) = (&mut written, &mut logs);
            attention_dense(&device, &q, &k, &v, out, lse, &mut counter, causal, scale)
        }
    };
    let found = move |expected: &Expected| {
        let (all, logs) = (out.download()?, lse.download()?);
        let values = expected.sample(&all, bf16::to_f64);
        let mut beside = Agreement::default();
        for (place, row) in &rows {
            let place = lse_place(sizes, *place);
            let log = usize::try_from(place).ok().and_then(|place| logs.get(place));
            let log = log.map_or(f64::NAN, |log| f64::from(*log));
            beside.add_element("lse", place, log, row.lse, LSE);
        }
        Ok((values, beside))
    };
    Ok(Prepared { launch: Box::new(launch), expected, found: Box::new(found) })
}

/// Rows of the result, by their place among all `[batch, tokens, heads]`.
fn rows(sizes: Sizes, causal: bool, [q, k, v]: [&[bf16]; 3]) -> Vec<(u64, Row)> {
    let Sizes { batch, tokens, heads, head_dim } = sizes;
    let [tokens, heads, hd] = [tokens, heads, head_dim].map(u64::from);
    let all = u64::from(batch) * tokens;
    let row = |block: u64| {
        let random = integer(block as u32, 77).unsigned_abs() as u64;
        let at = (block * BLOCK + random % BLOCK).min(all - 1);
        let (sequence, token, head) = (at / tokens, at % tokens, random / 3 % heads);
        let seen = if causal { token + 1 } else { tokens };
        let of = |data, key: u64| slice(data, ((sequence * tokens + key) * heads + head) * hd, hd);
        let keys = (0..seen).map(|key| of(k, key));
        let values = (0..seen).map(|key| of(v, key));
        (at * heads + head, Row::attention(of(q, token), keys, values))
    };
    (0..all.div_ceil(BLOCK)).into_par_iter().map(row).collect()
}

/// Where the logarithm of a row lies: `[batch, heads, tokens]`.
fn lse_place(sizes: Sizes, place: u64) -> u64 {
    let [tokens, heads] = [sizes.tokens, sizes.heads].map(u64::from);
    let (at, head) = (place / heads, place % heads);
    (at / tokens * heads + head) * tokens + at % tokens
}
