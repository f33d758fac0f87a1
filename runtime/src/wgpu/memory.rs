//! One `wgpu::Buffer` per tensor; uploads and downloads ordered with the batch.

use std::borrow::Cow;
use std::sync::mpsc;
use std::time::Duration;

use ::wgpu::{Buffer, BufferDescriptor, BufferUsages, MapMode, PollType};

use super::device::WgpuBackend;
use super::failure::scoped;
use crate::backend::{Opaque, Region};
use crate::error::one_line;
use crate::{BackendKind, Error};

/// A tensor's buffer: a multiple of 16 bytes, so that an array of any element type can be bound.
#[derive(Debug)]
pub(crate) struct WgpuMemory {
    pub buffer: Buffer,
}

/// Uploads up to this size join a batch that is under way; larger ones submit it first.
const JOINS_BATCH: usize = 64 << 10;

/// Queue writes after which the staging memory that wgpu holds for them is given back.
const MUCH_WRITTEN: u64 = 64 << 20;

/// How long the callback of a finished submission may take to come.
const CALLBACK: Duration = Duration::from_secs(30);

/// Bytes of one queue write.
const CHUNK: usize = 16 << 20;

/// Largest staging buffer that is kept for the next download.
const KEPT_STAGING: u64 = 4 << 20;

impl WgpuBackend {
    pub(super) fn create_buffer(&self, bytes: u64) -> Result<Opaque, Error> {
        let limit = self.limits().max_buffer;
        if bytes > limit {
            let (what, device) = ("a tensor".to_owned(), self.name());
            return Err(Error::TensorTooLarge { what, bytes, limit, device });
        }
        let free = self.host_memory_for(bytes).map(|memory| memory.free);
        if free.is_some_and(|free| bytes > free) {
            return Err(Error::OutOfMemory { asked: bytes, free });
        }
        let descriptor = BufferDescriptor {
            label: Some("tensor"),
            size: bytes.max(1).next_multiple_of(16),
            usage: BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        };
        let created = scoped(&self.device, || self.device.create_buffer(&descriptor));
        let buffer = created.map_err(|error| match error {
            ::wgpu::Error::OutOfMemory { .. } => Error::OutOfMemory { asked: bytes, free },
            other => Error::Driver {
                backend: BackendKind::Wgpu,
                call: "create_buffer",
                message: one_line(&other.to_string()),
            },
        })?;
        Ok(Box::new(WgpuMemory { buffer }))
    }

    pub(super) fn write(&self, to: &Region, data: &[u8]) -> Result<(), Error> {
        let buffer = &to.allocation.memory::<WgpuMemory>()?.buffer;
        let (offset, data) = self.whole_words(to, data)?;
        let mut batch = self.batch()?;
        if !batch.is_empty() && data.len() <= JOINS_BATCH {
            let staging = self.staging_with(&data)?;
            batch.copy(&self.device, (&staging, 0), (buffer, offset), data.len() as u64);
            return self.failure.check();
        }
        if !batch.is_empty() {
            batch.submit(&self.queue);
        }
        for (index, chunk) in data.chunks(CHUNK).enumerate() {
            self.queue.write_buffer(buffer, offset + (index * CHUNK) as u64, chunk);
            batch.written += chunk.len() as u64;
            if batch.written >= MUCH_WRITTEN {
                batch.submit(&self.queue);
                self.wait(None)?;
            }
        }
        self.failure.check()
    }

