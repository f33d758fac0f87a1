//! The best token: exact.

use tilewright_kernels_sampling::argmax;
use tilewright_runtime::{Device, Error};
use tilewright_testing::{Guarded, Random, devices, is_affordable};

/// Larger than any logit: who reads beyond a row finds it.
const SENTINEL: f32 = 1e30;

fn check(device: &Device, rows: usize, cols: usize, logits: &[f32]) {
    if !is_affordable(device, rows * cols) {
        return;
    }
    let expected: Vec<u32> = logits
        .chunks(cols)
        .map(|row| {
            let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            row.iter().position(|x| *x == best).unwrap() as u32
        })
        .collect();
    let x = Guarded::new(device, [rows, cols], logits, SENTINEL);
    let mut out = Guarded::new(device, [rows], &vec![7u32; rows], 9);
    argmax(device, &x.view, &mut out.view).unwrap();
    x.read();
    assert_eq!(out.read(), expected, "{rows} x {cols} on {}", device.capabilities().name);
}

#[test]
fn the_lowest_of_the_best_wins_on_every_device() {
    for device in devices() {
        let mut random = Random::new(1);
        let shapes = [(1, 1), (3, 2), (2, 31), (1, 32), (2, 33), (5, 255), (3, 256), (2, 257)];
        let large = [(2, 1000), (1, 1023), (1, 4099), (2, 49152), (1, 50257)];
        for (rows, cols) in shapes.into_iter().chain(large) {
            let mut logits = random.floats(rows * cols);
            check(&device, rows, cols, &logits);
            // Negative ones only, few different ones, one value only.
            logits.iter_mut().for_each(|x| *x = -3.4e38 - *x * 1e36);
            check(&device, rows, cols, &logits);
            logits.iter_mut().for_each(|x| *x = (random.float() * 3.0).round());
            check(&device, rows, cols, &logits);
            check(&device, rows, cols, &vec![-0.0; rows * cols]);
            check(&device, rows, cols, &vec![f32::MIN; rows * cols]);
            // The best at each end.
            for at in [0, cols - 1] {
                logits[at] = 100.0;
                check(&device, rows, cols, &logits);
                logits[at] = 0.0;
            }
        }
    }
}

#[test]
fn rows_without_logits_are_refused() {
    for device in devices() {
        let logits = device.zeros::<f32>([2, 0]).unwrap();
        let mut out = device.zeros::<u32>([2]).unwrap();
        let refused = argmax(&device, &logits, &mut out);
        assert!(matches!(refused, Err(Error::NoCase { .. })), "{refused:?}");
    }
}
