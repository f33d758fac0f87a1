//! [`Place`]: where a model is loaded, and the size of its cache.

use super::BuildError;
use super::pass::Passes;
use crate::ModelFile;
use crate::decoder::{Decoder, DecoderError};
use crate::engine::EngineError;
use crate::kv_cache;
use crate::step_inputs::StepSize;
use crate::weights::{self, Weights};
use crate::workspace::Workspace;
use half::f16;
use tilewright_kernels::PAGE;
use tilewright_runtime::{BackendKind, Device};

/// A device with the sizes of what is loaded there.
pub(super) struct Place<'a> {
    pub device: &'a Device,
    /// The largest pass.
    pub capacity: StepSize,
    /// Pages that are wanted.
    pub pages: u32,
    /// Share of the memory beside weights and buffers that the cache may take.
    pub fraction: f32,
}

impl Place<'_> {
    /// Loads a model; how many pages its cache has. The cache's elements are f32 on a processor and
    /// f16 elsewhere.
    pub fn load(
        &self,
        file: &ModelFile,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Box<dyn Passes>, u32), BuildError> {
        let wide = self.device.kind() == BackendKind::Cpu;
        let pages = self.cache_pages(file, if wide { 4 } else { 2 })?;
        let weights = Weights::load(file, self.device, progress).map_err(EngineError::from)?;
        let passes = self.decoder(file, weights, pages, wide).map_err(EngineError::from)?;
        Ok((passes, pages))
    }

    /// Pages that the memory holds, at most those that are wanted.
    fn cache_pages(&self, file: &ModelFile, element: usize) -> Result<u32, BuildError> {
        let Place { device, capacity, .. } = *self;
        let config = file.config();
        let (heads, size) = (config.head_count_kv, config.head_size);
        let page = kv_cache::bytes(config.block_count, PAGE, heads, size, element);
        let taken = weights::bytes(file).saturating_add(Workspace::bytes(config, capacity));
        let mut pages = u64::from(self.pages);
        if let Some(memory) = device.memory() {
            let free = memory.free.saturating_sub(taken);
            let share = (free as f64 * f64::from(self.fraction)) as u64;
            let needed = page.saturating_mul(capacity.pages.into());
            if memory.free < taken || share < needed {
                let context = capacity.pages.saturating_mul(PAGE);
                return Err(BuildError::NoRoom { free: share, context, needed });
            }
            pages = pages.min(share / page.max(1));
        }
        if let Some(wgpu) = &device.capabilities().wgpu {
            // Keys of one layer are one buffer.
            let layer = kv_cache::bytes(1, PAGE, heads, size, element) / 2;
            let most = wgpu.max_storage_binding.min(wgpu.max_buffer);
            pages = pages.min(most / layer.max(1));
        }
        Ok(u32::try_from(pages).unwrap_or(u32::MAX))
    }

    fn decoder(
        &self,
        file: &ModelFile,
        weights: Weights,
        pages: u32,
        wide: bool,
    ) -> Result<Box<dyn Passes>, DecoderError> {
        let (device, config, capacity) = (self.device, file.config().clone(), self.capacity);
        if wide {
            return Ok(Box::new(Decoder::<f32>::new(device, config, weights, pages, capacity)?));
        }
        Ok(Box::new(Decoder::<f16>::new(device, config, weights, pages, capacity)?))
    }
}
