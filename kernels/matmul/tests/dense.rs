//! Dense products: the reference against a sum in `f64`, and what a launch on Hopper passes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use tilewright_kernels_matmul::matmul_dense;
use tilewright_runtime::{
    ArgRecord, Capabilities, CudaCapabilities, Device, DeviceSelector, Error, Options, bf16,
};
use tilewright_testing::devices_or;

fn numbers(count: usize, seed: u32) -> Vec<bf16> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| bf16::from_f32(next())).collect()
}

fn check(device: &Device, [tokens, rows, columns]: [usize; 3]) {
    let (x, w) = (numbers(tokens * columns, 5), numbers(rows * columns, 6));
    let a = device.upload([tokens as u64, columns as u64], &x).unwrap();
    let b = device.upload([rows as u64, columns as u64], &w).unwrap();
    let mut y = device.zeros::<bf16>([tokens as u64, rows as u64]).unwrap();
    matmul_dense(device, &a, &b, &mut y).unwrap();
    for (i, got) in y.download().unwrap().iter().enumerate() {
        let (token, row) = (i / rows, i % rows);
        let products = x[token * columns..][..columns].iter().zip(&w[row * columns..]);
        let sum: f64 = products.map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
        let off = (got.to_f64() - sum).abs();
        assert!(off <= sum.abs() / 256.0 + 1e-4, "{token} {row}: {got}, not {sum}");
    }
}

#[test]
fn devices_agree_with_a_sum_in_f64() {
    for device in devices_or("cpu") {
        let capabilities = device.capabilities();
        let is_other_gpu = capabilities.cuda.as_ref().is_some_and(|cuda| !cuda.is_hopper());
        if is_other_gpu || capabilities.wgpu.is_some() {
            continue;
        }
        for sizes in [[3, 16, 40], [130, 264, 72], [1, 8, 8]] {
            check(&device, sizes);
        }
    }
}

fn pretended() -> Device {
    let cuda = CudaCapabilities {
        sm: 90,
        multiprocessors: 132,
        shared_per_block: 232_448,
        max_threads: 1024,
        max_grid: [i32::MAX as u32, 65_535, 65_535],
        l2_bytes: 50 << 20,
        driver_version: 12_080,
    };
    let cpu = Device::open(&DeviceSelector::Null).unwrap();
    let capabilities = Capabilities { cuda: Some(cuda), ..cpu.capabilities().clone() };
    let options = Options { pretend: Some(capabilities), ..Options::default() };
    Device::open_with(&DeviceSelector::Null, &options).unwrap()
}

#[test]
fn on_hopper_the_tensors_become_maps_and_the_grid_fills_the_device() {
    let device = pretended();
    let (x, w) = (device.zeros([200, 64]).unwrap(), device.zeros([72, 64]).unwrap());
    let mut y = device.zeros::<bf16>([200, 72]).unwrap();
    matmul_dense(&device, &x, &w, &mut y).unwrap();
    let record = device.recorded().pop().unwrap();
    assert_eq!(record.grid, [132, 1, 1]);
    let maps = record.args.iter().filter(|a| matches!(a, ArgRecord::Buffer { dtype: None, .. }));
    assert_eq!(maps.count(), 3);
    let mut odd = device.zeros::<bf16>([200, 71]).unwrap();
    let w = device.zeros([71, 64]).unwrap();
    let refused = matmul_dense(&device, &x, &w, &mut odd);
    assert!(matches!(refused, Err(Error::NoCase { .. })), "{refused:?}");
}
