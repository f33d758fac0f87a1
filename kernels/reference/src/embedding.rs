//! The embedding gather: rows of a packed matrix by token id.

use crate::Float;
use crate::formats::{self, Decode, Planes};
use rayon::prelude::*;

/// `out[t, :] = w[tokens[t] - first_row, :]`
///
/// `w`: the packed planes of rows `first_row..first_row + n` of the table, `k` wide, in the format `D`, of
/// which a launch knows the number of `words`, `tokens: [count]`, `out: [count, k]`. A token outside of
/// those rows gets zeros where `first_row` is 0, and else keeps its row of `out`: so launches over all
/// chunks of a table, in order, leave zeros only for tokens outside of the whole table.
#[allow(clippy::too_many_arguments)]
pub fn quantized_gather<D: Decode, X: Float>(
    tokens: &[u32],
    w: &[u32],
    out: &mut [X],
    count: u32,
    k: u32,
    _words: u32,
    n: u32,
    first_row: u32,
) {
    let (count, width) = (count as usize, k as usize);
    let Ok(planes) = Planes::of(&D::LAYOUT, n as usize, width) else { return };
    if width == 0 {
        return;
    }
    let packed: &[u8] = bytemuck::cast_slice(w);
    let tokens = tokens.get(..count).unwrap_or(tokens);
    let rows = out.par_chunks_mut(width).zip(tokens);
    rows.for_each_init(
        || vec![0.0f32; width],
        |row, (out, token)| {
            match token.checked_sub(first_row) {
                Some(at) if at < n => formats::row::<D>(&planes, packed, at as usize, row),
                _ if first_row == 0 => row.fill(0.0),
                _ => return,
            }
            out.iter_mut().zip(&*row).for_each(|(out, value)| *out = X::from_f32(*value));
        },
    );
}
