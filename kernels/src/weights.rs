//! [`WeightMatrix`]: a packed matrix on a device, in chunks that the device can bind.

use crate::formats::{self, Format};
use tilewright_runtime::{Device, Error, Shape, Tensor};

/// Rows of a chunk that are not the last are a multiple of this, so that tiles of rows do not
/// cross chunks.
const ROW_STEP: u32 = 64;

/// An `n` x `k` matrix of weights in one [`Format`], packed; row `r` belongs to output `r`.
#[derive(Debug, Clone)]
pub struct WeightMatrix {
    /// How the weights are stored.
    pub format: Format,
    /// Rows: outputs, or tokens of an embedding.
    pub n: u32,
    /// Columns: inputs.
    pub k: u32,
    chunks: Vec<Chunk>,
}

/// Consecutive rows of a matrix.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) first_row: u32,
    pub(crate) rows: u32,
    /// The planes of these rows.
    pub(crate) data: Tensor<u32>,
}

impl WeightMatrix {
    /// Packs and uploads a matrix whose rows, as the file has them, are `bytes`. It is split by
    /// rows where it is larger than what the device binds.
    ///
    /// # Errors
    /// [`Error::ShapeMismatch`] where `k` is no whole number of blocks or `bytes` has another
    /// length, [`Error::TensorTooLarge`] where 64 rows are more than the device binds, and the
    /// device's.
    pub fn upload(
        device: &Device,
        format: Format,
        n: u32,
        k: u32,
        bytes: &[u8],
    ) -> Result<Self, Error> {
        let limit = device.capabilities().wgpu.as_ref();
        let limit = limit.map_or(u64::MAX, |wgpu| wgpu.max_storage_binding.min(wgpu.max_buffer));
        WeightMatrix::upload_in_chunks(device, format, n, k, bytes, limit)
    }

    /// As [`WeightMatrix::upload`], in chunks of at most `limit` bytes.
    ///
    /// # Errors
    /// As there.
    pub fn upload_in_chunks(
        device: &Device,
        format: Format,
        n: u32,
        k: u32,
        bytes: &[u8],
        limit: u64,
    ) -> Result<Self, Error> {
        let row_bytes = row_bytes(format, n, k, bytes.len())?;
        let step = rows_per_chunk(device, format, n, k, limit)?;
        let mut chunks = Vec::new();
        let mut first_row = 0;
        while first_row < n {
            let rows = step.min(n - first_row);
            let start = first_row as usize * row_bytes;
            let part = bytes.get(start..start + rows as usize * row_bytes).unwrap_or_default();
            let words = formats::pack(format, rows, k, part)?;
            let data = device.upload(words.len(), &words)?;
            chunks.push(Chunk { first_row, rows, data });
            first_row += rows;
        }
        Ok(WeightMatrix { format, n, k, chunks })
    }

    /// Bytes on the device.
    pub fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.data.raw().bytes()).sum()
    }

    /// Number of pieces that the matrix was split into.
    pub fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    pub(crate) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }
}

/// Bytes of a row in the file, after a check of the data's length.
fn row_bytes(format: Format, n: u32, k: u32, found: usize) -> Result<usize, Error> {
    // Also refuses a `k` of no whole blocks.
    formats::packed_words(format, n, k)?;
    let row = k as usize / format.weights_per_block() * format.block_bytes();
    if row.checked_mul(n as usize) == Some(found) {
        return Ok(row);
    }
    let what = format!("the data of a {format} matrix of {n} x {k}, in bytes,");
    let expected = Shape::from((row as u64).saturating_mul(u64::from(n)));
    Err(Error::ShapeMismatch { what, expected, found: Shape::from(found) })
}

fn rows_per_chunk(
    device: &Device,
    format: Format,
    n: u32,
    k: u32,
    limit: u64,
) -> Result<u32, Error> {
    let bytes = |rows| formats::packed_words(format, rows, k).map(|words| 4 * words);
    if bytes(n)? <= limit {
        return Ok(n);
    }
    let one_step = bytes(ROW_STEP.min(n))?;
    if one_step > limit {
        return Err(Error::TensorTooLarge {
            what: format!("{} rows of a {format} matrix of {n} x {k}", ROW_STEP.min(n)),
            bytes: one_step,
            limit,
            device: device.capabilities().name.clone(),
        });
    }
    // The padding of a step is at least that of its share in a larger chunk.
    let steps = u32::try_from(limit / one_step).unwrap_or(u32::MAX);
    Ok(steps.saturating_mul(ROW_STEP))
}
