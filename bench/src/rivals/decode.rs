//! Our attention of single tokens, over distinct paged caches.

use half::bf16;
use rayon::prelude::*;
use tilewright_kernels::{PAGE, Parts, attention_decode};
use tilewright_runtime::{Device, Error, Tensor};

use super::expected::{Expected, Row};
use super::inputs::{self, integer, slice};
use super::ours::Prepared;
use crate::Agreement;

/// Rows that are compared, over all buffers; of each buffer at least one.
const ROWS: u32 = 256;

/// Of queries `[batch, heads, head_dim]`, keys and values `[batch, kv_heads, context, head_dim]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub batch: u32,
    pub context: u32,
    pub heads: u32,
    pub kv_heads: u32,
    pub head_dim: u32,
}

/// A cache and the result over it.
struct Buffer {
    k: Tensor<bf16>,
    v: Tensor<bf16>,
    out: Tensor<f32>,
}

pub(super) fn prepare(device: &Device, sizes: Sizes, buffers: u32) -> Result<Prepared, Error> {
    let Sizes { batch, context, heads, head_dim, .. } = sizes;
    let q = inputs::tensor(u64::from(batch * heads * head_dim), 1);
    let (mut all, mut expected) = (Vec::new(), Expected::default());
    for buffer in 0..buffers {
        let k = inputs::tensor(sizes.elements(), 2 + 2 * buffer);
        let v = inputs::tensor(sizes.elements(), 3 + 2 * buffer);
        for (place, row) in rows(sizes, buffers, buffer, [&q, &k, &v]) {
            let place = u64::from(buffer * batch * heads) + place;
            expected.add_row(place * u64::from(head_dim), &row);
        }
        let out = device.zeros([batch, heads, head_dim])?;
        all.push(Buffer { k: sizes.paged(device, &k)?, v: sizes.paged(device, &v)?, out });
    }
    let q: Vec<f32> = q.into_iter().map(bf16::to_f32).collect();
    let q = device.upload([batch, heads, head_dim], &q)?;
    let table: Vec<u32> = (0..sizes.pages()).map(|page| sizes.place(page)).collect();
    let table = device.upload([batch, context.div_ceil(PAGE)], &table)?;
    let sequence = device.upload([batch], &(0..batch).collect::<Vec<u32>>())?;
    let positions = device.upload([batch], &vec![context - 1; batch as usize])?;
    let parts = Parts::new(device, batch, context, heads, head_dim)?.with(Parts::count(context));
    let scale = 1.0 / (head_dim as f32).sqrt();
    let outs: Vec<Tensor<f32>> = all.iter().map(|buffer| buffer.out.clone()).collect();
    let device = device.clone();
    let launch = move |at: u32| {
        let Some(Buffer { k, v, out }) = all.get_mut(at as usize) else { return Ok(()) };
        let (table, sequence, positions) = (&table, &sequence, &positions);
        attention_decode(&device, &q, k, v, table, sequence, positions, out, scale, &parts)
    };
    let found = move |expected: &Expected| {
        let mut all = Vec::new();
        for out in &outs {
            all.extend(out.download()?);
        }
        Ok((expected.sample(&all, f64::from), Agreement::default()))
    };
    Ok(Prepared { launch: Box::new(launch), expected, found: Box::new(found) })
}

impl Sizes {
    /// Of keys, and of values.
    fn elements(self) -> u64 {
        let Sizes { batch, context, kv_heads, head_dim, .. } = self;
        [batch, context, kv_heads, head_dim].into_iter().map(u64::from).product()
    }

    fn pages(self) -> u32 {
        self.batch * self.context.div_ceil(PAGE)
    }

    /// Where a page lies in the cache: far from the one before it, as in a cache that was used. Steps of a
    /// number that has no factor in common with the number of pages visit each.
    fn place(self, page: u32) -> u32 {
        let pages = self.pages();
        let step = [5, 7, 11, 13].into_iter().find(|step| !pages.is_multiple_of(*step));
        (u64::from(page) * u64::from(step.unwrap_or(1)) % u64::from(pages)) as u32
    }

    /// `[batch, kv_heads, context, head_dim]` as `[pages, kv_heads, 64, head_dim]` on the device.
    fn paged(self, device: &Device, data: &[bf16]) -> Result<Tensor<bf16>, Error> {
        let Sizes { context, kv_heads, head_dim, .. } = self;
        let per_sequence = context.div_ceil(PAGE);
        let piece = (PAGE * head_dim) as usize;
        let mut cache = vec![bf16::ZERO; data.len()];
        for page in 0..self.pages() {
            let (sequence, first) = (page / per_sequence, page % per_sequence * PAGE);
            for head in 0..kv_heads {
                let row = u64::from(sequence * kv_heads + head) * u64::from(context);
                let from =
                    slice(data, (row + u64::from(first)) * u64::from(head_dim), piece as u64);
                let to = (self.place(page) * kv_heads + head) as usize * piece;
                if let Some(to) = cache.get_mut(to..to + piece)
                    && to.len() == from.len()
                {
                    to.copy_from_slice(from);
                }
            }
        }
        device.upload([self.pages(), kv_heads, PAGE, head_dim], &cache)
    }
}

/// Some rows of a buffer, by their place among `[batch, heads]`.
fn rows(sizes: Sizes, buffers: u32, buffer: u32, [q, k, v]: [&[bf16]; 3]) -> Vec<(u64, Row)> {
    let Sizes { batch, context, heads, kv_heads, head_dim } = sizes;
    let (all, hd) = (batch * heads, u64::from(head_dim));
    let count = ROWS.div_ceil(buffers).min(all);
    let row = |at: u32| {
        // One of each stretch of rows.
        let (start, end) = (at * all / count, (at + 1) * all / count);
        let random = integer(buffer * ROWS + at, 80).unsigned_abs();
        let place = start + random % (end - start).max(1);
        let pair = place / heads * kv_heads + place % heads / (heads / kv_heads);
        let of = |data, key: u32| {
            slice(data, (u64::from(pair) * u64::from(context) + u64::from(key)) * hd, hd)
        };
        let keys = (0..context).map(|key| of(k, key));
        let values = (0..context).map(|key| of(v, key));
        let q = slice(q, u64::from(place) * hd, hd);
        (u64::from(place), Row::attention(q, keys, values))
    };
    (0..count).into_par_iter().map(row).collect()
}
