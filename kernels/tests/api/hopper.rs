//! Products of many tokens on Hopper, in the interpreter: rounded weights and those that are f16, against
//! the scalar product.

use crate::device::cpu;
use crate::weights::small_weights;
use tilewright_kernels::{Format, Output, Scratch, SumOrder, matmul};
use tilewright_runtime::Device;
use tilewright_testing::{Random, hopper_interpreter};

/// Columns of `y` before the product's.
const COLUMN: u32 = 2;

fn product(device: &Device, format: Format, [tokens, n, k]: [u32; 3], order: SumOrder) -> Vec<f32> {
    let mut random = Random::new(u64::from(tokens * 7 + n));
    let w = small_weights(device, format, n, k, &mut random);
    let x = random.floats((tokens * k) as usize);
    let x = device.upload([tokens, k], &x).unwrap();
    let before = random.floats((tokens * (n + 6)) as usize);
    let mut y = device.upload([tokens, n + 6], &before).unwrap();
    let scratch = Scratch::new(device, tokens, k).unwrap().ordered(order);
    matmul(device, &w, &x, &mut y, COLUMN, Output::Add, &scratch).unwrap();
    y.download().unwrap()
}

fn check(format: Format, shape: [u32; 3]) {
    let hopper = hopper_interpreter();
    let found = product(&hopper, format, shape, SumOrder::Many);
    let expected = product(&cpu(), format, shape, SumOrder::Many);
    let largest = expected.iter().fold(0.0f32, |most, y| most.max(y.abs()));
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        // Activations have eleven bits, and so have weights that are products of scales.
        let off = (found - expected).abs();
        assert!(off <= largest * 1e-3, "{format} {shape:?} {at}: {found}, not {expected}");
    }
    let launched = hopper.recorded();
    assert!(launched.iter().any(|launch| launch.kernel.contains("matmul_scaled")));
}

#[test]
fn every_format_is_multiplied() {
    for format in Format::ALL.into_iter().filter(|format| *format != Format::F32) {
        check(format, [70, 34, 256]);
    }
}

#[test]
fn more_tokens_than_a_tile_and_more_rows() {
    check(Format::Q8_0, [150, 130, 64]);
    check(Format::Bf16, [130, 66, 96]);
}
