//! [`Place`]: where a model is loaded, and the size of its cache.

use super::BuildError;
use crate::engine::EngineError;
use crate::forward::{self, Forward};
use crate::kv_cache;
use crate::step_inputs::StepSize;
use crate::weights::{self, Weights};
use crate::workspace::Workspace;
use crate::{Config, ModelFile};
use tilewright_kernels::PAGE;
use tilewright_runtime::{DType, Device};

/// A device with the sizes of what is loaded there.
pub(super) struct Place<'a> {
    pub device: &'a Device,
    /// Element of the cache.
    pub element: DType,
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
        let Place { device, element, capacity, .. } = *self;
        let decoder = forward::decoder(device, config, weights, element, pages, capacity)
            .map_err(EngineError::from)?;
        Ok((decoder, pages))
    }

    /// Bytes of a page in every layer.
    pub fn page_bytes(&self, config: &Config) -> u64 {
        let (heads, size) = (config.head_count_kv, config.head_size);
        kv_cache::bytes(config.block_count, PAGE, heads, size, self.element.size())
    }

    /// Pages that the memory holds, at most those that are wanted.
    fn cache_pages(&self, file: &ModelFile) -> Result<u32, BuildError> {
        let Place { device, element, capacity, .. } = *self;
        let (config, element) = (file.config(), element.size());
        let (heads, size) = (config.head_count_kv, config.head_size);
        let page = self.page_bytes(config);
        let taken = weights::bytes(file).saturating_add(Workspace::bytes(device, config, capacity));
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
