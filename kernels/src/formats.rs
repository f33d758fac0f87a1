//! Quantisation formats and packing: [`Format`] and its layout come from the references, whose
//! decoders define them.

use tilewright_kernels_reference::formats::{self, PackError, Planes};
pub use tilewright_kernels_reference::formats::{Format, Fragments, Plane, dequantise_row};
use tilewright_runtime::{Error, Shape};

/// Packs an `n` x `k` matrix, as a file has it, into the planes that the kernels read; at most
/// 15 bytes per plane more than the file's.
///
/// # Errors
/// [`Error::ShapeMismatch`] where a row is no whole number of blocks or `file_bytes` has another
/// length, [`Error::ShapeOverflow`].
pub fn pack(format: Format, n: u32, k: u32, file_bytes: &[u8]) -> Result<Vec<u32>, Error> {
    formats::pack(format, n as usize, k as usize, file_bytes)
        .map_err(|error| refused(format, n, k, error))
}

/// Words of a packed `n` x `k` matrix.
pub(crate) fn packed_words(format: Format, n: u32, k: u32) -> Result<u64, Error> {
    let planes = Planes::new(format, n as usize, k as usize);
    planes.map(|planes| planes.words() as u64).map_err(|error| refused(format, n, k, error))
}

fn refused(format: Format, n: u32, k: u32, error: PackError) -> Error {
    let mismatch = |what: String, expected: Shape, found: Shape| Error::ShapeMismatch {
        what,
        expected,
        found,
    };
    match error {
        PackError::Width { k: found, weights } => mismatch(
            format!("a {format} matrix (whole blocks of {weights} weights)"),
            Shape::from([u64::from(n), found.next_multiple_of(weights) as u64]),
            Shape::from([n, k]),
        ),
        PackError::Length { expected, found } => mismatch(
            format!("the data of a {format} matrix of {n} x {k}, in bytes,"),
            Shape::from(expected),
            Shape::from(found),
        ),
        PackError::TooLarge => Error::ShapeOverflow { shape: Shape::from([n, k]) },
    }
}
