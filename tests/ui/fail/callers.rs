//! A kernel that does not compile still has its launcher: its callers are no mistakes.

use tilewright::{Device, Error, Tensor, bf16, kernel};

#[kernel(
    shapes(x: [n], y: [n]),
    grid = n.div_ceil(64),
    threads = 64,
    element(T = [f32, bf16]),
    values(FAST = [false, true]),
)]
pub fn scale<T: Float, const FAST: bool>(x: &[T], y: &mut [T], n: u32, a: f32) {
    let i = block_id() * 64 + thread_id();
    y[i] = T::from_f32(x[i].to_f32() * b);
}

pub fn caller(device: &Device, x: &Tensor<bf16>, y: &mut Tensor<bf16>) -> Result<(), Error> {
    scale(device, x, y, 2.0, true)?;
    scale::<bf16>(device, x, y, 2.0, false)
}

pub fn cases() -> usize {
    scale::KERNEL.info.cases.len()
}

fn main() {}
