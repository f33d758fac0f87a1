//! What the interpreters must find: kernels that lie to the verifier with `assume(..)`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use tilewright_kernel_macros::kernel;
use tilewright_runtime::{Device, Error};
use tilewright_testing::{Guarded, interpreters, is_interpreter};

/// `y[i + shift] = x[i]`: in bounds only where `shift` is 0.
#[kernel(
    shapes(x: [n], y: [n]),
    grid = n.div_ceil(THREADS),
    threads = THREADS,
    tiles(THREADS) = first_of[32],
    crate = ::tilewright_runtime,
)]
fn shifted<const THREADS: u32>(x: &[f32], y: &mut [f32], n: u32, shift: u32) {
    let i = block_id() * THREADS + thread_id();
    if i < n {
        assume(i + shift < n);
        y[i + shift] = x[i];
    }
}

/// Every thread adds to the same element, without an atomic.
#[kernel(
    shapes(y: [n]),
    grid = 1,
    threads = 32,
    crate = ::tilewright_runtime,
)]
fn racing(y: &mut [f32], n: u32) {
    if n > 0 {
        y[0] = y[0] + 1.0;
    }
}

fn shift(device: &Device, by: u32) -> Result<Vec<f32>, Error> {
    let data: Vec<f32> = (0..45).map(|i| i as f32).collect();
    let x = Guarded::new(device, [45], &data, f32::NAN);
    let mut y = Guarded::new(device, [45], &[0.0f32; 45], -7.0);
    shifted(device, &x.view, &mut y.view, by)?;
    Ok(y.read())
}

#[test]
fn what_is_in_bounds_runs() {
    for device in interpreters() {
        assert!(is_interpreter(&device));
        assert_eq!(shift(&device, 0).unwrap(), (0..45).map(|i| i as f32).collect::<Vec<_>>());
    }
}

#[test]
fn an_access_out_of_bounds_is_found() {
    for device in interpreters() {
        let error = shift(&device, 1).unwrap_err();
        assert!(matches!(error, Error::Execution { kernel: "shifted", .. }), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn a_race_is_found() {
    for device in interpreters() {
        let mut y = device.zeros::<f32>([4]).unwrap();
        let error = racing(&device, &mut y).unwrap_err();
        assert!(error.to_string().contains("races"), "{error}");
    }
}
