//! Memory of a Vulkan device: wgpu itself does not tell it.

use ::wgpu::Adapter;
use ::wgpu::hal::api::Vulkan;
use ash::{ext, vk};

use crate::MemoryInfo;

/// The largest heap of the device's own memory: what the process may still take of it where the driver
/// has `VK_EXT_memory_budget`, and else all of it. `None` through another interface than Vulkan.
pub(super) fn memory(adapter: &Adapter) -> Option<MemoryInfo> {
    // SAFETY: the handles are used within this function only, and nothing is destroyed.
    let adapter = unsafe { adapter.as_hal::<Vulkan>() }?;
    let facts = adapter.physical_device_capabilities();
    let instance = adapter.shared_instance();
    let oldest = instance.instance_api_version().min(facts.properties().api_version);
    if oldest < vk::API_VERSION_1_1 {
        return None;
    }
    let has_budget = facts.supports_extension(ext::memory_budget::NAME);
    let mut budget = vk::PhysicalDeviceMemoryBudgetPropertiesEXT::default();
    let mut properties = vk::PhysicalDeviceMemoryProperties2::default();
    if has_budget {
        properties = properties.push_next(&mut budget);
    }
    // SAFETY: the physical device belongs to this instance; both know Vulkan 1.1, where the function is
    // from, and the structure behind the first one is known to the driver by its extension.
    unsafe {
        let device = adapter.raw_physical_device();
        instance.raw_instance().get_physical_device_memory_properties2(device, &mut properties);
    }
    let heaps = properties.memory_properties;
    let heaps = heaps.memory_heaps.iter().take(heaps.memory_heap_count as usize);
    let own = heaps
        .enumerate()
        .filter(|(_, heap)| heap.flags.contains(vk::MemoryHeapFlags::DEVICE_LOCAL))
        .max_by_key(|(_, heap)| heap.size);
    let (index, heap) = own?;
    let of = |amounts: &[u64]| amounts.get(index).copied().unwrap_or(0);
    let left = of(&budget.heap_budget).saturating_sub(of(&budget.heap_usage));
    Some(MemoryInfo { free: if has_budget { left } else { heap.size }, total: heap.size })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::wgpu::adapter;

    #[test]
    fn every_vulkan_device_tells_its_memory() {
        let adapter = adapter::find(None).unwrap();
        let memory = super::memory(&adapter).unwrap();
        assert!(memory.free > 1 << 26 && memory.free <= memory.total, "{memory:?}");
    }
}
