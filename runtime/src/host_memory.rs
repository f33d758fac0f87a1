//! Host memory for the `cpu` and `null` devices: zeroed, aligned, behind a lock.
//!
//! Interior mutability without `unsafe`: every access goes through the lock of its buffer, a
//! kernel takes the locks of all its buffers in the order of their ids (so two launches cannot
//! wait for each other), and one buffer that is read twice is locked once.

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::backend::{Opaque, Region};
use crate::{Error, memory_info};

/// Bytes of one cache line: the alignment of every buffer.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Allocations below this size are not compared with the free memory: asking costs more.
const SMALL: u64 = 1 << 20;

/// Zeroed, aligned memory on the host.
pub(crate) struct HostMemory(RwLock<Box<[Line]>>);

impl HostMemory {
    pub(crate) fn allocate(bytes: u64) -> Result<Opaque, Error> {
        let free = if bytes < SMALL { None } else { memory_info::host().map(|host| host.free) };
        let refused = || Error::OutOfMemory { asked: bytes, free };
        if free.is_some_and(|free| bytes > free) {
            return Err(refused());
        }
        let lines = usize::try_from(bytes.div_ceil(64)).map_err(|_| refused())?;
        let lines = bytemuck::allocation::try_zeroed_slice_box(lines).map_err(|()| refused())?;
        Ok(Box::new(HostMemory(RwLock::new(lines))))
    }

    pub(crate) fn read(&self) -> Result<ReadBytes<'_>, Error> {
        self.0.read().map(ReadBytes).map_err(|_| poisoned())
    }

    pub(crate) fn write(&self) -> Result<WriteBytes<'_>, Error> {
        self.0.write().map(WriteBytes).map_err(|_| poisoned())
    }
}

/// A reference that panicked may have left its outputs half written.
fn poisoned() -> Error {
    Error::DeviceLost { reason: "a kernel's reference panicked".to_owned() }
}

/// A locked buffer, for reading.
pub(crate) struct ReadBytes<'a>(RwLockReadGuard<'a, Box<[Line]>>);

impl ReadBytes<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

/// A locked buffer, for writing.
pub(crate) struct WriteBytes<'a>(RwLockWriteGuard<'a, Box<[Line]>>);

impl WriteBytes<'_> {
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}

/// The bytes of `region` as indices into its memory.
pub(crate) fn range(region: &Region) -> std::ops::Range<usize> {
    let start = region.offset as usize;
    start..start + region.bytes as usize
}

fn outside(region: &Region) -> Error {
    Error::OutOfRange {
        start: region.offset,
        end: region.offset + region.bytes,
        len: region.allocation.bytes,
    }
}

/// Copies `data` into the region.
pub(crate) fn upload(to: &Region, data: &[u8]) -> Result<(), Error> {
    let mut memory = to.allocation.memory::<HostMemory>()?.write()?;
    let target = memory.bytes_mut().get_mut(range(to)).ok_or_else(|| outside(to))?;
    target.copy_from_slice(data);
    Ok(())
}

/// Copies the region into `data`.
pub(crate) fn download(from: &Region, data: &mut [u8]) -> Result<(), Error> {
    let memory = from.allocation.memory::<HostMemory>()?.read()?;
    data.copy_from_slice(memory.bytes().get(range(from)).ok_or_else(|| outside(from))?);
    Ok(())
}

/// Sets the region to zero.
pub(crate) fn zero(region: &Region) -> Result<(), Error> {
    let mut memory = region.allocation.memory::<HostMemory>()?.write()?;
    memory.bytes_mut().get_mut(range(region)).ok_or_else(|| outside(region))?.fill(0);
    Ok(())
}

/// Copies between two allocations.
pub(crate) fn copy(from: &Region, to: &Region) -> Result<(), Error> {
    let mut data = vec![0; from.bytes as usize];
    download(from, &mut data)?;
    upload(to, &data)
}
