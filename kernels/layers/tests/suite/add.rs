//! The residual: one rounding, so exact.

use tilewright_kernels_layers::add;
use tilewright_runtime::Error;
use tilewright_testing::{Guarded, Random, devices, is_affordable};

#[test]
fn sums_are_exact_on_every_device() {
    for device in devices() {
        let mut random = Random::new(4);
        for n in [1, 2, 3, 31, 32, 33, 63, 255, 256, 257, 576, 1000, 4099, 300_000] {
            if !is_affordable(&device, n) {
                continue;
            }
            let (x, y) = (random.floats(n), random.floats(n));
            let expected: Vec<f32> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
            let x = Guarded::new(&device, [n], &x, f32::NAN);
            let mut y = Guarded::new(&device, [n], &y, -7.0);
            add(&device, &x.view, &mut y.view).unwrap();
            assert_eq!(y.read(), expected, "{n} on {}", device.capabilities().name);
        }
    }
}

#[test]
fn other_lengths_are_refused() {
    for device in devices() {
        let x = device.zeros::<f32>([64]).unwrap();
        let mut y = device.zeros::<f32>([65]).unwrap();
        let refused = add(&device, &x, &mut y);
        assert!(matches!(refused, Err(Error::NoCase { .. })), "{refused:?}");
    }
}
