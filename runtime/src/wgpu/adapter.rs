//! Which adapters there are, and which one is meant.

use std::sync::{LazyLock, Mutex, PoisonError};

use ::wgpu::{
    Adapter, Backends, Device, DeviceDescriptor, DeviceType, Instance, InstanceDescriptor,
    InstanceFlags, Queue, RequestDeviceError,
};

use super::limits;
use crate::{BackendKind, Capabilities, Error};

/// Every adapter's facts, in index order; none where there is no driver.
pub(crate) fn enumerate() -> Vec<Capabilities> {
    adapters().iter().map(limits::capabilities).collect()
}

/// Adapter `index`, or the best one.
pub(super) fn find(index: Option<usize>) -> Result<Adapter, Error> {
    let mut adapters = adapters();
    if adapters.is_empty() {
        return Err(Error::NoDriver { backend: BackendKind::Wgpu, reason: advice().to_owned() });
    }
    let index = match index {
        Some(index) => index,
        None => best(&adapters),
    };
    if index < adapters.len() {
        return Ok(adapters.swap_remove(index));
    }
    let found = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    Err(Error::NoSuchDevice { backend: BackendKind::Wgpu, index, found })
}

/// The process's only instance, never dropped: drivers have hung where some threads loaded them while
/// others unloaded them.
static INSTANCE: LazyLock<Instance> = LazyLock::new(|| {
    Instance::new(InstanceDescriptor {
        // No validation layers: wgpu validates every call itself.
        flags: InstanceFlags::empty(),
        ..InstanceDescriptor::new_without_display_handle()
    })
});

/// Held while a driver is asked for adapters or a device, one thread after the other: see [`INSTANCE`].
static DRIVER: Mutex<()> = Mutex::new(());

fn adapters() -> Vec<Adapter> {
    // Nothing is behind the lock that a panic could leave half done.
    let _alone = DRIVER.lock().unwrap_or_else(PoisonError::into_inner);
    let all = Backends::VULKAN | Backends::METAL | Backends::DX12;
    pollster::block_on(INSTANCE.enumerate_adapters(all))
}

/// A device of an adapter.
pub(super) fn request_device(
    adapter: &Adapter,
    descriptor: &DeviceDescriptor<'_>,
) -> Result<(Device, Queue), RequestDeviceError> {
    let _alone = DRIVER.lock().unwrap_or_else(PoisonError::into_inner);
    pollster::block_on(adapter.request_device(descriptor))
}

/// Real GPUs before software; the first of equals.
fn best(adapters: &[Adapter]) -> usize {
    let rank = |index: &usize| match adapters[*index].get_info().device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    };
    (0..adapters.len()).min_by_key(rank).unwrap_or(0)
}

fn advice() -> &'static str {
    if cfg!(target_os = "linux") {
        "no Vulkan adapter was found; install the GPU's Vulkan driver, or for software Vulkan: \
         apt-get install mesa-vulkan-drivers libvulkan1"
    } else {
        "no adapter was found; install or update the GPU's driver"
    }
}
