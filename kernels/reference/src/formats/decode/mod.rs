//! Decoders: the value of every weight of a row, from the fields of its blocks.
//!
//! One type per format, so that the loops of the kernels' references are compiled for it.

mod k_quants;
mod plain;
mod small;

pub use k_quants::{Q4_K, Q5_K, Q6_K};
pub use plain::{Bf16, F16, F32};
pub use small::{Q4_0, Q4_1, Q5_0, Q5_1, Q8_0};

use super::{Format, Layout, MAX_PLANES, Planes};

/// The fields of consecutive blocks, plane by plane; the rest is empty.
pub type Fields<'a> = [&'a [u8]; MAX_PLANES];

/// A format as a type.
pub trait Decode: Send + Sync + 'static {
    /// Its block layout.
    const LAYOUT: Layout;

    /// Writes the weights of consecutive blocks; `fields` are those blocks' fields, plane by
    /// plane. Blocks and weights beyond the shorter side are left out.
    fn decode(fields: Fields<'_>, out: &mut [f32]);
}

/// Dequantises row `row` of a packed matrix with planes `planes` to `out`, which has the row's
/// length; zeros where the packed data has no such row.
pub(crate) fn row<D: Decode>(planes: &Planes, packed: &[u8], row: usize, out: &mut [f32]) {
    let blocks = out.len() / D::LAYOUT.weights;
    match planes.fields(packed, row * blocks, blocks) {
        Some(fields) => D::decode(fields, out),
        None => out.fill(0.0),
    }
}

/// Calls `with(fields of one block, its weights)` for each whole block of `out`; `P` is the number of the
/// format's planes. Stops where the fields end.
pub fn each_block<D: Decode, const P: usize>(
    fields: Fields<'_>,
    out: &mut [f32],
    mut with: impl FnMut([&[u8]; P], &mut [f32]),
) {
    for (block, out) in out.chunks_exact_mut(D::LAYOUT.weights).enumerate() {
        let mut own = [&[] as &[u8]; P];
        for ((own, field), plane) in own.iter_mut().zip(fields).zip(D::LAYOUT.planes) {
            let bytes = plane.bytes_per_block;
            let Some(part) = field.get(block * bytes..(block + 1) * bytes) else { return };
            *own = part;
        }
        with(own, out);
    }
}

/// The weights of consecutive blocks as a file has them; those beyond the shorter side are left out.
pub fn decode_blocks<D: Decode>(blocks: &[u8], out: &mut [f32]) {
    let blocks = blocks.chunks_exact(D::LAYOUT.block_bytes());
    for (block, out) in blocks.zip(out.chunks_exact_mut(D::LAYOUT.weights)) {
        let (mut fields, mut rest) = ([&[] as &[u8]; MAX_PLANES], block);
        for (field, plane) in fields.iter_mut().zip(D::LAYOUT.planes) {
            (*field, rest) = rest.split_at(plane.bytes_per_block);
        }
        D::decode(fields, out);
    }
}

/// Dequantises row `at` of a packed `n` x `k` matrix, `k` being the length of `out`.
///
/// # Errors
/// A `k` that is no whole number of blocks.
pub fn dequantise_row(
    format: Format,
    n: usize,
    packed: &[u32],
    at: usize,
    out: &mut [f32],
) -> Result<(), super::PackError> {
    let planes = Planes::new(format, n, out.len())?;
    let packed = bytemuck::cast_slice(packed);
    match format {
        Format::F32 => row::<F32>(&planes, packed, at, out),
        Format::F16 => row::<F16>(&planes, packed, at, out),
        Format::Bf16 => row::<Bf16>(&planes, packed, at, out),
        Format::Q4_0 => row::<Q4_0>(&planes, packed, at, out),
        Format::Q4_1 => row::<Q4_1>(&planes, packed, at, out),
        Format::Q5_0 => row::<Q5_0>(&planes, packed, at, out),
        Format::Q5_1 => row::<Q5_1>(&planes, packed, at, out),
        Format::Q8_0 => row::<Q8_0>(&planes, packed, at, out),
        Format::Q4K => row::<Q4_K>(&planes, packed, at, out),
        Format::Q5K => row::<Q5_K>(&planes, packed, at, out),
        Format::Q6K => row::<Q6_K>(&planes, packed, at, out),
    }
    Ok(())
}

/// The little-endian binary16 at byte `at` of a field.
fn f16_at<const N: usize>(bytes: &[u8; N], at: usize) -> f32 {
    half::f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}
