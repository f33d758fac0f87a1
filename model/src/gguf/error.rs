//! What can be wrong with a GGUF file.
#![expect(missing_docs, reason = "fields are what each message names")]

use super::value::ValueType;

/// A reason to refuse a file. Names are already quoted and cut, so every message is one line.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GgufError {
    /// The first four bytes.
    #[error("not a GGUF file: it begins with {found}, not \"GGUF\"")]
    Magic { found: String },
    /// The version field.
    #[error("GGUF version {version} is not supported: convert the file to version 2 or 3")]
    Version { version: u32 },
    /// The version field is 2 or 3 with its bytes reversed.
    #[error("big-endian GGUF files are not supported (version field {raw:#010x}): convert it")]
    BigEndian { raw: u32 },
    /// The file ends too early.
    #[error(
        "the file ends inside {section}: {needed} bytes wanted at offset {offset}, {left} left"
    )]
    Truncated { section: String, offset: u64, needed: u64, left: u64 },
    /// Header, metadata and tensor infos together are implausibly long.
    #[error("{section} goes beyond the {limit} bytes that metadata and tensor infos may take")]
    DirectoryTooLarge { section: String, limit: u64 },
    /// A count in the header that the rest of the file cannot hold, or beyond our limit.
    #[error("the header counts {count} {what}, at most {most} are possible in this file")]
    Count { what: &'static str, count: u64, most: u64 },
    /// A name that is empty or too long.
    #[error("the name of {section} has {length} bytes, 1 to {most} are allowed")]
    NameLength { section: String, length: u64, most: u64 },
    /// Text that is not UTF-8.
    #[error("{section} is not UTF-8")]
    Utf8 { section: String },
    /// A key twice.
    #[error("metadata key {key} appears twice")]
    DuplicateKey { key: String },
    /// A value type that the format does not define.
    #[error("metadata key {key} has the unknown value type {id}")]
    UnknownValueType { key: String, id: u32 },
    /// A boolean that is neither 0 nor 1.
    #[error("metadata key {key} holds the boolean {byte}, only 0 and 1 are allowed")]
    Boolean { key: String, byte: u8 },
    /// Arrays of arrays.
    #[error("metadata key {key} is an array of arrays, which is not supported")]
    NestedArray { key: String },
    /// An array longer than the file.
    #[error("metadata key {key} is an array of {count} x {element}, only {left} bytes are left")]
    ArrayTooLong { key: String, count: u64, element: ValueType, left: u64 },
    /// A key that must be there.
    #[error("metadata key {key} is missing")]
    MissingKey { key: String },
    /// A key of another type than its meaning needs.
    #[error("metadata key {key} must be {expected}, it is {found}")]
    WrongType { key: String, expected: &'static str, found: String },
    /// `general.alignment`.
    #[error("general.alignment is {alignment}, it must be a power of two of at least 8")]
    Alignment { alignment: u64 },
    /// A part of a model that is split over several files.
    #[error("split.count is {count}: merge the {count} split files into one first")]
    Split { count: u64 },
    /// A tensor name twice.
    #[error("tensor {tensor} appears twice")]
    DuplicateTensor { tensor: String },
    /// Number of dimensions.
    #[error("tensor {tensor} has {rank} dimensions, 1 to 4 are allowed")]
    Rank { tensor: String, rank: u32 },
    /// A zero dimension, or more elements than can be counted.
    #[error("tensor {tensor} has the impossible shape {dims:?}")]
    Shape { tensor: String, dims: Vec<u64> },
    /// A type id that is not known.
    #[error("tensor {tensor} has the unknown type id {id}")]
    UnknownType { tensor: String, id: u32 },
    /// A known type without kernels.
    #[error("tensor {tensor} has type {name} (id {id}), which is not supported")]
    UnsupportedType { tensor: String, id: u32, name: &'static str },
    /// Rows that are not whole blocks.
    #[error("tensor {tensor} has rows of {row}, not a multiple of {ggml_type}'s block of {block}")]
    RaggedRow { tensor: String, row: u64, ggml_type: &'static str, block: u64 },
    /// An offset that is not a multiple of the alignment.
    #[error("tensor {tensor} has offset {offset}, not a multiple of the alignment {alignment}")]
    Misaligned { tensor: String, offset: u64, alignment: u64 },
    /// Data outside of the file.
    #[error(
        "tensor {tensor} wants {bytes} bytes at data offset {offset}, the file has {available} \
         bytes of tensor data"
    )]
    OutOfFile { tensor: String, offset: u64, bytes: u64, available: u64 },
    /// Two tensors on the same bytes.
    #[error("tensors {first} and {second} overlap at data offset {offset}")]
    Overlap { first: String, second: String, offset: u64 },
}
