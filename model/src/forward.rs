//! [`Forward`]: a decoder whose cache element is not part of its type.

use crate::batch::Batch;
use crate::config::Config;
use crate::decoder::{Decoder, DecoderError, Outputs};
use crate::step_inputs::StepSize;
use crate::weights::Weights;
use half::f16;
use tilewright_kernels::KvElement;
use tilewright_runtime::{BackendKind, Device};

/// A [`Decoder`] with a cache of any element.
pub(crate) trait Forward: Send {
    /// As [`Decoder::forward`].
    fn forward(&mut self, batch: &Batch) -> Result<Outputs, DecoderError>;

    /// As [`Decoder::grow_cache`].
    fn grow_cache(&mut self, pages: u32) -> Result<(), DecoderError>;

    /// As [`Decoder::copy_page`].
    fn copy_page(&mut self, from: u32, to: u32) -> Result<(), DecoderError>;
}

impl<K: KvElement> Forward for Decoder<K> {
    fn forward(&mut self, batch: &Batch) -> Result<Outputs, DecoderError> {
        Decoder::forward(self, batch)
    }

    fn grow_cache(&mut self, pages: u32) -> Result<(), DecoderError> {
        Decoder::grow_cache(self, pages)
    }

    fn copy_page(&mut self, from: u32, to: u32) -> Result<(), DecoderError> {
        Decoder::copy_page(self, from, to)
    }
}

/// Whether the cache's elements are f32, as on a processor, and not f16.
fn is_wide(device: &Device) -> bool {
    device.kind() == BackendKind::Cpu
}

/// Bytes of an element of a device's cache.
pub(crate) fn cache_element_bytes(device: &Device) -> usize {
    if is_wide(device) { size_of::<f32>() } else { size_of::<f16>() }
}

/// [`Decoder::new`] with the device's cache element.
///
/// # Errors
/// As there.
pub(crate) fn decoder(
    device: &Device,
    config: Config,
    weights: Weights,
    pages: u32,
    capacity: StepSize,
) -> Result<Box<dyn Forward>, DecoderError> {
    if is_wide(device) {
        return Ok(Box::new(Decoder::<f32>::new(device, config, weights, pages, capacity)?));
    }
    Ok(Box::new(Decoder::<f16>::new(device, config, weights, pages, capacity)?))
}
