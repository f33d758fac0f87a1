//! [`WeightMatrix`]: a packed matrix on a device, in chunks that the device can bind.

use crate::formats::{self, Format};
use crate::matrix_units::{as_f16, multiplies_f16};
use rayon::prelude::*;
use tilewright_runtime::{Device, Error, Shape, Tensor, bf16, f16};

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
    /// Whether every weight is finite in f16.
    fits_f16: bool,
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
    /// rows where it is larger than what the device binds, and bfloat16 that f16 holds is stored as that
    /// where matrix units multiply in it.
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
        let fits_f16 = fits_f16(format, bytes);
        let step = rows_per_chunk(device, format, n, k, limit)?;
        let mut chunks = Vec::new();
        let mut first_row = 0;
        while first_row < n {
            let rows = step.min(n - first_row);
            let start = first_row as usize * row_bytes;
            let part = bytes.get(start..start + rows as usize * row_bytes).unwrap_or_default();
            let data = match plain_words(format, part) {
                Some(words) => device.upload(words.len(), words)?,
                None => {
                    let words = formats::pack(format, rows, k, part)?;
                    device.upload(words.len(), &words)?
                }
            };
            chunks.push(Chunk { first_row, rows, data });
            first_row += rows;
        }
        WeightMatrix { format, n, k, fits_f16, chunks }.stored(device)
    }

    /// As [`WeightMatrix::upload`], of parts that lie below each other: rows and bytes of each.
    ///
    /// # Errors
    /// As there.
    pub fn upload_stacked(
        device: &Device,
        format: Format,
        k: u32,
        parts: &[(u32, &[u8])],
    ) -> Result<Self, Error> {
        let n = parts.iter().map(|(rows, _)| rows).sum();
        let plain: Option<Vec<&[u32]>> =
            parts.iter().map(|(_, bytes)| plain_words(format, bytes)).collect();
        let (true, Some(plain)) = (device.capabilities().wgpu.is_none(), plain) else {
            let bytes: Vec<&[u8]> = parts.iter().map(|(_, bytes)| *bytes).collect();
            return WeightMatrix::upload(device, format, n, k, &bytes.concat());
        };
        for (rows, bytes) in parts {
            row_bytes(format, *rows, k, bytes.len())?;
        }
        let packed = device.zeros(plain.iter().map(|words| words.len()).sum::<usize>())?;
        let mut start = 0;
        for words in plain {
            packed.write(start, words)?;
            start += words.len() as u64;
        }
        let fits_f16 = parts.iter().all(|(_, bytes)| fits_f16(format, bytes));
        let chunks = vec![Chunk { first_row: 0, rows: n, data: packed }];
        WeightMatrix { format, n, k, fits_f16, chunks }.stored(device)
    }

    /// The matrix as it stays on the device: bfloat16 as f16, where that is what products make of it.
    fn stored(mut self, device: &Device) -> Result<Self, Error> {
        if self.format == Format::Bf16 && self.fits_f16 && multiplies_f16(device, self.k) {
            for chunk in &mut self.chunks {
                chunk.data = as_f16(device, &chunk.data, chunk.rows, self.k)?;
            }
            self.format = Format::F16;
        }
        Ok(self)
    }

    /// Bytes on the device.
    pub fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.data.raw().bytes()).sum()
    }

    /// Number of pieces that the matrix was split into.
    pub fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    pub(crate) fn fits_f16(&self) -> bool {
        self.fits_f16
    }

    pub(crate) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }
}

/// Whether every weight is finite in f16, which also holds it as well as it holds activations.
fn fits_f16(format: Format, bytes: &[u8]) -> bool {
    // 2^16 is the least value beyond f16; the largest weight is 4096 times its scale, in Q6_K.
    let (wide, scale) = (bf16::from_f32(65_536.0).to_bits(), f16::from_f32(8.0).to_bits());
    bytes.par_chunks(format.block_bytes() << 14).all(|bytes| match format {
        Format::F32 => false,
        Format::F16 => true,
        Format::Bf16 => largest(bytes) < wide,
        _ => scales(format, bytes).all(|found| largest(found) < scale),
    })
}

/// The f16 fields of every block of quantised weights: the scale, or scale and minimum.
fn scales(format: Format, bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    let mut field = 0..0;
    for plane in format.planes() {
        if matches!(plane.name, "scale" | "scales") {
            field = start..start + plane.bytes_per_block;
        }
        start += plane.bytes_per_block;
    }
    bytes.chunks(format.block_bytes()).filter_map(move |block| block.get(field.clone()))
}

/// The largest of 16-bit floats without their signs: their bits are ordered as they are.
fn largest(floats: &[u8]) -> u16 {
    let pairs = floats.as_chunks::<2>().0;
    pairs.iter().map(|pair| u16::from_le_bytes(*pair) & 0x7fff).fold(0, u16::max)
}

/// The words of rows that a device stores as a file does: packing would only copy them.
fn plain_words(format: Format, bytes: &[u8]) -> Option<&[u32]> {
    let is_plain = format.planes().len() == 1 && bytes.len().is_multiple_of(16);
    bytemuck::try_cast_slice(bytes).ok().filter(|_| is_plain)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_beyond_f16_are_found() {
        let bf16s = |values: &[f32]| -> Vec<u8> {
            values.iter().flat_map(|value| bf16::from_f32(*value).to_le_bytes()).collect()
        };
        assert!(fits_f16(Format::Bf16, &bf16s(&[0.5, -65_280.0, 1e-30])));
        for beyond in [65_536.0, -1e9, f32::INFINITY, f32::NAN] {
            assert!(!fits_f16(Format::Bf16, &bf16s(&[0.5, beyond])));
        }
        assert!(!fits_f16(Format::F32, &[0; 4]) && fits_f16(Format::F16, &[0xff, 0x7b]));
        for format in Format::ALL.into_iter().filter(|format| format.weights_per_block() > 1) {
            let mut blocks = vec![0xff; 3 * format.block_bytes()];
            for at in 0..3 {
                let field = scales(format, &blocks).nth(at).map(<[u8]>::len);
                assert!(matches!(field, Some(2 | 4)), "{format}");
            }
            // Codes of all ones, scales of 7.99 but for one.
            let offset = scales(format, &blocks).next().map(|s| s.as_ptr() as usize);
            let offset = offset.map_or(0, |at| at - blocks.as_ptr() as usize);
            let width = scales(format, &blocks).next().map_or(0, <[u8]>::len);
            for (scale, fits) in [(7.99, true), (8.0, false), (-9.0, false)] {
                for block in 0..3 {
                    let value = if block == 2 { scale } else { 7.99 };
                    let start = block * format.block_bytes() + offset;
                    for half in blocks[start..start + width].as_chunks_mut::<2>().0 {
                        *half = f16::from_f32(value).to_le_bytes();
                    }
                }
                assert_eq!(fits_f16(format, &blocks), fits, "{format} {scale}");
            }
        }
    }
}