    pub(super) fn read(&self, from: &Region, data: &mut [u8]) -> Result<(), Error> {
        let buffer = &from.allocation.memory::<WgpuMemory>()?.buffer;
        let start = from.offset / 4 * 4;
        let bytes = (from.offset + data.len() as u64).next_multiple_of(4) - start;
        let staging = self.staging_for(bytes)?;
        let submission = {
            let mut batch = self.batch()?;
            batch.copy(&self.device, (buffer, start), (&staging, 0), bytes);
            batch.submit(&self.queue)
        };
        self.failure.check()?;
        let (sender, receiver) = mpsc::channel();
        staging.slice(..bytes).map_async(MapMode::Read, move |result| {
            // The receiver outlives the wait below; where it does not, nobody needs the result.
            let _ = sender.send(result);
        });
        self.wait(Some(submission))?;
        let unmapped = |reason: String| Error::DeviceLost { reason: one_line(&reason) };
        // Another thread's poll may have taken the callback and not called it yet.
        match receiver.recv_timeout(CALLBACK) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(unmapped(error.to_string())),
            Err(error) => return Err(unmapped(format!("a download never arrived: {error}"))),
        }
        let mapped = staging.get_mapped_range(..bytes);
        let mapped = mapped.map_err(|error| unmapped(error.to_string()))?;
        let skip = (from.offset - start) as usize;
        data.copy_from_slice(&mapped[skip..skip + data.len()]);
        drop(mapped);
        staging.unmap();
        self.keep_staging(staging);
        self.failure.check()
    }

    /// Queue writes are made of whole words: what surrounds a narrower one is read first, except
    /// at the end of the buffer, which is padding.
    fn whole_words<'a>(&self, to: &Region, data: &'a [u8]) -> Result<(u64, Cow<'a, [u8]>), Error> {
        let (start, end) = (to.offset, to.offset + data.len() as u64);
        if start % 4 == 0 && end % 4 == 0 {
            return Ok((start, Cow::Borrowed(data)));
        }
        let first = start / 4 * 4;
        let mut words = vec![0; (end.next_multiple_of(4) - first) as usize];
        if start % 4 != 0 || end != to.allocation.bytes {
            let bytes = words.len() as u64;
            let around = Region { offset: first, bytes, ..to.clone() };
            self.read(&around, &mut words)?;
        }
        let skip = (start - first) as usize;
        words[skip..skip + data.len()].copy_from_slice(data);
        Ok((first, Cow::Owned(words)))
    }

    /// A buffer with this content, for a copy within the batch.
    fn staging_with(&self, data: &[u8]) -> Result<Buffer, Error> {
        let staging = self.device.create_buffer(&BufferDescriptor {
            label: Some("upload"),
            size: data.len() as u64,
            usage: BufferUsages::COPY_SRC,
            mapped_at_creation: true,
        });
        let failed = |error: ::wgpu::MapRangeError| Error::Driver {
            backend: BackendKind::Wgpu,
            call: "mapping an upload",
            message: error.to_string(),
        };
        staging.get_mapped_range_mut(..).map_err(failed)?.copy_from_slice(data);
        staging.unmap();
        Ok(staging)
    }

    /// A buffer of at least `bytes` to download through.
    fn staging_for(&self, bytes: u64) -> Result<Buffer, Error> {
        if let Ok(mut kept) = self.staging.lock()
            && let Some(index) = kept.iter().position(|buffer| buffer.size() >= bytes)
        {
            return Ok(kept.swap_remove(index));
        }
        let descriptor = BufferDescriptor {
            label: Some("download"),
            size: bytes.next_power_of_two().clamp(4096, bytes.max(KEPT_STAGING)),
            usage: BufferUsages::COPY_DST | BufferUsages::MAP_READ,
            mapped_at_creation: false,
        };
        scoped(&self.device, || self.device.create_buffer(&descriptor))
            .map_err(|_| Error::OutOfMemory { asked: bytes, free: None })
    }

    fn keep_staging(&self, buffer: Buffer) {
        if buffer.size() <= KEPT_STAGING
            && let Ok(mut kept) = self.staging.lock()
            && kept.len() < 4
        {
            kept.push(buffer);
        }
    }

    /// Waits for a submission, or for all of them.
    pub(super) fn wait(&self, submission: Option<::wgpu::SubmissionIndex>) -> Result<(), Error> {
        let poll = PollType::Wait { submission_index: submission, timeout: None };
        if let Err(error) = self.device.poll(poll) {
            self.failure.set(one_line(&error.to_string()));
        }
        self.failure.check()
    }
}
