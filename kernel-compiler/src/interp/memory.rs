//! Global memory: buffers that outlive launches.

use super::storage::Storage;

/// A buffer of a [`Memory`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BufferId(pub(super) usize);

/// The device's global memory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    pub(super) buffers: Vec<Buffer>,
}

/// One allocation.
#[derive(Debug, Clone)]
pub(super) struct Buffer {
    pub(super) name: String,
    /// Address of the first byte: a multiple of 256.
    pub(super) address: u64,
    pub(super) storage: Storage,
    pub(super) loaded: u64,
    pub(super) stored: u64,
}

impl Memory {
    /// No buffers yet.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// A buffer that holds `bytes`.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> BufferId {
        self.push(name, Storage::from_bytes(bytes))
    }

    /// A buffer of `len` bytes that nobody has written: reading it before a kernel wrote it is a fault.
    pub fn uninitialised(&mut self, name: &str, len: usize) -> BufferId {
        self.push(name, Storage::unwritten(len))
    }

    /// A buffer of `f32`.
    pub fn add_f32(&mut self, name: &str, values: &[f32]) -> BufferId {
        self.add(name, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    }

    /// A buffer of `u32`.
    pub fn add_u32(&mut self, name: &str, values: &[u32]) -> BufferId {
        self.add(name, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    }

    /// A buffer of 16-bit words (`u16`, or the bits of `f16` and `bf16`).
    pub fn add_u16(&mut self, name: &str, values: &[u16]) -> BufferId {
        self.add(name, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    }

    /// The bytes of a buffer; empty for a buffer of another memory.
    pub fn bytes(&self, id: BufferId) -> &[u8] {
        self.buffers.get(id.0).map_or(&[], |buffer| buffer.storage.bytes())
    }

    /// A buffer as `f32`.
    pub fn f32s(&self, id: BufferId) -> Vec<f32> {
        self.u32s(id).into_iter().map(f32::from_bits).collect()
    }

    /// A buffer as `u32`.
    pub fn u32s(&self, id: BufferId) -> Vec<u32> {
        let (words, _) = self.bytes(id).as_chunks::<4>();
        words.iter().map(|word| u32::from_le_bytes(*word)).collect()
    }

    /// A buffer as 16-bit words.
    pub fn u16s(&self, id: BufferId) -> Vec<u16> {
        let (words, _) = self.bytes(id).as_chunks::<2>();
        words.iter().map(|word| u16::from_le_bytes(*word)).collect()
    }

    /// The first buffer of this name.
    pub fn find(&self, name: &str) -> Option<BufferId> {
        self.buffers.iter().position(|buffer| buffer.name == name).map(BufferId)
    }

    /// The first byte that was never written, if there is one.
    pub fn first_unwritten(&self, id: BufferId) -> Option<usize> {
        let buffer = self.buffers.get(id.0)?;
        buffer.storage.first_unwritten(0, buffer.storage.len())
    }

    fn push(&mut self, name: &str, storage: Storage) -> BufferId {
        let end = self.buffers.last().map_or(0x1_0000, |b| b.address + b.storage.len() as u64);
        let address = end.next_multiple_of(256) + 256;
        let name = name.to_owned();
        self.buffers.push(Buffer { name, address, storage, loaded: 0, stored: 0 });
        BufferId(self.buffers.len() - 1)
    }
}
