//! Devices, buffers and launches: CUDA, wgpu, CPU and null behind one narrow trait.
//!
//! Read in this order: [`kernel`] (what the macros emit), `device` (open one, make tensors),
//! `launch` (every check, once), `backend` (the trait and its numbered design choices), then one
//! folder or file per back end: `cuda/`, `wgpu/`, `cpu`, `null`.
//!
//! ```
//! use tilewright_runtime::{Device, DeviceSelector};
//!
//! let device = Device::open(&"cpu".parse::<DeviceSelector>()?)?;
//! let x = device.upload([2, 3], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0])?;
//! assert_eq!(x.download()?.len(), 6);
//! # Ok::<(), tilewright_runtime::Error>(())
//! ```

pub mod interop;
pub mod kernel;

mod backend;
mod buffer;
mod capabilities;
mod choice;
mod cpu;
mod cuda;
mod device;
mod dtype;
mod enumerate;
mod error;
mod executor;
mod fault;
mod host_memory;
mod launch;
mod memory_info;
mod null;
mod options;
mod overlap;
mod queued;
mod recording;
mod reference;
pub mod rule;
mod scalar;
mod select;
mod shape;
mod tensor;
mod tensor_map;
mod typed_kernel;
mod wgpu;

pub use buffer::RawTensor;
pub use capabilities::{
    BackendKind, Capabilities, CooperativeMatrix, CudaCapabilities, MatrixElement, WgpuCapabilities,
};
pub use choice::choose_text;
pub use device::Device;
pub use dtype::{DType, Element, F8E4M3, F8E5M2};
pub use enumerate::{FoundDevice, enumerate};
pub use error::Error;
pub use executor::{Executor, HostArg, HostLaunch};
pub use fault::{Fault, FaultPoint};
pub use kernel::{Case, KernelInfo, KernelText, Param, ParamKind, Reference, Target};
pub use launch::{Arg, Launch};
pub use memory_info::MemoryInfo;
pub use null::{ArgRecord, DispatchRecord};
pub use options::Options;
pub use queued::Queued;
pub use recording::{LaunchCost, Recording};
pub use reference::{ReferenceArg, ReferenceCall};
pub use scalar::ScalarValue;
pub use select::DeviceSelector;
pub use shape::Shape;
pub use tensor::Tensor;
pub use tensor_map::{Swizzle, TensorMap, TensorMapDescriptor};
pub use typed_kernel::TypedKernel;

/// The 16-bit floats of [`Element`].
pub use half::{bf16, f16};
