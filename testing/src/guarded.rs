//! [`Guarded`]: a tensor in the middle of a larger one, whose other elements nothing may touch.

use tilewright_runtime::{Device, Element, Shape, Tensor};

/// Elements behind the view.
const BEHIND: usize = 67;

/// Elements before an aligned view: 256 bytes of the narrowest, which every device binds at.
const ALIGNED: usize = 256;

/// A view with sentinels on both sides.
pub struct Guarded<T: Element> {
    whole: Tensor<T>,
    before: Vec<T>,
    start: usize,
    len: usize,
    /// The middle.
    pub view: Tensor<T>,
}

impl<T: Element> Guarded<T> {
    /// `data` between sentinels, as near to the start as the device binds buffers, at an element of
    /// its own elsewhere: vectors there are not aligned.
    pub fn new(device: &Device, shape: impl Into<Shape>, data: &[T], sentinel: T) -> Guarded<T> {
        let start = match &device.capabilities().wgpu {
            Some(wgpu) => (wgpu.storage_alignment as usize).max(size_of::<T>()) / size_of::<T>(),
            // The runtime wants views of 16-bit elements at whole words.
            None => 4 / size_of::<T>(),
        };
        Self::at(device, shape, data, sentinel, start)
    }

    /// `data` between sentinels, where the largest vectors are aligned: what kernels with vector loads
    /// demand of their weights and caches.
    pub fn aligned(
        device: &Device,
        shape: impl Into<Shape>,
        data: &[T],
        sentinel: T,
    ) -> Guarded<T> {
        Self::at(device, shape, data, sentinel, ALIGNED)
    }

    /// `data` from element `start` of a larger tensor.
    pub fn at(
        device: &Device,
        shape: impl Into<Shape>,
        data: &[T],
        sentinel: T,
        start: usize,
    ) -> Guarded<T> {
        let len = data.len();
        let mut before = vec![sentinel; start];
        before.extend_from_slice(data);
        before.resize(start + len + BEHIND + (start + len + BEHIND) % 2, sentinel);
        let whole = device.upload([before.len()], &before).unwrap();
        let view = whole.view(start as u64, shape).unwrap();
        Guarded { whole, before, start, len, view }
    }

    /// The middle, after a check of the sentinels.
    pub fn read(&self) -> Vec<T> {
        let after = self.whole.download().unwrap();
        let end = self.start + self.len;
        assert_eq!(after[..self.start], self.before[..self.start], "written before the start");
        assert_eq!(after[end..], self.before[end..], "written behind the end");
        after[self.start..end].to_vec()
    }
}
