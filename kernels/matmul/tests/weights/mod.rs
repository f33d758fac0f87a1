//! Random weights in every format.

mod blocks;

pub use blocks::{BESIDE, NO_WEIGHTS, blocks};

use tilewright_kernels_reference::formats::{Format, pack};
use tilewright_runtime::Device;
use tilewright_testing::Guarded;

/// A packed matrix on a device.
pub fn upload(device: &Device, format: Format, n: usize, k: usize, bytes: &[u8]) -> Guarded<u32> {
    let words = pack(format, n, k, bytes).unwrap();
    Guarded::aligned(device, [words.len()], &words, NO_WEIGHTS)
}
