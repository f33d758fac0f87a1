//! The `cpu` device: memory is the host's, a launch runs the kernel's scalar reference.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::{Argument, Backend, Command, Dispatch, Opaque, Pipeline, Region};
use crate::host_memory::{self, HostMemory, ReadBytes, WriteBytes};
use crate::kernel::{KernelInfo, KernelText};
use crate::{
    BackendKind, Capabilities, Error, MemoryInfo, ReferenceArg, ReferenceCall, TensorMapDescriptor,
    choice, memory_info,
};

/// Runs references, at once and on the caller's thread.
#[derive(Debug)]
pub(crate) struct CpuBackend {
    capabilities: Capabilities,
}

impl CpuBackend {
    pub(crate) fn new() -> Self {
        CpuBackend { capabilities: capabilities() }
    }
}

/// The facts of the host.
pub(crate) fn capabilities() -> Capabilities {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    Capabilities {
        kind: BackendKind::Cpu,
        name: format!("cpu ({threads} threads, {})", std::env::consts::ARCH),
        driver: "scalar references".to_owned(),
        is_software: true,
        total_memory: memory_info::host().map(|memory| memory.total),
        cuda: None,
        wgpu: None,
    }
}

impl Backend for CpuBackend {
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
        // A zero-sized `Arc` per launch is the whole pipeline of a function pointer.
        Ok(Arc::new(()))
    }

    fn run(&self, command: &Command) -> Result<(), Error> {
        match command {
            Command::Dispatch(dispatch) => call_reference(dispatch),
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

    fn tensor_map(&self, _: &TensorMapDescriptor, _: &Region) -> Result<[u64; 16], Error> {
        Err(Error::Unsupported { backend: BackendKind::Cpu, what: "tensor maps" })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A locked buffer of a call.
enum Locked<'a> {
    Read(ReadBytes<'a>),
    Write(WriteBytes<'a>),
}

/// The bytes of a locked buffer; the written ones are taken by their one argument.
enum Bytes<'a> {
    Read(&'a [u8]),
    Write(Option<&'a mut [u8]>),
}

/// Locks every buffer once, in the order of the ids, and calls the reference.
fn call_reference(dispatch: &Dispatch) -> Result<(), Error> {
    let case = dispatch.case()?;
    let reference = case.reference.ok_or_else(|| Error::MissingReference {
        kernel: dispatch.kernel.name,
        case: choice::describe(case),
    })?;
    let mut buffers = BTreeMap::new();
    for argument in &dispatch.arguments {
        if let Argument::Buffer { region, writes, .. } = argument {
            let memory = region.allocation.memory::<HostMemory>()?;
            buffers.insert(region.allocation.id, (memory, *writes));
        }
    }
    let mut locked = BTreeMap::new();
    for (id, (memory, writes)) in buffers {
        let lock =
            if writes { Locked::Write(memory.write()?) } else { Locked::Read(memory.read()?) };
        locked.insert(id, lock);
    }
    let mut bytes: BTreeMap<u64, Bytes<'_>> = locked
        .iter_mut()
        .map(|(id, lock)| match lock {
            Locked::Read(lock) => (*id, Bytes::Read(lock.bytes())),
            Locked::Write(lock) => (*id, Bytes::Write(Some(lock.bytes_mut()))),
        })
        .collect();
    let arguments = dispatch.arguments.iter();
    let args = arguments.map(|argument| reference_arg(argument, &mut bytes));
    let args = args.collect::<Result<Vec<_>, Error>>()?;
    reference(&mut ReferenceCall::new(case, dispatch.grid, args))
}

fn reference_arg<'a>(
    argument: &Argument,
    bytes: &mut BTreeMap<u64, Bytes<'a>>,
) -> Result<ReferenceArg<'a>, Error> {
    let lost = || Error::Reference("a buffer is bound twice or too short".to_owned());
    match argument {
        Argument::Buffer { region, dtype, .. } => {
            let range = host_memory::range(region);
            let dtype = *dtype;
            match bytes.get_mut(&region.allocation.id).ok_or_else(lost)? {
                Bytes::Read(bytes) => {
                    let bytes = bytes.get(range).ok_or_else(lost)?;
                    Ok(ReferenceArg::Input { dtype, bytes })
                }
                Bytes::Write(bytes) => {
                    let bytes = bytes.take().and_then(|bytes| bytes.get_mut(range));
                    Ok(ReferenceArg::Output { dtype, bytes: Some(bytes.ok_or_else(lost)?) })
                }
            }
        }
        Argument::Scalar(value) => Ok(ReferenceArg::Scalar(*value)),
        Argument::TensorMap { .. } => {
            Err(Error::Unsupported { backend: BackendKind::Cpu, what: "tensor maps" })
        }
    }
}
