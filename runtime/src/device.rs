//! [`Device`]: opens a back end, makes tensors, launches and records.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::backend::{Allocation, Backend, Command};
use crate::fault::{FaultPoint, Faults};
use crate::queued::Counts;
use crate::recording::{self, Recording};
use crate::{
    BackendKind, Capabilities, DType, DeviceSelector, DispatchRecord, Element, Error, Fault,
    Launch, MemoryInfo, Options, Queued, RawTensor, Shape, Tensor, TensorMap, TensorMapDescriptor,
};
use crate::{cpu::CpuBackend, cuda::CudaBackend, null::NullBackend, wgpu::WgpuBackend};

/// A device: a cheap handle, shared between threads. Uploads, launches and downloads take effect
/// in the order of the calls.
#[derive(Clone)]
pub struct Device(Arc<Inner>);

struct Inner {
    id: u64,
    backend: Box<dyn Backend>,
    faults: Faults,
    counts: Counts,
}

/// Ids of devices and allocations: unique in the process.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

fn next_id() -> u64 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

impl Device {
    /// Opens a device with the default [`Options`].
    ///
    /// # Errors
    /// [`Error::NoDriver`], [`Error::NoSuchDevice`] and what the driver says.
    pub fn open(selector: &DeviceSelector) -> Result<Device, Error> {
        Device::open_with(selector, &Options::default())
    }

    /// Opens a device.
    ///
    /// # Errors
    /// As [`Device::open`].
    pub fn open_with(selector: &DeviceSelector, options: &Options) -> Result<Device, Error> {
        let backend: Box<dyn Backend> = match *selector {
            DeviceSelector::Auto => open_best(options),
            DeviceSelector::Cuda(index) => {
                Box::new(CudaBackend::open(index.unwrap_or(0), options)?)
            }
            DeviceSelector::Wgpu(index) => Box::new(WgpuBackend::open(index, options)?),
            DeviceSelector::Cpu => Box::new(CpuBackend::new()),
            DeviceSelector::Null => Box::new(NullBackend::new(options)),
        };
        tracing::info!(device = %backend.capabilities().name, %selector, "opened");
        let (faults, counts) = (Faults::new(options.fault), Counts::default());
        Ok(Device(Arc::new(Inner { id: next_id(), backend, faults, counts })))
    }

    /// The device's facts.
    pub fn capabilities(&self) -> &Capabilities {
        self.0.backend.capabilities()
    }

    /// The back end.
    pub fn kind(&self) -> BackendKind {
        self.capabilities().kind
    }

    /// Free and total memory in bytes, where the device says.
    pub fn memory(&self) -> Option<MemoryInfo> {
        self.0.backend.memory()
    }

    /// A tensor of zeros.
    ///
    /// # Errors
    /// [`Error::ShapeOverflow`], [`Error::TensorTooLarge`], [`Error::OutOfMemory`].
    pub fn zeros<T: Element>(&self, shape: impl Into<Shape>) -> Result<Tensor<T>, Error> {
        Tensor::zeros(self.clone(), shape.into())
    }

    /// A tensor with these elements.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where the shape has not as many elements, and as
    /// [`Device::zeros`].
    pub fn upload<T: Element>(
        &self,
        shape: impl Into<Shape>,
        data: &[T],
    ) -> Result<Tensor<T>, Error> {
        let shape = shape.into();
        expect_elements(shape, data.len())?;
        let tensor = self.zeros(shape)?;
        tensor.write(0, data)?;
        Ok(tensor)
    }

    /// An untyped tensor of zeros.
    ///
    /// # Errors
    /// As [`Device::zeros`].
    pub fn raw_zeros(&self, dtype: DType, shape: impl Into<Shape>) -> Result<RawTensor, Error> {
        RawTensor::new(self.clone(), dtype, shape.into())
    }

    /// An untyped tensor with these bytes, such as the blocks of a quantised weight.
    ///
    /// # Errors
    /// As [`Device::upload`].
    pub fn raw_upload(
        &self,
        dtype: DType,
        shape: impl Into<Shape>,
        data: &[u8],
    ) -> Result<RawTensor, Error> {
        let shape = shape.into();
        if shape.bytes(dtype.size())? != data.len() as u64 {
            let found = Shape::from(data.len() / dtype.size());
            let what = "uploaded data".to_owned();
            return Err(Error::ShapeMismatch { what, expected: shape, found });
        }
        let tensor = self.raw_zeros(dtype, shape)?;
        tensor.write_bytes(0, data)?;
        Ok(tensor)
    }

