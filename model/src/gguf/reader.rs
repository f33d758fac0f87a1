//! A whole file, mapped or in memory.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;
#[cfg(unix)]
use memmap2::UncheckedAdvice;

use super::cursor::Cursor;
use super::error::GgufError;
use super::header::Header;
use super::metadata::{KeyTable, Metadata};
use super::tensor::{TensorTable, TensorView};

/// `general.alignment` where a file has none.
const DEFAULT_ALIGNMENT: u64 = 32;

/// A checked GGUF file. Tensor data stay where they are: in the map, or in the given bytes.
pub struct GgufFile {
    bytes: Bytes,
    header: Header,
    keys: KeyTable,
    tensors: TensorTable,
}

enum Bytes {
    Mapped { map: Mmap, file: File },
    Memory(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped { map, .. } => map,
            Self::Memory(bytes) => bytes,
        }
    }
}

/// Why [`GgufFile::open`] failed: the system or the contents.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Gguf(#[from] GgufError),
}

impl GgufFile {
    /// Maps the file at `path` and checks its directory.
    ///
    /// # Errors
    /// What the system says of the path (also for folders and pipes), or a [`GgufError`].
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file").into());
        }
        // SAFETY: the map is private and read-only. Another process that rewrites the file can
        // change bytes under us: every string is checked again when it is decoded and every
        // range with `get`, so changed bytes are misread as other bytes, never as invalid values.
        // (Reading what a file lost after it was mapped ends the process with SIGBUS, as for every
        // mapping: `cut` is asked before large parts are read.)
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self::check(Bytes::Mapped { map, file })?)
    }

    /// Checks a file that is already in memory.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, GgufError> {
        Self::check(Bytes::Memory(bytes))
    }

    fn check(bytes: Bytes) -> Result<Self, GgufError> {
        let mut cursor = Cursor::new(&bytes);
        let header = Header::read(&mut cursor)?;
        let keys = KeyTable::read(&mut cursor, header.key_count)?;
        let metadata = keys.over(&bytes);
        refuse_split(metadata)?;
        let alignment = alignment(metadata)?;
        let mut tensors = TensorTable::read(&mut cursor, header.tensor_count)?;
        let start = (cursor.position() as u64).next_multiple_of(alignment);
        tensors.place(start, bytes.len() as u64, alignment)?;
        Ok(Self { bytes, header, keys, tensors })
    }

    /// Version and counts.
    pub fn header(&self) -> Header {
        self.header
    }

    /// The metadata keys.
    pub fn metadata(&self) -> Metadata<'_> {
        self.keys.over(&self.bytes)
    }

    /// The tensor called `name`.
    pub fn tensor(&self, name: &str) -> Option<TensorView<'_>> {
        self.tensors.get(name, &self.bytes)
    }

    /// Bytes that a mapped file has now, where they are fewer than when it was opened: somebody
    /// cut it, and what is beyond must not be read.
    pub fn cut(&self) -> Option<u64> {
        let Bytes::Mapped { map, file } = &self.bytes else { return None };
        // A length that the system does not tell is no reason to refuse the file.
        let now = file.metadata().ok()?.len();
        (now < map.len() as u64).then_some(now)
    }

    /// Gives back the memory of a mapped file that reading the tensor called `name` took; nothing
    /// happens for a file in memory, and on systems that have no such call.
    pub fn release(&self, name: &str) {
        #[cfg(unix)]
        if let (Bytes::Mapped { map, .. }, Some(range)) = (&self.bytes, self.tensors.range(name)) {
            // SAFETY: the map is private, read-only and of a file, so that pages which are dropped
            // come back with the file's bytes when they are read again: no reference into the map
            // sees anything but the file. `range` was checked against the map's length.
            let advised = unsafe {
                map.unchecked_advise_range(UncheckedAdvice::DontNeed, range.start, range.len())
            };
            if let Err(error) = advised {
                tracing::debug!(%error, name, "pages of the file are kept");
            }
        }
    }

    /// Every tensor in the order of the names.
    pub fn tensors(&self) -> impl Iterator<Item = TensorView<'_>> {
        self.tensors.iter(&self.bytes)
    }
}

fn alignment(metadata: Metadata) -> Result<u64, GgufError> {
    let alignment = metadata.u32("general.alignment")?.map_or(DEFAULT_ALIGNMENT, u64::from);
    if !alignment.is_power_of_two() || alignment < 8 {
        return Err(GgufError::Alignment { alignment });
    }
    Ok(alignment)
}

fn refuse_split(metadata: Metadata) -> Result<(), GgufError> {
    match metadata.integer("split.count")? {
        Some(count) if count > 1 => Err(GgufError::Split { count }),
        _ => Ok(()),
    }
}
