//! Stream-ordered memory; uploads through pinned memory; downloads.

use std::fmt;
use std::sync::{Arc, Mutex};

use cudarc::driver::{result, sys};

use super::context::Context;
use super::driver::failed;
use crate::Error;
use crate::backend::Region;

/// A tensor's memory. It is freed after the commands queued before its last handle went.
#[derive(Debug)]
pub(crate) struct CudaMemory {
    context: Arc<Context>,
    address: sys::CUdeviceptr,
}

impl CudaMemory {
    /// Zeroed memory.
    pub(super) fn allocate(context: &Arc<Context>, bytes: u64) -> Result<Self, Error> {
        let rounded = bytes.max(1).next_multiple_of(16);
        let oversized = |_| Error::OutOfMemory { asked: bytes, free: None };
        let size = usize::try_from(rounded).map_err(oversized)?;
        let address = context.allocate(size)?;
        let memory = CudaMemory { context: context.clone(), address };
        zero(context.stream(), address, size)?;
        Ok(memory)
    }

    pub(crate) fn address(&self) -> sys::CUdeviceptr {
        self.address
    }
}

impl Drop for CudaMemory {
    fn drop(&mut self) {
        if let Err(error) = self.context.free(self.address) {
            tracing::debug!(%error, "freeing device memory");
        }
    }
}

/// The address of a region's first byte.
pub(super) fn address(region: &Region) -> Result<sys::CUdeviceptr, Error> {
    Ok(region.allocation.memory::<CudaMemory>()?.address + region.offset)
}

/// Queues a fill with zeros.
pub(super) fn zero(
    stream: sys::CUstream,
    address: sys::CUdeviceptr,
    bytes: usize,
) -> Result<(), Error> {
    // SAFETY: the caller's region lies inside of its allocation.
    unsafe { result::memset_d8_async(address, 0, bytes, stream) }
        .map_err(|error| failed("cuMemsetD8Async", error))
}

/// Queues a copy between two allocations.
pub(super) fn copy(stream: sys::CUstream, from: &Region, to: &Region) -> Result<(), Error> {
    let (source, target) = (address(from)?, address(to)?);
    // SAFETY: both regions lie inside of their allocations, which are different ones.
    unsafe { result::memcpy_dtod_async(target, source, to.bytes as usize, stream) }
        .map_err(|error| failed("cuMemcpyDtoDAsync", error))
}

/// Waits for the stream and copies to the host.
pub(super) fn download(context: &Context, from: &Region, data: &mut [u8]) -> Result<(), Error> {
    context.bind()?;
    // SAFETY: the region lies inside of its allocation, and `data` outlives the wait below.
    unsafe { result::memcpy_dtoh_async(data, address(from)?, context.stream()) }
        .map_err(|error| failed("cuMemcpyDtoHAsync", error))?;
    context.synchronise()
}

/// Pinned host memory that small uploads go through, so that they need no wait: a ring, which
/// waits for the stream when it comes round.
pub(super) struct Staging(Mutex<Ring>);

struct Ring {
    context: Arc<Context>,
    start: *mut u8,
    used: usize,
}

// SAFETY: the pinned memory belongs to the ring alone and is reached only through its lock.
unsafe impl Send for Ring {}

/// Bytes of the ring.
const RING: usize = 1 << 20;

/// Larger uploads are copied from the caller's memory and waited for.
const SMALL: usize = 64 << 10;

impl Staging {
    pub(super) fn new(context: &Arc<Context>) -> Result<Self, Error> {
        context.bind()?;
        // SAFETY: the memory is written before the device reads it.
        let start = unsafe { result::malloc_host(RING, 0) }
            .map_err(|error| failed("cuMemHostAlloc", error))?;
        let ring = Ring { context: context.clone(), start: start.cast(), used: 0 };
        Ok(Staging(Mutex::new(ring)))
    }

    /// Queues a copy from the host; `data` may go when this returns.
    pub(super) fn upload(&self, to: &Region, data: &[u8]) -> Result<(), Error> {
        let lost = |_| Error::DeviceLost { reason: "an upload panicked".to_owned() };
        let mut ring = self.0.lock().map_err(lost)?;
        ring.context.bind()?;
        if data.len() > SMALL {
            enqueue(&ring.context, to, data)?;
            return ring.context.synchronise();
        }
        let slot = data.len().next_multiple_of(64);
        if ring.used + slot > RING {
            ring.context.synchronise()?;
            ring.used = 0;
        }
        // SAFETY: `used + slot <= RING`, and the stream no longer reads these bytes: each is
        // handed out once between two waits.
        let staged =
            unsafe { std::slice::from_raw_parts_mut(ring.start.add(ring.used), data.len()) };
        ring.used += slot;
        staged.copy_from_slice(data);
        enqueue(&ring.context, to, staged)
    }
}

fn enqueue(context: &Context, to: &Region, data: &[u8]) -> Result<(), Error> {
    // SAFETY: the region lies inside of its allocation and `data` stays until the stream has read
    // it: the caller waits, or it lies in the ring.
    unsafe { result::memcpy_htod_async(address(to)?, data, context.stream()) }
        .map_err(|error| failed("cuMemcpyHtoDAsync", error))
}

impl Drop for Ring {
    fn drop(&mut self) {
        // The stream may still read it; after a failed wait it will not.
        let _ = self.context.synchronise();
        // SAFETY: allocated in `new`, freed once.
        let _ = unsafe { result::free_host(self.start.cast()) };
    }
}

impl fmt::Debug for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staging of {RING} bytes")
    }
}
