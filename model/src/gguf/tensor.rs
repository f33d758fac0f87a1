//! The tensor infos: name, type, shape and the range of the file that holds the data.

use std::collections::BTreeMap;
use std::ops::Range;

use super::cursor::{Cursor, Section};
use super::error::GgufError;
use super::ggml_type::{GgmlType, Lookup};
use super::quoted::quoted;

/// Longest tensor name (ggml's own limit is 64).
const MAX_NAME_BYTES: u64 = 256;

/// A tensor of the file; the data are the file's own bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TensorView<'a> {
    /// Name, such as `blk.0.attn_q.weight`.
    pub name: &'a str,
    /// Element type.
    pub ggml_type: GgmlType,
    /// Shape, innermost first: `dims[0]` is the length of a row (a weight's input width),
    /// `dims[1]` the number of rows. 1 to 4 entries, none zero.
    pub dims: &'a [u64],
    /// The blocks, row after row, without gaps.
    pub bytes: &'a [u8],
}

impl TensorView<'_> {
    /// Elements of a row.
    pub fn row_len(&self) -> u64 {
        self.dims.first().copied().unwrap_or(1)
    }

    /// Number of rows, over all further dimensions.
    pub fn rows(&self) -> u64 {
        self.dims.iter().skip(1).product()
    }
}

/// Type, shape and data range of one tensor.
pub(super) struct TensorInfo {
    ggml_type: GgmlType,
    dims: Vec<u64>,
    offset: u64,
    length: u64,
    data: Range<usize>,
}

/// Every tensor of a file by name.
pub(super) struct TensorTable {
    infos: BTreeMap<String, TensorInfo>,
}

impl TensorTable {
    /// Reads `count` infos; their data are located by [`place`](Self::place).
    pub(super) fn read(cursor: &mut Cursor, count: u64) -> Result<Self, GgufError> {
        let mut infos = BTreeMap::new();
        for index in 0..count {
            let section = Section::TensorInfo { index, count };
            let name = cursor.name(MAX_NAME_BYTES, section)?;
            let info = read_info(cursor, name, section)?;
            if infos.insert(name.to_owned(), info).is_some() {
                return Err(GgufError::DuplicateTensor { tensor: quoted(name) });
            }
        }
        Ok(Self { infos })
    }

    /// Checks every offset against the data section, `file[start..]`, which may begin behind the
    /// file's end where there are no tensors.
    pub(super) fn place(&mut self, start: u64, file: u64, alignment: u64) -> Result<(), GgufError> {
        let available = file.saturating_sub(start);
        for (name, info) in &mut self.infos {
            let TensorInfo { offset, length, .. } = *info;
            if !offset.is_multiple_of(alignment) {
                return Err(GgufError::Misaligned { tensor: quoted(name), offset, alignment });
            }
            let range = offset
                .checked_add(length)
                .filter(|&end| end <= available)
                .and_then(|end| absolute(start, offset, end))
                .ok_or_else(|| GgufError::OutOfFile {
                    tensor: quoted(name),
                    offset,
                    bytes: length,
                    available,
                })?;
            info.data = range;
        }
        self.check_overlap()
    }

    fn check_overlap(&self) -> Result<(), GgufError> {
        let mut order: Vec<_> = self.infos.iter().collect();
        order.sort_by_key(|(_, info)| info.offset);
        for pair in order.windows(2) {
            let [(first, a), (second, b)] = pair else { continue };
            if a.data.end > b.data.start {
                return Err(GgufError::Overlap {
                    first: quoted(first),
                    second: quoted(second),
                    offset: b.offset,
                });
            }
        }
        Ok(())
    }

    /// The tensor called `name`, over the bytes of its file.
    pub(super) fn get<'a>(&'a self, name: &str, file: &'a [u8]) -> Option<TensorView<'a>> {
        let (name, info) = self.infos.get_key_value(name)?;
        view(name, info, file)
    }

    /// Where in its file the data of the tensor called `name` are.
    pub(super) fn range(&self, name: &str) -> Option<Range<usize>> {
        self.infos.get(name).map(|info| info.data.clone())
    }

    /// Every tensor in the order of the names.
    pub(super) fn iter<'a>(
        &'a self,
        file: &'a [u8],
    ) -> impl Iterator<Item = TensorView<'a>> + use<'a> {
        self.infos.iter().filter_map(move |(name, info)| view(name, info, file))
    }
}

fn view<'a>(name: &'a str, info: &'a TensorInfo, file: &'a [u8]) -> Option<TensorView<'a>> {
    let bytes = file.get(info.data.clone())?;
    Some(TensorView { name, ggml_type: info.ggml_type, dims: &info.dims, bytes })
}

fn absolute(start: u64, offset: u64, end: u64) -> Option<Range<usize>> {
    let at = |relative| usize::try_from(start.checked_add(relative)?).ok();
    Some(at(offset)?..at(end)?)
}

fn read_info(cursor: &mut Cursor, name: &str, section: Section) -> Result<TensorInfo, GgufError> {
    let rank = cursor.u32(section)?;
    if !(1..=4).contains(&rank) {
        return Err(GgufError::Rank { tensor: quoted(name), rank });
    }
    let dims = (0..rank).map(|_| cursor.u64(section)).collect::<Result<Vec<_>, _>>()?;
    let id = cursor.u32(section)?;
    let offset = cursor.u64(section)?;
    let ggml_type = match GgmlType::lookup(id) {
        Lookup::Supported(found) => found,
        Lookup::Unsupported(ggml) => {
            return Err(GgufError::UnsupportedType { tensor: quoted(name), id, name: ggml });
        }
        Lookup::Unknown => return Err(GgufError::UnknownType { tensor: quoted(name), id }),
    };
    let length = data_bytes(name, ggml_type, &dims)?;
    Ok(TensorInfo { ggml_type, dims, offset, length, data: 0..0 })
}

fn data_bytes(name: &str, ggml_type: GgmlType, dims: &[u64]) -> Result<u64, GgufError> {
    let shape = || GgufError::Shape { tensor: quoted(name), dims: dims.to_vec() };
    let (&row, outer) = dims.split_first().ok_or_else(shape)?;
    let rows = outer.iter().try_fold(1u64, |product, &dim| product.checked_mul(dim));
    let rows = rows.ok_or_else(shape)?;
    let elements = row.checked_mul(rows).filter(|&n| n != 0 && n <= i64::MAX as u64);
    elements.ok_or_else(shape)?;
    let block = ggml_type.block_len();
    if !row.is_multiple_of(block) {
        let tensor = quoted(name);
        return Err(GgufError::RaggedRow { tensor, row, ggml_type: ggml_type.name(), block });
    }
    ggml_type.row_bytes(row).and_then(|bytes| bytes.checked_mul(rows)).ok_or_else(shape)
}
