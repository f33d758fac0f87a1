//! The [`Backend`] trait: memory, pipelines, commands, recordings. No maths.
//!
//! Design choices:
//!
//! 1. **Checked above, once.** A back end trusts its caller: regions lie inside their
//!    allocations, arguments match the parameters, written buffers are bound once, limits hold.
//! 2. **Untyped.** Memory is bytes; element types and shapes stay above.
//! 3. **In order.** Commands, uploads, downloads and replays of one device take effect in the
//!    order of the calls. A call may return before its command ran; `download` and `synchronise`
//!    wait.
//! 4. **Errors are sticky where memory may be undefined.** A back end that lost its device returns
//!    that error from every later call: stale data never leaves it.
//! 5. **Commands own what they touch.** A [`Command`] holds its allocations alive, so that a
//!    recording may outlive its tensors.
//! 6. **Allocations are zeroed** and belong to one device; dropping the last handle frees them
//!    after the commands that use them.
//! 7. **A recording is a list of commands** collected above the trait; `prepare` turns it into
//!    whatever the device replays fastest.
//! 8. **Every method takes `&self`** and may be called from any thread.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use crate::kernel::{Case, KernelInfo, KernelText};
use crate::tensor_map::TensorMapDescriptor;
use crate::{Capabilities, DType, Error, MemoryInfo, ScalarValue};

/// What a device must do; see the module's numbered choices.
pub(crate) trait Backend: Debug + Send + Sync {
    /// The device's facts, constant.
    fn capabilities(&self) -> &Capabilities;

    /// Free and total memory, where known.
    fn memory(&self) -> Option<MemoryInfo>;

    /// Zeroed memory of `bytes` bytes, rounded up to a multiple of 16.
    fn allocate(&self, bytes: u64) -> Result<Opaque, Error>;

    /// Copies `data` to the start of `to`.
    fn upload(&self, to: &Region, data: &[u8]) -> Result<(), Error>;

    /// Waits for earlier commands and copies the start of `from` into `data`.
    fn download(&self, from: &Region, data: &mut [u8]) -> Result<(), Error>;

    /// Loads a text, or finds it loaded. `text` is `None` where a reference runs.
    fn pipeline(
        &self,
        kernel: &'static KernelInfo,
        text: Option<&'static KernelText>,
    ) -> Result<Pipeline, Error>;

    /// Queues one command.
    fn run(&self, command: &Command) -> Result<(), Error>;

    /// Prepares commands for replay.
    fn prepare(&self, commands: &[Command]) -> Result<Opaque, Error>;

    /// Queues all commands of a recording: `prepared` is what `prepare` made of `commands`.
    fn replay(&self, prepared: &Opaque, commands: &[Command]) -> Result<(), Error>;

    /// Waits until every queued command has run.
    fn synchronise(&self) -> Result<(), Error>;

    /// Submissions so far, where commands gather before they are submitted.
    fn submissions(&self) -> Option<u64> {
        None
    }

    /// Encodes a tensor map over a region (CUDA only).
    fn tensor_map(
        &self,
        descriptor: &TensorMapDescriptor,
        region: &Region,
    ) -> Result<[u64; 16], Error>;

    /// The back end itself, for `interop` and the null device's records.
    fn as_any(&self) -> &dyn Any;
}

/// Something of a back end's own that the layer above keeps for it.
pub(crate) type Opaque = Box<dyn Any + Send + Sync>;

/// A loaded kernel.
pub(crate) type Pipeline = Arc<dyn Any + Send + Sync>;

/// Memory of a device; dropping it frees the memory.
pub(crate) struct Allocation {
    /// Unique in the process: identity for alias checks and lock order.
    pub id: u64,
    /// Bytes asked for.
    pub bytes: u64,
    memory: Opaque,
}

impl Allocation {
    pub(crate) fn new(id: u64, bytes: u64, memory: Opaque) -> Self {
        Allocation { id, bytes, memory }
    }

    /// The back end's own memory type.
    pub(crate) fn memory<M: 'static>(&self) -> Result<&M, Error> {
        self.memory.downcast_ref().ok_or_else(|| foreign("buffer"))
    }
}

impl Debug for Allocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Allocation {} ({} bytes)", self.id, self.bytes)
    }
}

/// Something of another back end reached this one: the checks above make that impossible.
pub(crate) fn foreign(what: &str) -> Error {
    Error::WrongDevice { what: format!("a {what}") }
}

/// Bytes of an allocation.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    pub allocation: Arc<Allocation>,
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub bytes: u64,
}

/// One thing for the device to do.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    /// Run a kernel.
    Dispatch(Dispatch),
    /// Set bytes to zero.
    Zero(Region),
    /// Copy `from` to `to`; equal sizes, multiples of 4, different allocations.
    Copy { from: Region, to: Region },
}

/// A checked launch.
#[derive(Clone)]
pub(crate) struct Dispatch {
    pub kernel: &'static KernelInfo,
    /// Index of the case.
    pub case: usize,
    pub text: Option<&'static KernelText>,
    pub pipeline: Pipeline,
    /// Workgroups in x, y, z; folded already.
    pub grid: [u32; 3],
    /// One per parameter, in order; a hidden `grid_linear` is last.
    pub arguments: Vec<Argument>,
}

impl Dispatch {
    pub(crate) fn case(&self) -> Result<&'static Case, Error> {
        self.kernel.cases.get(self.case).ok_or(Error::NoSuchCase {
            kernel: self.kernel.name,
            case: self.case,
            cases: self.kernel.cases.len(),
        })
    }
}

impl Debug for Dispatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} case {} over {:?}", self.kernel.name, self.case, self.grid)
    }
}

/// A checked argument.
#[derive(Debug, Clone)]
pub(crate) enum Argument {
    /// A buffer.
    Buffer {
        region: Region,
        dtype: DType,
        /// Whether the kernel writes it.
        writes: bool,
    },
    /// A scalar.
    Scalar(ScalarValue),
    /// An encoded tensor map and the memory it describes.
    TensorMap { map: Box<[u64; 16]>, region: Region },
}
