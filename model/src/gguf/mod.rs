//! GGUF files, versions 2 and 3, little-endian (the format's page is `docs/gguf.md` of ggml).
//!
//! Layout of a file: `header`, then the metadata keys, then the tensor infos, then padding up to
//! `general.alignment`, then the tensors' data. The first three are the *directory*. Reading goes
//! in that order, each step bounded by the bytes that are there:
//!
//! 1. [`Header`]: magic, version, counts;
//! 2. [`Metadata`]: the keys, checked once and then decoded in place on demand;
//! 3. [`TensorView`]: names, types, shapes and the ranges of their data;
//! 4. [`GgufFile`]: the map of the file that owns all of it.
//!
//! Nothing of a file is trusted: a count is compared with the bytes left before anything is
//! allocated for it, and the whole directory may take [`MAX_DIRECTORY_BYTES`]. Every refusal is a
//! one-line [`GgufError`] that names the key or the tensor and the value found.

mod cursor;
mod error;
mod ggml_type;
mod header;
mod metadata;
mod quoted;
mod reader;
mod tensor;
mod value;
pub mod writer;

pub use cursor::MAX_DIRECTORY_BYTES;
pub use error::GgufError;
pub use ggml_type::GgmlType;
pub use header::Header;
pub use metadata::Metadata;
pub(crate) use metadata::required;
pub(crate) use quoted::quoted;
pub use reader::GgufFile;
pub(crate) use reader::OpenError;
pub use tensor::TensorView;
pub use value::{Array, Value, ValueType};
