//! Writes GGUF files (version 3, little-endian): the models that tests and benchmarks make.

use super::ggml_type::GgmlType;
use super::value::ValueType;
use std::io::{self, Read as _, Write};

/// A value to write; arrays hold their elements encoded.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedValue {
    ty: ValueType,
    bytes: Vec<u8>,
}

/// Types that a metadata key can hold.
pub trait Scalar {
    /// The format's type of it.
    const TYPE: ValueType;
    /// Appends the encoded value.
    fn encode(&self, out: &mut Vec<u8>);
}

macro_rules! number {
    ($($rust:ty => $id:ident),*) => {$(
        impl Scalar for $rust {
            const TYPE: ValueType = ValueType::$id;
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
        }
    )*};
}
number!(u8 => U8, i8 => I8, u16 => U16, i16 => I16, u32 => U32, i32 => I32, u64 => U64,
    i64 => I64, f32 => F32, f64 => F64);

impl Scalar for bool {
    const TYPE: ValueType = ValueType::Bool;
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Scalar for &str {
    const TYPE: ValueType = ValueType::String;
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend((self.len() as u64).to_le_bytes());
        out.extend(self.as_bytes());
    }
}

impl Scalar for String {
    const TYPE: ValueType = ValueType::String;
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_str().encode(out);
    }
}

impl<T: Scalar> From<T> for OwnedValue {
    fn from(value: T) -> Self {
        let mut bytes = Vec::new();
        value.encode(&mut bytes);
        Self { ty: T::TYPE, bytes }
    }
}

impl<T: Scalar> From<&[T]> for OwnedValue {
    fn from(values: &[T]) -> Self {
        let mut bytes = Vec::new();
        (T::TYPE as u32).encode(&mut bytes);
        (values.len() as u64).encode(&mut bytes);
        values.iter().for_each(|value| value.encode(&mut bytes));
        Self { ty: ValueType::Array, bytes }
    }
}

struct Tensor {
    name: String,
    ggml_type: GgmlType,
    dims: Vec<u64>,
    data: TensorData,
}

/// Bytes that repeat a pattern: most of a large random model's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorData {
    /// What is repeated; not empty unless there is no data.
    pub pattern: Vec<u8>,
    /// Bytes in all; the last repetition may be cut.
    pub len: u64,
}

impl From<Vec<u8>> for TensorData {
    fn from(pattern: Vec<u8>) -> Self {
        TensorData { len: pattern.len() as u64, pattern }
    }
}

impl TensorData {
    fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let mut left = self.len;
        while left > 0 && !self.pattern.is_empty() {
            let bytes = (self.pattern.len() as u64).min(left);
            out.write_all(self.pattern.get(..bytes as usize).unwrap_or_default())?;
            left -= bytes;
        }
        Ok(())
    }

    /// All bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes =
            self.pattern.repeat(self.len.div_ceil(self.pattern.len().max(1) as u64) as usize);
        bytes.truncate(self.len as usize);
        bytes
    }
}

/// Collects keys and tensors and lays them out.
///
/// It writes what it is given, so that tests can make files which the reader must refuse.
#[derive(Default)]
pub struct GgufWriter {
    keys: Vec<(String, OwnedValue)>,
    tensors: Vec<Tensor>,
}

impl GgufWriter {
    /// An empty file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `key`; a value set before is replaced in its place.
    pub fn set(&mut self, key: &str, value: impl Into<OwnedValue>) -> &mut Self {
        let value = value.into();
        match self.keys.iter_mut().find(|(name, _)| name == key) {
            Some(slot) => slot.1 = value,
            None => self.keys.push((key.to_owned(), value)),
        }
        self
    }

    /// Removes `key` if it is there.
    pub fn unset(&mut self, key: &str) -> &mut Self {
        self.keys.retain(|(name, _)| name != key);
        self
    }

    /// Adds a tensor, or replaces the one of that name; `dims` are innermost first.
    pub fn tensor(
        &mut self,
        name: &str,
        ggml_type: GgmlType,
        dims: &[u64],
        data: impl Into<TensorData>,
    ) -> &mut Self {
        self.remove_tensor(name);
        let (name, dims, data) = (name.to_owned(), dims.to_vec(), data.into());
        self.tensors.push(Tensor { name, ggml_type, dims, data });
        self
    }

    /// Removes the tensor `name` if it is there.
    pub fn remove_tensor(&mut self, name: &str) -> &mut Self {
        self.tensors.retain(|tensor| tensor.name != name);
        self
    }

    /// The file: directory, padding, data, each tensor on a multiple of `general.alignment`
    /// (a `u32` key; 32 where it is not set).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to memory does not fail.
        let _written = self.write_to(&mut out);
        out
    }

    /// Writes the file of [`GgufWriter::to_bytes`], however large it is.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let alignment = self.alignment() as u64;
        let directory = self.directory(alignment);
        out.write_all(&directory)?;
        let mut written = directory.len() as u64;
        for tensor in &self.tensors {
            let padding = written.next_multiple_of(alignment) - written;
            io::copy(&mut io::repeat(0).take(padding), out)?;
            tensor.data.write_to(out)?;
            written += padding + tensor.data.len;
        }
        Ok(())
    }

    /// Everything before the data.
    fn directory(&self, alignment: u64) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        3u32.encode(&mut out);
        (self.tensors.len() as u64).encode(&mut out);
        (self.keys.len() as u64).encode(&mut out);
        for (key, value) in &self.keys {
            key.encode(&mut out);
            (value.ty as u32).encode(&mut out);
            out.extend(&value.bytes);
        }
        let mut offset = 0u64;
        for tensor in &self.tensors {
            tensor.name.encode(&mut out);
            (tensor.dims.len() as u32).encode(&mut out);
            tensor.dims.iter().for_each(|dim| dim.encode(&mut out));
            tensor.ggml_type.id().encode(&mut out);
            offset.encode(&mut out);
            offset = (offset + tensor.data.len).next_multiple_of(alignment);
        }
        out
    }

    fn alignment(&self) -> usize {
        let value = self.keys.iter().find(|(key, _)| key == "general.alignment");
        value
            .and_then(|(_, value)| Some(u32::from_le_bytes(*value.bytes.first_chunk()?)))
            .filter(|&alignment| alignment > 0)
            .map_or(32, |alignment| alignment as usize)
    }
}
