//! Products and gathers in every format.

use tilewright_kernels::{Format, Output as Store, Scratch, WeightMatrix, gather, matmul};
use tilewright_runtime::Device;

use super::output::{Output, Tolerance, ULP};
use super::random::Random;
use super::{Bound, Case, Prepared};

/// Rows of the matrix; its width, whole blocks in every format.
const N: u32 = 512;
const K: u32 = 768;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for format in Format::ALL {
        // Matrix units have a kernel for each.
        cases.push(product(format, 1, Bound::Bytes));
        cases.push(product(format, 8, Bound::Bytes));
        cases.push(product(format, 64, Bound::Flops));
        cases.push(rows(format));
    }
    cases
}

fn lower(format: Format) -> String {
    format.name().to_lowercase()
}

fn product(format: Format, tokens: u32, bound: Bound) -> Case {
    let shape = format!("{}/{N}x{K}/m{tokens}", lower(format));
    Case::new("matmul", shape, bound, move |device| {
        let mut random = Random::new(6);
        let bytes = random.weights(format, N * K);
        let w = WeightMatrix::upload(device, format, N, K, &bytes)?;
        let x = device.upload([tokens, K], &random.floats(tokens * K))?;
        let y = device.zeros::<f32>([tokens, N])?;
        let scratch = Scratch::new(device, tokens, K)?;
        let tolerance = Tolerance { absolute: tolerance(device, format), relative: 0.0 };
        let outputs = vec![Output::new("y", &y, tolerance)];
        let (device, mut y) = (device.clone(), y);
        let launch = Box::new(move || matmul(&device, &w, &x, &mut y, 0, Store::Store, &scratch));
        Ok(Prepared { launch, outputs })
    })
}

/// How far a product may be off. A sum of K products walks to 3 sqrt(K) times their size, which is 2/3
/// at most in the mean square.
fn tolerance(device: &Device, format: Format) -> f64 {
    let walk = 2.0 * f64::from(K).sqrt();
    // Matrix units round both factors to f16, half a unit each, or activations to bfloat16.
    let rounding = match format {
        _ if device.capabilities().cuda.is_none() => 0.0,
        Format::F32 => 0.0,
        Format::Bf16 => (-8.0f64).exp2(),
        _ => (-10.0f64).exp2(),
    };
    // The K roundings of a sum in f32, half a unit each, walk too; two sums are compared.
    walk * (rounding + f64::from(K).sqrt() * ULP)
}

fn rows(format: Format) -> Case {
    const TOKENS: u32 = 32;
    let shape = format!("{}/{N}x{K}/{TOKENS}", lower(format));
    Case::new("gather", shape, Bound::Bytes, move |device| {
        let mut random = Random::new(7);
        let table = random.weights(format, N * K);
        let table = WeightMatrix::upload(device, format, N, K, &table)?;
        let tokens: Vec<u32> = (0..TOKENS).map(|_| random.next() as u32 % N).collect();
        let tokens = device.upload([TOKENS], &tokens)?;
        let out = device.zeros::<f32>([TOKENS, K])?;
        // A product and a sum that one side may fuse; the two may nearly cancel.
        let tolerance = Tolerance { absolute: 2.0 * ULP, relative: 2.0 * ULP };
        let outputs = vec![Output::new("out", &out, tolerance)];
        let (device, mut out) = (device.clone(), out);
        let launch = Box::new(move || gather(&device, &table, &tokens, &mut out));
        Ok(Prepared { launch, outputs })
    })
}
