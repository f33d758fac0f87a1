//! The wgpu back end: Vulkan, Metal or Direct3D 12 with the adapter's real limits and features.
//!
//! - `adapter`: which adapters there are and which one is meant.
//! - `budget`: how much memory a Vulkan device has.
//! - `limits`: an adapter's facts, and the features that a device is opened with.
//! - `failure`: uncaptured errors and device loss as an `Err` of the next call.
//! - `pipeline`: a text becomes a compute pipeline inside of error scopes.
//! - `immediates`: scalars without a buffer, where the adapter has them.
//! - `dispatch`: a launch becomes a bind group; scalars else become a cached uniform buffer.
//! - `batch`: launches gather in one encoder and one compute pass until somebody waits.
//! - `memory`: one buffer per tensor, uploads, downloads.
//! - `device`: the [`Backend`](crate::backend::Backend) over these.

mod adapter;
mod batch;
#[cfg(not(target_vendor = "apple"))]
mod budget;
#[cfg(target_vendor = "apple")]
mod budget {
    /// Metal is not asked.
    pub(super) fn memory(_: &::wgpu::Adapter) -> Option<crate::MemoryInfo> {
        None
    }
}
mod device;
mod dispatch;
mod failure;
mod immediates;
mod limits;
mod memory;
mod pipeline;

pub(crate) use adapter::enumerate;
pub(crate) use device::WgpuBackend;
pub(crate) use memory::WgpuMemory;
