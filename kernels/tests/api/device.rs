//! Devices and tensors for the tests.

use tilewright_runtime::{Device, DeviceSelector, Element, Shape, Tensor};

pub fn cpu() -> Device {
    Device::open(&DeviceSelector::Cpu).unwrap()
}

/// A tensor of `value`.
pub fn filled<T: Element>(device: &Device, shape: impl Into<Shape>, value: T) -> Tensor<T> {
    let shape = shape.into();
    let len = shape.elements().unwrap() as usize;
    device.upload(shape, &vec![value; len]).unwrap()
}

/// A tensor of small repeatable numbers in -1..1.
pub fn numbers(device: &Device, shape: impl Into<Shape>, seed: u32) -> Tensor<f32> {
    let shape = shape.into();
    let len = shape.elements().unwrap() as u32;
    device.upload(shape, &(0..len).map(|i| number(i, seed)).collect::<Vec<_>>()).unwrap()
}

/// Number `i` of a repeatable sequence in -1..1.
pub fn number(i: u32, seed: u32) -> f32 {
    let mixed = (i ^ seed.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B);
    ((mixed ^ (mixed >> 13)).wrapping_mul(0xC2B2_AE35) >> 16) as f32 / 32768.0 - 1.0
}
