//! The first 24 bytes: magic, version, and how many tensors and keys follow.

use super::cursor::{Cursor, Section};
use super::error::GgufError;

const MAGIC: &[u8] = b"GGUF";
/// Length of the shortest key: name length, one letter, type, a one-byte value.
const SHORTEST_KEY: u64 = 8 + 1 + 4 + 1;
/// Length of the shortest tensor info: name length, one letter, rank, one dimension, type, offset.
const SHORTEST_TENSOR: u64 = 8 + 1 + 4 + 8 + 4 + 8;
/// Most keys or tensors that we read, whatever the file's length.
const MOST: u64 = 1 << 16;

/// The header's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// 2 or 3.
    pub version: u32,
    /// How many tensor infos follow the metadata.
    pub tensor_count: u64,
    /// How many metadata keys follow the header.
    pub key_count: u64,
}

impl Header {
    pub(super) fn read(cursor: &mut Cursor) -> Result<Self, GgufError> {
        let magic = cursor.take(4, Section::Header)?;
        if magic != MAGIC {
            return Err(GgufError::Magic { found: format!("\"{}\"", magic.escape_ascii()) });
        }
        let version = cursor.u32(Section::Header)?;
        match version {
            2 | 3 => {}
            v if matches!(v.swap_bytes(), 1..=3) => return Err(GgufError::BigEndian { raw: v }),
            version => return Err(GgufError::Version { version }),
        }
        let tensor_count = cursor.u64(Section::Header)?;
        let key_count = cursor.u64(Section::Header)?;
        let left = cursor.left();
        plausible("metadata keys", key_count, left / SHORTEST_KEY)?;
        plausible("tensors", tensor_count, left / SHORTEST_TENSOR)?;
        Ok(Self { version, tensor_count, key_count })
    }
}

fn plausible(what: &'static str, count: u64, fit: u64) -> Result<(), GgufError> {
    let most = fit.min(MOST);
    if count > most {
        return Err(GgufError::Count { what, count, most });
    }
    Ok(())
}
