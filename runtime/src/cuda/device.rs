//! The CUDA [`Backend`], and which devices there are.

use std::any::Any;
use std::sync::Arc;

use cudarc::driver::{result, sys};

use super::context::Context;
use super::graph::Graph;
use super::memory::{CudaMemory, Staging};
use super::module::Functions;
use super::tensor_map::TensorMaps;
use super::{driver, launch, memory};
use crate::backend::{Backend, Command, Opaque, Pipeline, Region, foreign};
use crate::kernel::{KernelInfo, KernelText};
use crate::{
    BackendKind, Capabilities, CudaCapabilities, Error, MemoryInfo, Options, TensorMapDescriptor,
};

/// A CUDA device with one stream.
#[derive(Debug)]
pub(crate) struct CudaBackend {
    capabilities: Capabilities,
    sm: u32,
    functions: Functions,
    staging: Staging,
    tensor_maps: TensorMaps,
    context: Arc<Context>,
}

impl CudaBackend {
    pub(crate) fn open(index: usize, options: &Options) -> Result<Self, Error> {
        let version = driver::initialise()?;
        let count = count()?;
        if index >= count {
            let name = |index| device(index).and_then(name).unwrap_or_else(|_| "?".to_owned());
            let found = (0..count).map(name).collect();
            return Err(Error::NoSuchDevice { backend: BackendKind::Cuda, index, found });
        }
        let device = device(index)?;
        let (capabilities, cuda) = capabilities(device, version)?;
        let context = Context::retain(device)?;
        let staging = Staging::new(&context)?;
        let functions = Functions::new(context.clone(), options, &capabilities, cuda.sm);
        let tensor_maps = TensorMaps::default();
        Ok(CudaBackend { capabilities, sm: cuda.sm, functions, staging, tensor_maps, context })
    }

    pub(crate) fn stream(&self) -> sys::CUstream {
        self.context.stream()
    }
}

/// The facts of every CUDA device; none where there is no driver.
pub(crate) fn enumerate() -> Vec<Capabilities> {
    let found = driver::initialise().and_then(|version| {
        let devices = 0..count()?;
        devices.map(|index| Ok(capabilities(device(index)?, version)?.0)).collect()
    });
    found.unwrap_or_else(|error| {
        tracing::info!(%error, "no CUDA devices");
        Vec::new()
    })
}

fn count() -> Result<usize, Error> {
    let count = result::device::get_count();
    let count = count.map_err(|error| driver::failed("cuDeviceGetCount", error))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn device(index: usize) -> Result<sys::CUdevice, Error> {
    let index = i32::try_from(index).unwrap_or(i32::MAX);
    result::device::get(index).map_err(|error| driver::failed("cuDeviceGet", error))
}

fn name(device: sys::CUdevice) -> Result<String, Error> {
    result::device::get_name(device).map_err(|error| driver::failed("cuDeviceGetName", error))
}

fn capabilities(
    device: sys::CUdevice,
    driver_version: u32,
) -> Result<(Capabilities, CudaCapabilities), Error> {
    use sys::CUdevice_attribute_enum as Attribute;
    let get = |attribute| {
        // SAFETY: `device` comes from cuDeviceGet.
        let value = unsafe { result::device::get_attribute(device, attribute) };
        let value = value.map_err(|error| driver::failed("cuDeviceGetAttribute", error))?;
        Ok::<u32, Error>(value.unsigned_abs())
    };
    let cuda = CudaCapabilities {
        sm: get(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)? * 10
            + get(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
        multiprocessors: get(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
        shared_per_block: get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?,
        max_threads: get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK)?,
        max_grid: [
            get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X)?,
            get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y)?,
            get(Attribute::CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z)?,
        ],
        l2_bytes: get(Attribute::CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)?,
        driver_version,
    };
    let (major, minor) = (driver_version / 1000, driver_version % 1000 / 10);
    let module = driver::kernel_module_version();
    // SAFETY: `device` comes from cuDeviceGet.
    let total = unsafe { result::device::total_mem(device) };
    let capabilities = Capabilities {
        kind: BackendKind::Cuda,
        name: name(device)?,
        driver: format!("CUDA {major}.{minor} {module}").trim_end().to_owned(),
        is_software: false,
        total_memory: total.ok().map(|bytes| bytes as u64),
        cuda: Some(cuda.clone()),
        wgpu: None,
    };
    Ok((capabilities, cuda))
}

impl Backend for CudaBackend {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn memory(&self) -> Option<MemoryInfo> {
        self.context.memory()
    }

    fn allocate(&self, bytes: u64) -> Result<Opaque, Error> {
        Ok(Box::new(CudaMemory::allocate(&self.context, bytes)?))
    }

    fn upload(&self, to: &Region, data: &[u8]) -> Result<(), Error> {
        self.staging.upload(to, data)
    }

    fn download(&self, from: &Region, data: &mut [u8]) -> Result<(), Error> {
        memory::download(&self.context, from, data)
    }

    fn pipeline(
        &self,
        kernel: &'static KernelInfo,
        text: Option<&'static KernelText>,
    ) -> Result<Pipeline, Error> {
        let text = text.ok_or_else(|| foreign("reference"))?;
        Ok(self.functions.get(kernel, text)?)
    }

    fn run(&self, command: &Command) -> Result<(), Error> {
        self.context.bind()?;
        launch::run(self.context.stream(), command, false)
    }

    fn prepare(&self, commands: &[Command]) -> Result<Opaque, Error> {
        Ok(Box::new(Graph::new(&self.context, commands)?))
    }

    fn replay(&self, prepared: &Opaque, _: &[Command]) -> Result<(), Error> {
        prepared.downcast_ref::<Graph>().ok_or_else(|| foreign("recording"))?.launch()
    }

    fn synchronise(&self) -> Result<(), Error> {
        self.context.synchronise()
    }

    fn tensor_map(
        &self,
        descriptor: &TensorMapDescriptor,
        region: &Region,
    ) -> Result<[u64; 16], Error> {
        self.tensor_maps.encode(descriptor, region, self.sm)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
