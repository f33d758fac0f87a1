//! [`enumerate`]: every device of this machine, for the `devices` command.

use crate::{Capabilities, DeviceSelector, cpu, cuda, wgpu};

/// A device that [`Device::open`](crate::Device::open) can open.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundDevice {
    /// How to select it.
    pub selector: DeviceSelector,
    /// Its facts.
    pub capabilities: Capabilities,
}

/// Every CUDA device, every wgpu adapter and the CPU, in that order. Back ends without a driver
/// have none.
pub fn enumerate() -> Vec<FoundDevice> {
    let cuda = cuda::enumerate().into_iter().enumerate().map(|(index, capabilities)| FoundDevice {
        selector: DeviceSelector::Cuda(Some(index)),
        capabilities,
    });
    let wgpu = wgpu::enumerate().into_iter().enumerate().map(|(index, capabilities)| FoundDevice {
        selector: DeviceSelector::Wgpu(Some(index)),
        capabilities,
    });
    let cpu = FoundDevice { selector: DeviceSelector::Cpu, capabilities: cpu::capabilities() };
    cuda.chain(wgpu).chain([cpu]).collect()
}
