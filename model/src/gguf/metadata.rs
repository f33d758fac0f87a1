//! The metadata keys: checked once while reading, decoded in place when asked for.

use std::collections::BTreeMap;
use std::ops::Range;

use super::cursor::{Cursor, Section};
use super::error::GgufError;
use super::quoted::quoted;
use super::value::{Array, Value, ValueType};

/// Longest key, from the format's page.
const MAX_KEY_BYTES: u64 = u16::MAX as u64;

/// Where each key's value lies in the file.
pub(super) struct KeyTable {
    slots: BTreeMap<String, Slot>,
}

struct Slot {
    ty: ValueType,
    bytes: Range<usize>,
}

impl KeyTable {
    /// Reads `count` keys and checks every value.
    pub(super) fn read(cursor: &mut Cursor, count: u64) -> Result<Self, GgufError> {
        let mut slots = BTreeMap::new();
        for index in 0..count {
            let key = cursor.name(MAX_KEY_BYTES, Section::Key { index, count })?;
            let id = cursor.u32(Section::Value { key })?;
            let ty = ValueType::from_id(id)
                .ok_or_else(|| GgufError::UnknownValueType { key: quoted(key), id })?;
            let start = cursor.position();
            check_value(cursor, key, ty)?;
            let slot = Slot { ty, bytes: start..cursor.position() };
            if slots.insert(key.to_owned(), slot).is_some() {
                return Err(GgufError::DuplicateKey { key: quoted(key) });
            }
        }
        Ok(Self { slots })
    }

    /// The table together with the file's bytes that it was read from.
    pub(super) fn over<'a>(&'a self, bytes: &'a [u8]) -> Metadata<'a> {
        Metadata { bytes, table: self }
    }
}

/// Moves past a value of type `ty`, refusing what cannot be decoded later.
fn check_value(cursor: &mut Cursor, key: &str, ty: ValueType) -> Result<(), GgufError> {
    let section = Section::Value { key };
    match (ty, ty.size()) {
        (ValueType::Array, _) => check_array(cursor, key),
        (ValueType::Bool, Some(size)) => {
            let bytes = cursor.take(size, section)?;
            check_booleans(bytes, key)
        }
        (_, Some(size)) => cursor.take(size, section).map(drop),
        (_, None) => cursor.string(section).map(drop),
    }
}

fn check_array(cursor: &mut Cursor, key: &str) -> Result<(), GgufError> {
    let section = Section::Value { key };
    let id = cursor.u32(section)?;
    let element = ValueType::from_id(id)
        .ok_or_else(|| GgufError::UnknownValueType { key: quoted(key), id })?;
    if element == ValueType::Array {
        return Err(GgufError::NestedArray { key: quoted(key) });
    }
    let count = cursor.u64(section)?;
    // A string takes its length field at least.
    let length = count.checked_mul(element.size().unwrap_or(8));
    let left = cursor.left();
    let length = length.filter(|&bytes| bytes <= left).ok_or_else(|| GgufError::ArrayTooLong {
        key: quoted(key),
        count,
        element,
        left,
    })?;
    if element == ValueType::String {
        return (0..count).try_for_each(|_| cursor.string(section).map(drop));
    }
    let elements = cursor.take(length, section)?;
    if element == ValueType::Bool { check_booleans(elements, key) } else { Ok(()) }
}

fn check_booleans(bytes: &[u8], key: &str) -> Result<(), GgufError> {
    match bytes.iter().find(|&&byte| byte > 1) {
        Some(&byte) => Err(GgufError::Boolean { key: quoted(key), byte }),
        None => Ok(()),
    }
}

/// A file's metadata: look-ups by key that say what is missing or of the wrong type.
///
/// Each typed look-up returns `Ok(None)` where the key is absent; the caller decides whether that is
/// [`GgufError::MissingKey`].
#[derive(Clone, Copy)]
pub struct Metadata<'a> {
    bytes: &'a [u8],
    table: &'a KeyTable,
}

impl<'a> Metadata<'a> {
    /// The value under `key`, whatever its type.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        let slot = self.table.slots.get(key)?;
        Value::decode(slot.ty, self.bytes.get(slot.bytes.clone())?).map(|(value, _)| value)
    }

    /// Every key with its value, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        let this = *self;
        this.table.slots.keys().filter_map(move |key| Some((key.as_str(), this.get(key)?)))
    }

    /// An integer of any width that is not negative.
    pub fn integer(&self, key: &str) -> Result<Option<u64>, GgufError> {
        self.typed(key, "an unsigned integer", |value| match value {
            Value::Unsigned(v) => Some(v),
            Value::Signed(v) => u64::try_from(v).ok(),
            _ => None,
        })
    }

    /// An integer that fits 32 bits.
    pub fn u32(&self, key: &str) -> Result<Option<u32>, GgufError> {
        self.typed(key, "an unsigned integer of 32 bits", |value| match value {
            Value::Unsigned(v) => u32::try_from(v).ok(),
            Value::Signed(v) => u32::try_from(v).ok(),
            _ => None,
        })
    }

    /// A finite float; a 64-bit one is rounded to `f32`.
    pub fn f32(&self, key: &str) -> Result<Option<f32>, GgufError> {
        self.typed(key, "a finite float", |value| match value {
            Value::Float(v) => Some(v as f32).filter(|v| v.is_finite()),
            _ => None,
        })
    }

    /// A boolean.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>, GgufError> {
        self.typed(key, "a boolean", |value| match value {
            Value::Bool(v) => Some(v),
            _ => None,
        })
    }

    /// A string.
    pub fn string(&self, key: &str) -> Result<Option<&'a str>, GgufError> {
        self.typed(key, "a string", |value| match value {
            Value::String(v) => Some(v),
            _ => None,
        })
    }

    /// An array of strings.
    pub fn strings(&self, key: &str) -> Result<Option<Array<'a>>, GgufError> {
        self.array(key, "an array of strings", &[ValueType::String])
    }

    /// An array whose elements are one of `elements`; `expected` says so in words.
    pub fn array(
        &self,
        key: &str,
        expected: &'static str,
        elements: &[ValueType],
    ) -> Result<Option<Array<'a>>, GgufError> {
        self.typed(key, expected, |value| match value {
            Value::Array(array) if elements.contains(&array.element()) => Some(array),
            _ => None,
        })
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &'static str,
        pick: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, GgufError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        pick(value).map(Some).ok_or_else(|| GgufError::WrongType {
            key: quoted(key),
            expected,
            found: value.to_string(),
        })
    }
}

/// The value that a look-up of `key` found, or the error that it is missing.
pub(crate) fn required<T>(found: Option<T>, key: &str) -> Result<T, GgufError> {
    found.ok_or_else(|| GgufError::MissingKey { key: quoted(key) })
}
