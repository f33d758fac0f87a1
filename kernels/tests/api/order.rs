//! A token's product is the same, bit for bit, whatever tokens stand beside it.

use crate::weights::small_weights;
use tilewright_kernels::{Format, Output, Scratch, SumOrder, WeightMatrix, matmul};
use tilewright_runtime::Device;
use tilewright_testing::{Random, devices, hopper_interpreter, is_interpreter};

const TOKENS: u32 = 18;
const N: u32 = 24;
const K: u32 = 256;

fn products(device: &Device, w: &WeightMatrix, x: &[f32], order: SumOrder) -> Vec<f32> {
    let tokens = (x.len() / K as usize) as u32;
    let scratch = Scratch::new(device, tokens, K).unwrap().ordered(order);
    let x = device.upload([tokens, K], x).unwrap();
    let mut y = device.zeros([tokens, N]).unwrap();
    matmul(device, w, &x, &mut y, 0, Output::Store, &scratch).unwrap();
    y.download().unwrap()
}

#[test]
fn a_product_depends_on_no_other_token() {
    let mut random = Random::new(19);
    let x = random.floats((TOKENS * K) as usize);
    for device in devices().into_iter().chain([hopper_interpreter()]) {
        // Hopper's kernel knows no formats: rounded weights, and those that are f16.
        let is_hopper = device.capabilities().cuda.as_ref().is_some_and(|cuda| cuda.is_hopper());
        let skipped = is_hopper && is_interpreter(&device);
        let formats = Format::ALL.into_iter();
        for format in formats.filter(|f| !skipped || matches!(f, Format::F16 | Format::Q4K)) {
            let w = small_weights(&device, format, N, K, &mut random);
            for order in [SumOrder::Few, SumOrder::Many] {
                let together = products(&device, &w, &x, order);
                assert!(together.iter().all(|y| y.is_finite() && *y != 0.0), "{format}");
                for part in [0..1, 3..12, 17..18] {
                    let own = part.start * K as usize..part.end * K as usize;
                    let own = products(&device, &w, &x[own], order);
                    let among = &together[part.start * N as usize..part.end * N as usize];
                    assert_eq!(own, among, "{format} {order:?} {part:?} on {device:?}");
                }
            }
        }
    }
}
