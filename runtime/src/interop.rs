//! Raw handles of the back ends: the only place with wgpu or CUDA types in a public signature.
//! They change with every release of those crates.

use crate::cuda::{CudaBackend, CudaMemory};
use crate::wgpu::{WgpuBackend, WgpuMemory};
use crate::{Device, Error, RawTensor};

/// The wgpu device and queue; `None` on other back ends. Call
/// [`Device::synchronise`] before submitting work of one's own.
pub fn wgpu_device(device: &Device) -> Option<(::wgpu::Device, ::wgpu::Queue)> {
    device.backend().as_any().downcast_ref::<WgpuBackend>().map(WgpuBackend::handles)
}

/// The wgpu buffer below a tensor.
///
/// # Errors
/// [`Error::WrongDevice`] on other back ends.
pub fn wgpu_buffer(tensor: &RawTensor) -> Result<::wgpu::Buffer, Error> {
    Ok(tensor.allocation().memory::<WgpuMemory>()?.buffer.clone())
}

/// The CUDA stream of a device; `None` on other back ends.
pub fn cuda_stream(device: &Device) -> Option<cudarc::driver::sys::CUstream> {
    device.backend().as_any().downcast_ref::<CudaBackend>().map(CudaBackend::stream)
}

/// The CUDA address of a tensor's first element.
///
/// # Errors
/// [`Error::WrongDevice`] on other back ends.
pub fn cuda_address(tensor: &RawTensor) -> Result<cudarc::driver::sys::CUdeviceptr, Error> {
    Ok(tensor.allocation().memory::<CudaMemory>()?.address() + tensor.region().offset)
}
