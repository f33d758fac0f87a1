//! Bytes that know whether they were written: a buffer or a workgroup's memory.

/// Bytes with one "written" flag each.
#[derive(Debug, Clone, Default)]
pub(super) struct Storage {
    bytes: Vec<u8>,
    written: Vec<bool>,
}

impl Storage {
    pub(super) fn from_bytes(bytes: &[u8]) -> Storage {
        Storage { bytes: bytes.to_vec(), written: vec![true; bytes.len()] }
    }

    pub(super) fn unwritten(len: usize) -> Storage {
        Storage { bytes: vec![0xCD; len], written: vec![false; len] }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes `at..at + len`, or none if they reach beyond the end.
    pub(super) fn get(&self, at: usize, len: usize) -> Option<&[u8]> {
        self.bytes.get(at..at.checked_add(len)?)
    }

    /// The first of `at..at + len` that was never written.
    pub(super) fn first_unwritten(&self, at: usize, len: usize) -> Option<usize> {
        let flags = self.written.get(at..at.saturating_add(len))?;
        flags.iter().position(|written| !written).map(|offset| at + offset)
    }

    /// Reads up to eight bytes, little-endian, zero-extended. Out of range gives 0.
    pub(super) fn word(&self, at: usize, len: usize) -> u64 {
        let mut word = [0u8; 8];
        if let Some(bytes) = self.get(at, len) {
            word[..len].copy_from_slice(bytes);
        }
        u64::from_le_bytes(word)
    }

    /// Writes bytes; those beyond the end are dropped (callers have checked the bounds).
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) {
        let end = at.saturating_add(bytes.len());
        if let (Some(to), Some(flags)) =
            (self.bytes.get_mut(at..end), self.written.get_mut(at..end))
        {
            to.copy_from_slice(bytes);
            flags.fill(true);
        }
    }
}
