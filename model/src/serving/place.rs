//! [`Place`]: where a model is loaded, and the size of its cache.

use super::BuildError;
use crate::ModelFile;
use crate::engine::EngineError;
use crate::forward::{self, Forward};
use crate::kv_cache;
use crate::step_inputs::StepSize;
use crate::weights::{self, Weights};
use crate::workspace::Workspace;
use tilewright_kernels::PAGE;
use tilewright_runtime::Device;

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
    /// Loads a model; how many pages its cache has.
    pub fn load(
        &self,
        file: &ModelFile,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Box<dyn Forward>, u32), BuildError> {
        let pages = self.cache_pages(file)?;
        let weights = Weights::load(file, self.device, progress).map_err(EngineError::from)?;
        let config = file.config().clone();
        let decoder = forward::decoder(self.device, config, weights, pages, self.capacity)
            .map_err(EngineError::from)?;
        Ok((decoder, pages))
    }

    /// Pages that the memory holds, at most those that are wanted.
    fn cache_pages(&self, file: &ModelFile) -> Result<u32, BuildError> {
        let Place { device, capacity, .. } = *self;
        let config = file.config();
        let element = forward::cache_element_bytes(device);
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
}
