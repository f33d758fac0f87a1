//! [`Forward`]: a decoder whose cache element is not part of its type.

use crate::batch::Batch;
use crate::config::Config;
use crate::decoder::{Decoder, DecoderError, Outputs};
use crate::kv_cache::SlotMove;
use crate::step_inputs::StepSize;
use crate::weights::Weights;
use half::{bf16, f16};
use tilewright_kernels::KvElement;
use tilewright_runtime::{DType, Device};

/// A [`Decoder`] with a cache of any element.
pub(crate) trait Forward: Send {
    /// As [`Decoder::forward`].
    fn forward(&mut self, batch: &Batch) -> Result<Outputs, DecoderError>;

    /// As [`Decoder::grow_cache`].
    fn grow_cache(&mut self, pages: u32) -> Result<(), DecoderError>;

    /// As [`Decoder::copy_page`].
    fn copy_page(&mut self, from: u32, to: u32) -> Result<(), DecoderError>;

    /// As [`Decoder::move_slots`].
    fn move_slots(&mut self, moves: &[SlotMove]) -> Result<(), DecoderError>;

    /// As [`Decoder::swap_out`].
    fn swap_out(&mut self, page: u32, slot: u32) -> Result<(), DecoderError>;

    /// As [`Decoder::swap_in`].
    fn swap_in(&mut self, page: u32, slot: u32) -> Result<(), DecoderError>;
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

    fn move_slots(&mut self, moves: &[SlotMove]) -> Result<(), DecoderError> {
        Decoder::move_slots(self, moves)
    }

    fn swap_out(&mut self, page: u32, slot: u32) -> Result<(), DecoderError> {
        Decoder::swap_out(self, page, slot)
    }

    fn swap_in(&mut self, page: u32, slot: u32) -> Result<(), DecoderError> {
        Decoder::swap_in(self, page, slot)
    }
}

/// [`Decoder::new`] with a cache of the element that [`KvDtype::on`](crate::kv_cache::KvDtype::on)
/// gave.
///
/// # Errors
/// As there.
pub(crate) fn decoder(
    device: &Device,
    config: Config,
    weights: Weights,
    element: DType,
    pages: u32,
    capacity: StepSize,
) -> Result<Box<dyn Forward>, DecoderError> {
    Ok(match element {
        DType::F32 => Box::new(Decoder::<f32>::new(device, config, weights, pages, capacity)?),
        DType::Bf16 => Box::new(Decoder::<bf16>::new(device, config, weights, pages, capacity)?),
        _ => Box::new(Decoder::<f16>::new(device, config, weights, pages, capacity)?),
    })
}
