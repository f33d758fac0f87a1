//! The `null` device: keeps memory on the host and records every dispatch. It runs none, unless it was
//! given an [`Executor`].

use std::any::Any;
use std::sync::{Arc, Mutex};

use crate::backend::{Argument, Backend, Command, Dispatch, Opaque, Pipeline, Region};
use crate::host_memory::{self, HostMemory};
use crate::kernel::{KernelInfo, KernelText};
use crate::{
    BackendKind, Capabilities, DType, Error, Executor, MemoryInfo, Options, ScalarValue,
    TensorMapDescriptor, executor, memory_info,
};

/// What the null device saw of one dispatch.
#[derive(Debug, Clone, PartialEq)]
pub struct DispatchRecord {
    /// The kernel's name.
    pub kernel: &'static str,
    /// Index of the case.
    pub case: usize,
    /// The text that was chosen.
    pub text: Option<&'static KernelText>,
    /// Workgroups in x, y, z, as the device would get them.
    pub grid: [u32; 3],
    /// One per parameter, hidden ones last.
    pub args: Vec<ArgRecord>,
}

/// What the null device saw of one argument.
#[derive(Debug, Clone, PartialEq)]
pub enum ArgRecord {
    /// A buffer, or the tensor below a tensor map.
    Buffer {
        /// Identity of the memory: equal for handles to the same memory.
        id: u64,
        /// First byte.
        offset: u64,
        /// Number of bytes.
        bytes: u64,
        /// Element type; `None` for a tensor map.
        dtype: Option<DType>,
        /// Whether the kernel writes it.
        writes: bool,
    },
    /// A scalar.
    Scalar(ScalarValue),
}

/// Records.
#[derive(Debug)]
pub(crate) struct NullBackend {
    capabilities: Capabilities,
    records: Mutex<Vec<DispatchRecord>>,
    executor: Option<Arc<dyn Executor>>,
}

impl NullBackend {
    pub(crate) fn new(options: &Options) -> Self {
        let nothing = Capabilities {
            kind: BackendKind::Null,
            name: "null".to_owned(),
            driver: "records, runs nothing".to_owned(),
            is_software: true,
            total_memory: None,
            cuda: None,
            wgpu: None,
        };
        let mut capabilities = options.pretend.clone().unwrap_or(nothing);
        capabilities.kind = BackendKind::Null;
        if let (Some(wgpu), Some(limit)) = (&mut capabilities.wgpu, options.max_binding) {
            wgpu.max_storage_binding = wgpu.max_storage_binding.min(limit);
        }
        NullBackend { capabilities, records: Mutex::default(), executor: options.executor.clone() }
    }

    pub(crate) fn records(&self) -> Vec<DispatchRecord> {
        self.records.lock().map(|records| records.clone()).unwrap_or_default()
    }
}

impl Backend for NullBackend {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn memory(&self) -> Option<MemoryInfo> {
        memory_info::host()
    }

    fn allocate(&self, bytes: u64) -> Result<Opaque, Error> {
        HostMemory::allocate(bytes)
    }

    fn upload(&self, to: &Region, data: &[u8]) -> Result<(), Error> {
        host_memory::upload(to, data)
    }

    fn download(&self, from: &Region, data: &mut [u8]) -> Result<(), Error> {
        host_memory::download(from, data)
    }

    fn pipeline(
        &self,
        _: &'static KernelInfo,
        _: Option<&'static KernelText>,
    ) -> Result<Pipeline, Error> {
        Ok(Arc::new(()))
    }

    fn run(&self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Dispatch(dispatch) => {
                if let Ok(mut records) = self.records.lock() {
                    records.push(record(dispatch));
                }
                self.executor.as_ref().map_or(Ok(()), |executor| executor::run(executor, dispatch))
            }
            Command::Zero(region) => host_memory::zero(region),
            Command::Copy { from, to } => host_memory::copy(from, to),
        }
    }

    fn prepare(&self, _: &[Command]) -> Result<Opaque, Error> {
        Ok(Box::new(()))
    }

    fn replay(&self, _: &Opaque, commands: &[Command]) -> Result<(), Error> {
        commands.iter().try_for_each(|command| self.run(command))
    }

    fn synchronise(&self) -> Result<(), Error> {
        Ok(())
    }

    /// All zero: nothing reads it.
    fn tensor_map(&self, _: &TensorMapDescriptor, _: &Region) -> Result<[u64; 16], Error> {
        Ok([0; 16])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn record(dispatch: &Dispatch) -> DispatchRecord {
    let args = dispatch.arguments.iter().map(|argument| match argument {
        Argument::Buffer { region, dtype, writes } => buffer(region, Some(*dtype), *writes),
        Argument::Scalar(value) => ArgRecord::Scalar(*value),
        Argument::TensorMap { region, .. } => buffer(region, None, false),
    });
    DispatchRecord {
        kernel: dispatch.kernel.name,
        case: dispatch.case,
        text: dispatch.text,
        grid: dispatch.grid,
        args: args.collect(),
    }
}

fn buffer(region: &Region, dtype: Option<DType>, writes: bool) -> ArgRecord {
    let (offset, bytes) = (region.offset, region.bytes);
    ArgRecord::Buffer { id: region.allocation.id, offset, bytes, dtype, writes }
}