    /// Checks and queues a launch; inside of [`Device::record`] it is recorded instead.
    ///
    /// # Errors
    /// Whatever the checks of [`Launch`] find, or the device's.
    pub fn launch(&self, launch: &Launch<'_>) -> Result<(), Error> {
        match launch.check(self)? {
            Some(dispatch) => self.submit(Command::Dispatch(dispatch)),
            None => Ok(()),
        }
    }

    /// Loads the text that a launch of this case would run, so that no later launch waits for it.
    ///
    /// # Errors
    /// [`Error::MissingCase`], [`Error::Jit`].
    pub fn preload(&self, kernel: &'static crate::KernelInfo, case: usize) -> Result<(), Error> {
        crate::launch::load(self, kernel, case).map(|_| ())
    }

    /// Runs `launches` and records this thread's launches on this device, without running them.
    ///
    /// # Errors
    /// The closure's, [`Error::InRecording`] for a recording inside of another, or the device's.
    pub fn record(&self, launches: impl FnOnce() -> Result<(), Error>) -> Result<Recording, Error> {
        let collected = recording::collect(self.0.id, launches)?;
        Recording::new(self.clone(), collected)
    }

    /// Waits until everything queued has run.
    ///
    /// # Errors
    /// [`Error::DeviceLost`] and its like, from anything queued so far.
    pub fn synchronise(&self) -> Result<(), Error> {
        self.outside_recording("waiting")?;
        self.0.backend.synchronise()
    }

    /// Encodes a tensor map over a tensor (CUDA with TMA only).
    ///
    /// # Errors
    /// [`Error::Unsupported`] elsewhere, or what the driver says.
    pub fn tensor_map(
        &self,
        descriptor: &TensorMapDescriptor,
        tensor: &RawTensor,
    ) -> Result<TensorMap, Error> {
        if tensor.device().id() != self.id() {
            return Err(Error::WrongDevice { what: "the tensor of a tensor map".to_owned() });
        }
        descriptor.check(tensor)?;
        let region = tensor.region();
        let map = self.0.backend.tensor_map(descriptor, &region)?;
        Ok(TensorMap::new(map, tensor.clone()))
    }

    /// What the null device recorded so far, in order; empty on other devices.
    pub fn recorded(&self) -> Vec<DispatchRecord> {
        let null = self.0.backend.as_any().downcast_ref::<NullBackend>();
        null.map(NullBackend::records).unwrap_or_default()
    }

    /// What was queued on the device so far.
    pub fn queued(&self) -> Queued {
        self.0.counts.read(self.0.backend.submissions())
    }

    /// Arms a fault: a hook for tests.
    #[doc(hidden)]
    pub fn inject(&self, fault: Fault) {
        self.0.faults.arm(fault);
    }

    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.0.backend
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.0.counts
    }

    pub(crate) fn fault(&self, at: FaultPoint) -> Result<(), Error> {
        self.0.faults.pass(at)
    }

    pub(crate) fn outside_recording(&self, operation: &'static str) -> Result<(), Error> {
        recording::outside(self.0.id, operation)
    }

    /// Records the command, or runs it.
    pub(crate) fn submit(&self, command: Command) -> Result<(), Error> {
        let Some(command) = recording::push(self.0.id, command) else { return Ok(()) };
        self.fault(FaultPoint::Dispatch)?;
        self.0.counts.add_command();
        self.0.backend.run(&command)
    }

    pub(crate) fn allocate(&self, bytes: u64) -> Result<Arc<Allocation>, Error> {
        let memory = self.0.backend.allocate(bytes)?;
        Ok(Arc::new(Allocation::new(next_id(), bytes, memory)))
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({}: {})", self.kind(), self.capabilities().name)
    }
}

/// CUDA, else wgpu, else the CPU; says in the log why one was passed over.
fn open_best(options: &Options) -> Box<dyn Backend> {
    match CudaBackend::open(0, options) {
        Ok(backend) => return Box::new(backend),
        Err(error) => tracing::info!(%error, "auto: no CUDA"),
    }
    match WgpuBackend::open(None, options) {
        Ok(backend) => return Box::new(backend),
        Err(error) => tracing::info!(%error, "auto: no wgpu"),
    }
    Box::new(CpuBackend::new())
}

fn expect_elements(shape: Shape, len: usize) -> Result<(), Error> {
    if shape.elements()? == len as u64 {
        return Ok(());
    }
    let what = "uploaded data".to_owned();
    Err(Error::ShapeMismatch { what, expected: shape, found: Shape::from(len) })
}
