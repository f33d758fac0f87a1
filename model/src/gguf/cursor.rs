//! A reading position that cannot leave the directory.

use std::fmt;

use super::error::GgufError;
use super::quoted::quoted;

/// Most bytes that header, metadata and tensor infos may take together. A vocabulary of 262 144
/// tokens with its merges takes about 13 MiB; the limit keeps a rejected file cheap.
pub const MAX_DIRECTORY_BYTES: u64 = 20 << 20;

/// What is being read, for messages.
#[derive(Clone, Copy)]
pub(super) enum Section<'a> {
    /// Magic, version, counts.
    Header,
    /// The key of entry `index` of `count`.
    Key { index: u64, count: u64 },
    /// A key's type or value.
    Value { key: &'a str },
    /// Name, shape, type or offset of tensor `index` of `count`.
    TensorInfo { index: u64, count: u64 },
}

impl fmt::Display for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Section::Header => write!(f, "the header"),
            Section::Key { index, count } => write!(f, "metadata key {} of {count}", index + 1),
            Section::Value { key } => write!(f, "the value of metadata key {}", quoted(key)),
            Section::TensorInfo { index, count } => {
                write!(f, "tensor info {} of {count}", index + 1)
            }
        }
    }
}

/// A position in a file's bytes; every read is checked against what is left.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Bytes of the file that are not read yet.
    pub(super) fn left(&self) -> u64 {
        (self.bytes.len() - self.at) as u64
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: u64, section: Section) -> Result<&'a [u8], GgufError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = usize::try_from(count).ok().and_then(|n| rest.get(..n)).ok_or_else(|| {
            GgufError::Truncated {
                section: section.to_string(),
                offset: self.at as u64,
                needed: count,
                left: rest.len() as u64,
            }
        })?;
        if self.at as u64 + count > MAX_DIRECTORY_BYTES {
            return Err(GgufError::DirectoryTooLarge {
                section: section.to_string(),
                limit: MAX_DIRECTORY_BYTES,
            });
        }
        self.at += taken.len();
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, section: Section) -> Result<[u8; N], GgufError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N as u64, section)?);
        Ok(out)
    }

    pub(super) fn u32(&mut self, section: Section) -> Result<u32, GgufError> {
        self.array(section).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, section: Section) -> Result<u64, GgufError> {
        self.array(section).map(u64::from_le_bytes)
    }

    /// A string: its length in bytes as `u64`, then UTF-8.
    pub(super) fn string(&mut self, section: Section) -> Result<&'a str, GgufError> {
        let length = self.u64(section)?;
        let bytes = self.take(length, section)?;
        std::str::from_utf8(bytes).map_err(|_| GgufError::Utf8 { section: section.to_string() })
    }

    /// A name: a string of 1 to `most` bytes.
    pub(super) fn name(&mut self, most: u64, section: Section) -> Result<&'a str, GgufError> {
        let name = self.string(section)?;
        let length = name.len() as u64;
        if length == 0 || length > most {
            return Err(GgufError::NameLength { section: section.to_string(), length, most });
        }
        Ok(name)
    }
}
