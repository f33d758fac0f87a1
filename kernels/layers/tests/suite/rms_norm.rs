//! Normalisation.

use tilewright_kernels_layers::rms_norm;
use tilewright_runtime::{Device, Error};
use tilewright_testing::{Guarded, Random, ULP, assert_close, devices, is_affordable};

fn naive(x: &[f32], w: &[f32], eps: f32) -> Vec<f32> {
    let row = |x: &[f32]| {
        let sum: f32 = x.iter().map(|x| x * x).sum();
        let scale = 1.0 / (sum / x.len() as f32 + eps).sqrt();
        x.iter().zip(w).map(|(x, w)| x * scale * w).collect::<Vec<f32>>()
    };
    x.chunks(w.len()).flat_map(row).collect()
}

fn exact(x: &[f32], w: &[f32], eps: f32) -> Vec<f64> {
    let row = |x: &[f32]| {
        let sum: f64 = x.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        let scale = 1.0 / (sum / x.len() as f64 + f64::from(eps)).sqrt();
        x.iter().zip(w).map(|(x, w)| f64::from(*x) * scale * f64::from(*w)).collect::<Vec<f64>>()
    };
    x.chunks(w.len()).flat_map(row).collect()
}

fn check(device: &Device, rows: usize, cols: usize, x: &[f32], w: &[f32], eps: f32) {
    if !is_affordable(device, rows * cols) {
        return;
    }
    let x_view = Guarded::new(device, [rows, cols], x, f32::NAN);
    let w_view = Guarded::new(device, [cols], w, f32::NAN);
    let mut y = Guarded::new(device, [rows, cols], &vec![5.0; rows * cols], -7.0);
    rms_norm(device, &x_view.view, &w_view.view, &mut y.view, eps).unwrap();
    let (found, exact) = (y.read(), exact(x, w, eps));
    // A quotient to 2.5 ulp, an inverse root to 2, and products.
    let floor = |i: usize| exact[i].abs() * 6.0 * ULP;
    let what = format!("rms_norm of {rows} x {cols}");
    assert_close(device, &what, &found, &naive(x, w, eps), &exact, floor);
}

#[test]
fn rows_are_normalised_on_every_device() {
    for device in devices() {
        let mut random = Random::new(1);
        let ragged = [(1, 1), (2, 3), (3, 4), (2, 31), (2, 33), (1, 255), (2, 257), (1, 4099)];
        let plain = [(4, 32), (3, 96), (7, 576), (2, 1024), (2, 1028), (1, 8192)];
        for (rows, cols) in ragged.into_iter().chain(plain) {
            let (mut x, w) = (random.floats(rows * cols), random.floats(cols));
            check(&device, rows, cols, &x, &w, 1e-5);
            // One row of zeros; sizes of all kinds; outliers.
            x[..cols].fill(0.0);
            check(&device, rows, cols, &x, &w, 1e-6);
            for (i, x) in x.iter_mut().enumerate() {
                *x = random.float() * [1e-3, 1.0, 300.0][i % 3];
            }
            check(&device, rows, cols, &x, &w, 1e-5);
        }
    }
}

#[test]
fn random_shapes_are_normalised_on_every_device() {
    for device in devices() {
        let mut random = Random::new(3);
        for _ in 0..30 {
            let (rows, cols) = (random.size(9), random.size(700));
            let (x, w) = (random.floats(rows * cols), random.floats(cols));
            check(&device, rows, cols, &x, &w, 1e-5);
        }
    }
}

#[test]
fn many_rows_are_normalised_on_every_device() {
    for device in devices() {
        let mut random = Random::new(2);
        // More rows than a grid has in one dimension.
        let (rows, cols) = (70_001, 4);
        let (x, w) = (random.floats(rows * cols), random.floats(cols));
        check(&device, rows, cols, &x, &w, 1e-5);
    }
}

#[test]
fn other_shapes_are_refused() {
    for device in devices() {
        let x = device.zeros::<f32>([2, 32]).unwrap();
        for (w, y) in [([31], [2, 32]), ([32], [3, 32]), ([32], [2, 33])] {
            let w = device.zeros::<f32>(w).unwrap();
            let mut y = device.zeros::<f32>(y).unwrap();
            let refused = rms_norm(&device, &x, &w, &mut y, 1e-5);
            assert!(matches!(refused, Err(Error::NoCase { .. })), "{refused:?}");
        }
    }
}
