//! The activation.

use tilewright_kernels_layers::swiglu;
use tilewright_runtime::Error;
use tilewright_testing::{Guarded, Random, ULP, assert_close, devices, is_affordable};

#[test]
fn gates_are_applied_on_every_device() {
    for device in devices() {
        let mut random = Random::new(3);
        let ragged = [(1, 1), (3, 2), (2, 31), (5, 33), (2, 255), (3, 1025)];
        let plain = [(1, 32), (3, 64), (2, 256), (2, 1536), (33, 96)];
        let drawn: Vec<_> = (0..20).map(|_| (random.size(9), random.size(500))).collect();
        for (rows, cols) in ragged.into_iter().chain(plain).chain(drawn) {
            if !is_affordable(&device, rows * cols) {
                continue;
            }
            // Gates to both ends: exp(100) is infinite in f32.
            let mut gate_up = random.floats(rows * 2 * cols);
            for (i, x) in gate_up.iter_mut().enumerate() {
                *x *= [1.0, 10.0, 100.0][i % 3];
            }
            let parts =
                |r: usize, c: usize| (gate_up[r * 2 * cols + c], gate_up[(2 * r + 1) * cols + c]);
            let places = || (0..rows).flat_map(|r| (0..cols).map(move |c| (r, c)));
            let naive: Vec<f32> = places()
                .map(|(r, c)| {
                    let (gate, up) = parts(r, c);
                    gate / (1.0 + (-gate).exp()) * up
                })
                .collect();
            let exact: Vec<f64> = places()
                .map(|(r, c)| {
                    let (gate, up) = parts(r, c);
                    let gate = f64::from(gate);
                    gate / (1.0 + (-gate).exp()) * f64::from(up)
                })
                .collect();
            let x = Guarded::new(&device, [rows, 2 * cols], &gate_up, f32::NAN);
            let mut y = Guarded::new(&device, [rows, cols], &vec![5.0; rows * cols], -7.0);
            swiglu(&device, &x.view, &mut y.view).unwrap();
            // The exponential to 3 + 2 |x| ulp, a quotient to 2.5, a sum and a product.
            let floor = |i: usize| {
                let (gate, up) = parts(i / cols, i % cols);
                // A device may flush what is below the smallest normal number.
                let flushed = f64::from(f32::MIN_POSITIVE) * f64::from(gate * up).abs().max(1.0);
                exact[i].abs() * (7.0 + 2.0 * f64::from(gate.abs())) * ULP + 4.0 * flushed
            };
            let what = format!("swiglu of {rows} x {cols}");
            assert_close(&device, &what, &y.read(), &naive, &exact, floor);
        }
    }
}

#[test]
fn other_shapes_are_refused() {
    for device in devices() {
        let gate_up = device.zeros::<f32>([2, 64]).unwrap();
        for shape in [[2, 31], [1, 32], [2, 64]] {
            let mut y = device.zeros::<f32>(shape).unwrap();
            let refused = swiglu(&device, &gate_up, &mut y);
            assert!(matches!(refused, Err(Error::NoCase { .. })), "{refused:?}");
        }
    }
}
