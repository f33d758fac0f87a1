//! [`Executor`]: something in place of hardware that runs the launches of a `null` device.
//!
//! The device claims to be what [`Options::pretend`](crate::Options::pretend) says, so that checks,
//! cases and texts are those of that device; memory is the host's.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use crate::backend::{Argument, Dispatch, Region};
use crate::host_memory::HostMemory;
use crate::kernel::{Case, KernelInfo, KernelText};
use crate::{BackendKind, DType, Error, ScalarValue};

/// Runs launches on the host: the compiler's interpreter, a trace, a model of a device.
pub trait Executor: Debug + Send + Sync {
    /// Runs one launch; what it leaves in [`HostLaunch::memory`] is what the kernel wrote.
    ///
    /// # Errors
    /// [`Error::Execution`] with what the kernel did wrong.
    fn execute(&self, launch: &mut HostLaunch) -> Result<(), Error>;
}

/// One launch, checked, with copies of the memory that it touches.
#[derive(Debug)]
pub struct HostLaunch {
    /// The kernel.
    pub kernel: &'static KernelInfo,
    /// Index of the case in [`KernelInfo::cases`].
    pub case: usize,
    /// The text that a device would run.
    pub text: &'static KernelText,
    /// Workgroups in x, y, z; folded already where the text folds its grid.
    pub grid: [u32; 3],
    /// One per parameter, in order; a hidden `grid_linear` is last.
    pub args: Vec<HostArg>,
    /// The bytes of whole allocations.
    pub memory: Vec<Vec<u8>>,
}

/// One argument of a [`HostLaunch`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HostArg {
    /// A buffer.
    Buffer {
        /// Index into [`HostLaunch::memory`].
        memory: usize,
        /// First byte.
        offset: u64,
        /// Number of bytes.
        bytes: u64,
        /// Element type.
        dtype: DType,
        /// Whether the kernel writes it.
        writes: bool,
    },
    /// A buffer that the kernel reads or writes through a tensor map, whose shape the case declares.
    TensorMap {
        /// Index into [`HostLaunch::memory`].
        memory: usize,
        /// First byte.
        offset: u64,
        /// Number of bytes.
        bytes: u64,
    },
    /// A scalar.
    Scalar(ScalarValue),
}

impl HostLaunch {
    /// The case.
    ///
    /// # Errors
    /// [`Error::NoSuchCase`].
    pub fn case(&self) -> Result<&'static Case, Error> {
        let (kernel, case, cases) = (self.kernel.name, self.case, self.kernel.cases.len());
        self.kernel.cases.get(case).ok_or(Error::NoSuchCase { kernel, case, cases })
    }
}

/// Copies in, runs, copies back what the kernel may write.
pub(crate) fn run(executor: &Arc<dyn Executor>, dispatch: &Dispatch) -> Result<(), Error> {
    let backend = BackendKind::Null;
    let Some(text) = dispatch.text else {
        return Err(Error::Unsupported { backend, what: "texts to execute: pretend a device" });
    };
    let mut launch = HostLaunch {
        kernel: dispatch.kernel,
        case: dispatch.case,
        text,
        grid: dispatch.grid,
        args: Vec::with_capacity(dispatch.arguments.len()),
        memory: Vec::new(),
    };
    let mut indices = BTreeMap::new();
    for argument in &dispatch.arguments {
        launch.args.push(match argument {
            Argument::Scalar(value) => HostArg::Scalar(*value),
            Argument::TensorMap { region, .. } => {
                let memory = copied(region, &mut launch.memory, &mut indices)?;
                HostArg::TensorMap { memory, offset: region.offset, bytes: region.bytes }
            }
            Argument::Buffer { region, dtype, writes } => {
                let memory = copied(region, &mut launch.memory, &mut indices)?;
                let (offset, bytes) = (region.offset, region.bytes);
                HostArg::Buffer { memory, offset, bytes, dtype: *dtype, writes: *writes }
            }
        });
    }
    executor.execute(&mut launch)?;
    for argument in &dispatch.arguments {
        let (Argument::Buffer { region, writes: true, .. } | Argument::TensorMap { region, .. }) =
            argument
        else {
            continue;
        };
        let Some(bytes) =
            indices.get(&region.allocation.id).and_then(|index| launch.memory.get(*index))
        else {
            continue;
        };
        let mut memory = region.allocation.memory::<HostMemory>()?.write()?;
        let target = memory.bytes_mut();
        let len = target.len().min(bytes.len());
        target[..len].copy_from_slice(&bytes[..len]);
    }
    Ok(())
}

/// Index of the copy of a region's allocation.
fn copied(
    region: &Region,
    memory: &mut Vec<Vec<u8>>,
    indices: &mut BTreeMap<u64, usize>,
) -> Result<usize, Error> {
    let allocation = &region.allocation;
    if let Some(index) = indices.get(&allocation.id) {
        return Ok(*index);
    }
    memory.push(allocation.memory::<HostMemory>()?.read()?.bytes().to_vec());
    indices.insert(allocation.id, memory.len() - 1);
    Ok(memory.len() - 1)
}
