//! Our dense product.

use half::bf16;
use rayon::prelude::*;
use tilewright_kernels_matmul::matmul_dense;
use tilewright_runtime::{Device, Error};

use super::expected::{Expected, product};
use super::inputs::{self, integer, slice};
use super::ours::Prepared;
use crate::Agreement;

/// Sides of the squares of the result, an element of each of which is compared.
const BLOCK: u64 = 64;

/// `x: [m, k]`, `w: [n, k]`.
pub(super) fn prepare(device: &Device, m: u32, n: u32, k: u32) -> Result<Prepared, Error> {
    let count = |rows: u32| u64::from(rows) * u64::from(k);
    let (x, w) = (inputs::tensor(count(m), 1), inputs::tensor(count(n), 2));
    let expected = elements(m.into(), n.into(), k.into(), [&x, &w]);
    let (x, w) = (device.upload([m, k], &x)?, device.upload([n, k], &w)?);
    let y = device.zeros::<bf16>([m, n])?;
    let mut written = y.clone();
    let launch = {
        let device = device.clone();
        move |_| matmul_dense(&device, &x, &w, &mut written)
    };
    let found = move |expected: &Expected| {
        let all = y.download()?;
        Ok((expected.sample(&all, bf16::to_f64), Agreement::default()))
    };
    Ok(Prepared { launch: Box::new(launch), expected, found: Box::new(found) })
}

fn elements(m: u64, n: u64, k: u64, [x, w]: [&[bf16]; 2]) -> Expected {
    let (down, across) = (m.div_ceil(BLOCK), n.div_ceil(BLOCK));
    let element = |block: u64| {
        let random = |seed| integer(block as u32, seed).unsigned_abs() as u64 % BLOCK;
        let row = (block / across * BLOCK + random(78)).min(m - 1);
        let column = (block % across * BLOCK + random(79)).min(n - 1);
        let (sum, tolerance) = product(slice(x, row * k, k), slice(w, column * k, k));
        (row * n + column, sum, tolerance)
    };
    let all: Vec<_> = (0..down * across).into_par_iter().map(element).collect();
    let mut expected = Expected::default();
    for (place, value, tolerance) in all {
        expected.add(place, value, tolerance);
    }
    expected
}
