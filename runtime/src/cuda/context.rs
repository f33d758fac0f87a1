//! A device's primary context and the one stream that everything runs on.

use std::fmt;
use std::sync::Arc;

use cudarc::driver::{result, sys};

use super::driver::{check, failed};
use crate::{Error, MemoryInfo};

/// The primary context of a device, its stream and its memory pool.
pub(super) struct Context {
    device: sys::CUdevice,
    context: sys::CUcontext,
    stream: sys::CUstream,
    /// The device's default pool, where it has pools.
    pool: Option<sys::CUmemoryPool>,
}

// SAFETY: contexts, streams and pools are handles of the driver, which may be used from any thread
// (CUDA C++ Programming Guide, "Driver API"); the context is made current before each use.
unsafe impl Send for Context {}
// SAFETY: as above: the driver's calls on one handle are thread-safe.
unsafe impl Sync for Context {}

impl Context {
    pub(super) fn retain(device: sys::CUdevice) -> Result<Arc<Self>, Error> {
        // SAFETY: `device` comes from cuDeviceGet.
        let context = unsafe { result::primary_ctx::retain(device) }
            .map_err(|error| failed("cuDevicePrimaryCtxRetain", error))?;
        // From here on, dropping `this` releases what was made.
        let mut this = Context { device, context, stream: std::ptr::null_mut(), pool: None };
        this.bind()?;
        this.stream = result::stream::create(result::stream::StreamKind::NonBlocking)
            .map_err(|error| failed("cuStreamCreate", error))?;
        this.pool = keeping_pool(device);
        Ok(Arc::new(this))
    }

    /// Makes the context current on this thread.
    pub(super) fn bind(&self) -> Result<(), Error> {
        // SAFETY: the context was retained and is released only in `drop`.
        unsafe { result::ctx::set_current(self.context) }
            .map_err(|error| failed("cuCtxSetCurrent", error))
    }

    pub(super) fn stream(&self) -> sys::CUstream {
        self.stream
    }

    pub(super) fn synchronise(&self) -> Result<(), Error> {
        self.bind()?;
        // SAFETY: the stream lives as long as `self`.
        unsafe { result::stream::synchronize(self.stream) }
            .map_err(|error| failed("cuStreamSynchronize", error))
    }

    /// Memory of `bytes` bytes, of unknown content.
    pub(super) fn allocate(&self, bytes: usize) -> Result<sys::CUdeviceptr, Error> {
        self.bind()?;
        let allocate = || {
            // SAFETY: the stream is valid; the caller zeroes the memory on the same stream.
            unsafe {
                match self.pool {
                    Some(_) => result::malloc_async(self.stream, bytes),
                    None => result::malloc_sync(bytes),
                }
            }
        };
        let mut allocated = allocate();
        if let (Err(error), Some(pool)) = (&allocated, self.pool)
            && error.0 == sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY
        {
            // What other tensors freed may still be kept by the pool, in pieces.
            self.synchronise()?;
            // SAFETY: the pool is the device's own.
            check("cuMemPoolTrimTo", unsafe { sys::cuMemPoolTrimTo(pool, 0) })?;
            allocated = allocate();
        }
        allocated.map_err(|error| match error.0 {
            sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY => {
                let free = self.memory().map(|memory| memory.free);
                Error::OutOfMemory { asked: bytes as u64, free }
            }
            _ => failed("cuMemAlloc", error),
        })
    }

    /// Frees memory after the commands queued so far.
    pub(super) fn free(&self, address: sys::CUdeviceptr) -> Result<(), Error> {
        self.bind()?;
        // SAFETY: `address` came from `allocate` of this context and is freed once, by its owner.
        unsafe {
            match self.pool {
                Some(_) => result::free_async(address, self.stream),
                None => result::free_sync(address),
            }
        }
        .map_err(|error| failed("cuMemFree", error))
    }

    /// Free and total memory; what the pool keeps counts as free.
    pub(super) fn memory(&self) -> Option<MemoryInfo> {
        self.bind().ok()?;
        let (free, total) = result::mem_get_info().ok()?;
        let kept = self.pool.map_or(0, |pool| {
            use sys::CUmemPool_attribute_enum as Attribute;
            let reserved = pool_value(pool, Attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT);
            let used = pool_value(pool, Attribute::CU_MEMPOOL_ATTR_USED_MEM_CURRENT);
            reserved.saturating_sub(used)
        });
        Some(MemoryInfo { free: free as u64 + kept, total: total as u64 })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if self.bind().is_ok() && !self.stream.is_null() {
            // SAFETY: this is the stream's only owner. Errors have been seen by earlier calls.
            let _ = unsafe { result::stream::synchronize(self.stream) };
            // SAFETY: as above; nothing uses it after this.
            let _ = unsafe { result::stream::destroy(self.stream) };
        }
        // SAFETY: retained once in `retain`.
        let _ = unsafe { result::primary_ctx::release(self.device) };
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context of CUDA device {}", self.device)
    }
}

/// The device's default pool, told to keep what is freed: allocation then costs no driver call
/// into the kernel. `None` where the device has no pools.
fn keeping_pool(device: sys::CUdevice) -> Option<sys::CUmemoryPool> {
    use sys::CUdevice_attribute_enum::CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED as SUPPORTED;
    // SAFETY: `device` comes from cuDeviceGet.
    let supported = unsafe { result::device::get_attribute(device, SUPPORTED) }.ok()?;
    if supported == 0 {
        return None;
    }
    // SAFETY: as above.
    let pool = unsafe { result::device::get_default_mem_pool(device) }.ok()?;
    let mut keep = u64::MAX;
    let attribute = sys::CUmemPool_attribute_enum::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    // SAFETY: this attribute is a 64-bit number.
    let set = unsafe { sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut keep).cast()) };
    set.result().ok()?;
    Some(pool)
}

fn pool_value(pool: sys::CUmemoryPool, attribute: sys::CUmemPool_attribute) -> u64 {
    let mut value = 0u64;
    // SAFETY: the attributes asked for are 64-bit numbers.
    let got = unsafe { sys::cuMemPoolGetAttribute(pool, attribute, (&raw mut value).cast()) };
    got.result().map_or(0, |()| value)
}
