//! Every format on every device against the scalar reference, ragged shapes first.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod weights;

use tilewright_kernels_matmul::{gather, matmul};
use tilewright_kernels_reference::formats::{Format, dequantise_row, pack};
use tilewright_testing::{Guarded, Random, devices};
use weights::{BESIDE, blocks, upload};

#[test]
fn products_agree_with_f64_on_every_device() {
    let devices = devices();
    for format in Format::ALL {
        let mut random = Random::new(1);
        let wide = format.weights_per_block() == 256;
        for (tokens, n, k) in
            [(1, 1, 1), (1, 17, 2), (2, 5, 1), (7, 16, 3), (9, 33, 2), (17, 40, 1)]
        {
            let k = k * if wide { 256 } else { 32 };
            let bytes = blocks(format, n, k, &mut random);
            let x: Vec<f32> = (0..tokens * k).map(|_| random.float()).collect();
            let (column, stride) = (3, n + 5);
            let before: Vec<f32> = (0..tokens * stride).map(|_| random.float()).collect();
            let mut row = vec![0.0f32; k];
            for device in &devices {
                let w = upload(device, format, n, k, &bytes);
                let x_device = Guarded::aligned(device, [tokens, k], &x, BESIDE);
                for accumulate in [0u32, 1] {
                    let mut y = Guarded::aligned(device, [tokens, stride], &before, BESIDE);
                    matmul(
                        device,
                        &x_device.view,
                        &w.view,
                        &mut y.view,
                        n as u32,
                        column,
                        accumulate,
                        format.name(),
                    )
                    .unwrap();
                    let found = y.read();
                    for r in 0..n {
                        let packed = pack(format, n, k, &bytes).unwrap();
                        dequantise_row(format, n, &packed, r, &mut row).unwrap();
                        for t in 0..tokens {
                            let start = t * stride + column as usize;
                            let products = row
                                .iter()
                                .zip(&x[t * k..])
                                .map(|(w, x)| f64::from(*w) * f64::from(*x));
                            let (mut sum, mut size) = (0.0, 0.0);
                            products.for_each(|p| {
                                sum += p;
                                size += p.abs();
                            });
                            let old = f64::from(before[start + r]) * f64::from(accumulate);
                            // Rounding of k products and sums in f32, each by half an ulp.
                            let tolerance = (size + old.abs())
                                * f64::from(f32::EPSILON)
                                * (k as f64).sqrt()
                                * 2.0
                                + 1e-7;
                            let error = (f64::from(found[start + r]) - sum - old).abs();
                            assert!(
                                error <= tolerance,
                                "{format} {tokens}x{n}x{k} on {}: y[{t}, {r}] = {}, expected {}",
                                device.capabilities().name,
                                found[start + r],
                                sum + old,
                            );
                        }
                    }
                    for t in 0..tokens {
                        for at in (0..column as usize).chain(column as usize + n..stride) {
                            assert_eq!(
                                found[t * stride + at],
                                before[t * stride + at],
                                "a sentinel"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn gathers_are_exact_on_every_device() {
    let devices = devices();
    for format in Format::ALL {
        let mut random = Random::new(2);
        let (n, k) = (13, 256);
        let bytes = blocks(format, n, k, &mut random);
        let packed = pack(format, n, k, &bytes).unwrap();
        let ids = [0u32, 12, 5, 5, 13, 1];
        let mut row = vec![0.0f32; k];
        for device in &devices {
            let w = upload(device, format, n, k, &bytes);
            let tokens = Guarded::aligned(device, [ids.len()], &ids, 0);
            let mut out =
                Guarded::aligned(device, [ids.len(), k], &vec![7.0; ids.len() * k], BESIDE);
            gather(device, &tokens.view, &w.view, &mut out.view, n as u32, 0, format.name())
                .unwrap();
            let found = out.read();
            for (t, id) in ids.iter().enumerate() {
                match usize::try_from(*id).unwrap() {
                    id if id < n => dequantise_row(format, n, &packed, id, &mut row).unwrap(),
                    _ => row.fill(0.0),
                }
                for (c, expected) in row.iter().enumerate() {
                    let value = found[t * k + c];
                    let tolerance = expected.abs() * f32::EPSILON * 4.0 + 1e-9;
                    assert!(
                        (value - expected).abs() <= tolerance,
                        "{format} on {}: row {id}, column {c}: {value}, expected {expected}",
                        device.capabilities().name,
                    );
                }
            }
        }
    }
}
