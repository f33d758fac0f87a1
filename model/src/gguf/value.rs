//! Metadata values: their types, and decoding them in place.

use std::fmt;

use super::quoted::quoted;

/// The type of a metadata value; the discriminants are the format's ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum ValueType {
    /// 8 bits, unsigned.
    U8 = 0,
    /// 8 bits, signed.
    I8 = 1,
    /// 16 bits, unsigned.
    U16 = 2,
    /// 16 bits, signed.
    I16 = 3,
    /// 32 bits, unsigned.
    U32 = 4,
    /// 32 bits, signed.
    I32 = 5,
    /// 32-bit float.
    F32 = 6,
    /// One byte, 0 or 1.
    Bool = 7,
    /// A `u64` length and UTF-8 bytes.
    String = 8,
    /// An element type, a `u64` count and the elements.
    Array = 9,
    /// 64 bits, unsigned.
    U64 = 10,
    /// 64 bits, signed.
    I64 = 11,
    /// 64-bit float.
    F64 = 12,
}

impl ValueType {
    /// The type with the format's number `id`.
    pub fn from_id(id: u32) -> Option<Self> {
        use ValueType::*;
        [U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64]
            .get(usize::try_from(id).ok()?)
            .copied()
    }

    /// Bytes of a value; `None` for strings and arrays, whose length varies.
    pub fn size(self) -> Option<u64> {
        match self {
            Self::U8 | Self::I8 | Self::Bool => Some(1),
            Self::U16 | Self::I16 => Some(2),
            Self::U32 | Self::I32 | Self::F32 => Some(4),
            Self::U64 | Self::I64 | Self::F64 => Some(8),
            Self::String | Self::Array => None,
        }
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// A decoded value; strings and arrays still lie in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Any unsigned integer.
    Unsigned(u64),
    /// Any signed integer.
    Signed(i64),
    /// A 32-bit or 64-bit float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// A string.
    String(&'a str),
    /// An array of scalars or strings.
    Array(Array<'a>),
}

impl<'a> Value<'a> {
    /// Decodes the value at the start of `bytes`, and returns what follows it.
    ///
    /// `None` means that `bytes` changed after they were checked (a file rewritten under its map).
    pub(super) fn decode(ty: ValueType, bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        Some(match ty {
            ValueType::U8 => scalar(bytes, |b: [u8; 1]| Self::Unsigned(b[0].into()))?,
            ValueType::I8 => scalar(bytes, |b| Self::Signed(i8::from_le_bytes(b).into()))?,
            ValueType::U16 => scalar(bytes, |b| Self::Unsigned(u16::from_le_bytes(b).into()))?,
            ValueType::I16 => scalar(bytes, |b| Self::Signed(i16::from_le_bytes(b).into()))?,
            ValueType::U32 => scalar(bytes, |b| Self::Unsigned(u32::from_le_bytes(b).into()))?,
            ValueType::I32 => scalar(bytes, |b| Self::Signed(i32::from_le_bytes(b).into()))?,
            ValueType::F32 => scalar(bytes, |b| Self::Float(f32::from_le_bytes(b).into()))?,
            ValueType::Bool => scalar(bytes, |b: [u8; 1]| Self::Bool(b[0] != 0))?,
            ValueType::U64 => scalar(bytes, |b| Self::Unsigned(u64::from_le_bytes(b)))?,
            ValueType::I64 => scalar(bytes, |b| Self::Signed(i64::from_le_bytes(b)))?,
            ValueType::F64 => scalar(bytes, |b| Self::Float(f64::from_le_bytes(b)))?,
            ValueType::String => {
                let (length, rest) = bytes.split_first_chunk()?;
                let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
                let (text, rest) = rest.split_at_checked(length)?;
                (Self::String(std::str::from_utf8(text).ok()?), rest)
            }
            ValueType::Array => {
                let (element, rest) = bytes.split_first_chunk()?;
                let element = ValueType::from_id(u32::from_le_bytes(*element))?;
                let (count, elements) = rest.split_first_chunk()?;
                let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
                (Self::Array(Array { element, count, elements }), &[])
            }
        })
    }
}

fn scalar<'a, const N: usize>(
    bytes: &'a [u8],
    make: impl FnOnce([u8; N]) -> Value<'a>,
) -> Option<(Value<'a>, &'a [u8])> {
    let (head, rest) = bytes.split_first_chunk()?;
    Some((make(*head), rest))
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(v) => write!(f, "{v}"),
            Self::Signed(v) => write!(f, "{v}"),
            Self::Float(v) => write!(f, "{v}"),
            Self::Bool(v) => write!(f, "{v}"),
            Self::String(v) => f.write_str(&quoted(v)),
            Self::Array(v) => write!(f, "an array of {} x {}", v.count, v.element),
        }
    }
}

/// An array in the file, decoded element by element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Array<'a> {
    element: ValueType,
    count: usize,
    elements: &'a [u8],
}

impl<'a> Array<'a> {
    /// The type of every element; never `Array`.
    pub fn element(&self) -> ValueType {
        self.element
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The elements in order. Shorter than [`len`](Self::len) only if the file changed under us.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (element, mut rest) = (self.element, self.elements);
        (0..self.count).map_while(move |_| {
            let (value, after) = Value::decode(element, rest)?;
            rest = after;
            Some(value)
        })
    }

    /// The elements that are strings.
    pub fn strings(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.iter().filter_map(|v| if let Value::String(s) = v { Some(s) } else { None })
    }
}
