//! Products with weights as fragments: from a file's blocks to the result, against f64, by the reference
//! and by the interpreter of the text for Hopper.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "weights/blocks.rs"]
mod random_blocks;

use random_blocks::{BESIDE, NO_WEIGHTS, blocks};
use std::sync::Arc;
use tilewright_kernels_matmul::fragments::matvec;
use tilewright_kernels_reference::formats::{Format, Fragments, dequantise_row, pack};
use tilewright_runtime::{Capabilities, CudaCapabilities, Device, DeviceSelector, Error, Options};
use tilewright_testing::{Guarded, Interpreter, Random};

/// A null device that says it is a Hopper GPU, and has the interpreter run its launches.
fn interpreter() -> Device {
    let cuda = CudaCapabilities {
        sm: 90,
        multiprocessors: 132,
        shared_per_block: 232_448,
        max_threads: 1024,
        max_grid: [i32::MAX as u32, 65_535, 65_535],
        l2_bytes: 50 << 20,
        driver_version: 13_000,
    };
    let null = Device::open(&DeviceSelector::Null).unwrap();
    let pretended = Capabilities { cuda: Some(cuda), ..null.capabilities().clone() };
    let executor = Arc::new(Interpreter::default());
    let options =
        Options { pretend: Some(pretended), executor: Some(executor), ..Options::default() };
    Device::open_with(&DeviceSelector::Null, &options).unwrap()
}

/// The reference, the interpreter, and a Hopper GPU where one is asked for.
fn devices() -> Vec<Device> {
    let mut all = vec![Device::open(&"cpu".parse().unwrap()).unwrap(), interpreter()];
    let names = std::env::var("TILEWRIGHT_TEST_DEVICES").unwrap_or_default();
    for name in names.split(',').filter(|name| name.starts_with("cuda")) {
        let device = Device::open(&name.parse().unwrap()).unwrap();
        if device.capabilities().cuda.as_ref().is_some_and(CudaCapabilities::is_hopper) {
            all.push(device);
        }
    }
    all
}

/// The exact sum, and how far the kernel's may be from it.
fn exact(format: Format, row: &[f32], x: &[f32]) -> (f64, f64) {
    let (mut sum, mut size, mut activations) = (0.0, 0.0, 0.0);
    for (w, x) in row.iter().zip(x) {
        let product = f64::from(*w) * f64::from(*x);
        sum += product;
        size += product.abs();
        activations += f64::from(x.abs());
    }
    // Activations are off by half an ulp of bf16 or f16. Quantised numbers enter with offsets of up to
    // 1024 + 240, whose share cancels: what f32 loses of it (an ulp for each of two products of a group,
    // for its offset and for their sum) stands, times a scale, of which `blocks` has none over 0.05. An
    // activation under 2^-10 that is divided by 16 loses up to 2^-25 of f16's subnormals more, times that.
    let small = x.iter().filter(|x| x.abs() < 1.0 / 1024.0).count() as f64;
    match format {
        Format::Bf16 => (sum, size * (-8.0f64).exp2() + 1e-6),
        _ => {
            let offset = 1264.0 * 0.05;
            let lost = activations * (-22.0f64).exp2() + small * (-25.0f64).exp2();
            (sum, size * (-10.0f64).exp2() + offset * lost + 1e-6)
        }
    }
}

fn check(device: &Device, format: Format, [tokens, n, k]: [usize; 3], accumulate: u32) {
    let mut random = Random::new((tokens * 31 + n) as u64);
    let bytes = blocks(format, n, k, &mut random);
    let words = Fragments::new(format, n, k).unwrap().pack(&bytes).unwrap();
    let x: Vec<f32> = (0..tokens * k).map(|_| random.float()).collect();
    let (column, stride) = (3, n + 5);
    let before: Vec<f32> = (0..tokens * stride).map(|_| random.float()).collect();
    let given = Guarded::aligned(device, [tokens, k], &x, BESIDE);
    let w = Guarded::aligned(device, [words.len()], &words, NO_WEIGHTS);
    let mut y = Guarded::aligned(device, [tokens, stride], &before, BESIDE);
    let name = format.name();
    matvec(device, &given.view, &w.view, &mut y.view, n as u32, column, accumulate, name).unwrap();
    let found = y.read();
    let packed = pack(format, n, k, &bytes).unwrap();
    let mut row = vec![0.0f32; k];
    for r in 0..n {
        dequantise_row(format, n, &packed, r, &mut row).unwrap();
        for t in 0..tokens {
            let at = t * stride + column as usize + r;
            let (sum, tolerance) = exact(format, &row, &x[t * k..][..k]);
            let sum = sum + f64::from(before[at]) * f64::from(accumulate);
            let error = (f64::from(found[at]) - sum).abs();
            assert!(
                error <= tolerance + sum.abs() * 1e-6,
                "{format} {tokens}x{n}x{k} on {}: y[{t}, {r}] is off by {error} of {tolerance}",
                device.capabilities().name
            );
        }
    }
    for (at, (found, before)) in found.iter().zip(&before).enumerate() {
        let owned = (3..n + 3).contains(&(at % stride));
        assert!(owned || found == before, "a sentinel at {at}");
    }
}

#[test]
fn one_to_eight_tokens_agree_with_f64() {
    for device in devices() {
        for (format, slots) in [(Format::Q4_0, 2048), (Format::Q8_0, 1024), (Format::Bf16, 512)] {
            for tokens in 1..=8 {
                let n = if tokens % 2 == 1 { 16 } else { 48 };
                check(&device, format, [tokens, n, slots], tokens as u32 % 3 % 2);
            }
            // Several slots a warp, and the wider tile.
            check(&device, format, [1, 16, 3 * slots], 0);
            check(&device, format, [3, 32, 2 * slots], 1);
        }
    }
}

#[test]
fn other_sizes_are_refused() {
    let device = interpreter();
    let w = device.zeros::<u32>(64).unwrap();
    for [tokens, n, k] in [[9u32, 16, 2048], [1, 24, 2048], [1, 16, 2080], [8, 16, 14_336]] {
        let x = device.zeros::<f32>([tokens, k]).unwrap();
        let mut y = device.zeros::<f32>([tokens, n]).unwrap();
        let refused = matvec(&device, &x, &w, &mut y, n, 0, 0, "Q4_0");
        assert!(matches!(refused, Err(Error::NoCase { .. })), "{tokens} {n} {k}: {refused:?}");
    }
}
