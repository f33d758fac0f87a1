//! The embedding gather: rows of a packed matrix by token id.

use crate::formats::{self, Decode, Planes};
use rayon::prelude::*;

fn gather<D: Decode>(
    planes: &Planes,
    packed: &[u8],
    tokens: &[u32],
    out: &mut [f32],
    width: usize,
    first_row: u32,
    n: u32,
) {
    out.par_chunks_mut(width).zip(tokens).for_each(|(out, token)| {
        match token.checked_sub(first_row) {
            Some(row) if row < n => formats::row::<D>(planes, packed, row as usize, out),
            _ if first_row == 0 => out.fill(0.0),
            _ => {}
        }
    });
}

macro_rules! gathers {
    ($($name:ident: $format:ident),* $(,)?) => {$(
        #[doc = concat!("`out[t, :] = w[tokens[t] - first_row, :]`, `w` in ",
            stringify!($format), ".")]
        ///
        /// `w`: the packed planes of rows `first_row..first_row + n` of the table, `d` wide,
        /// `tokens: [count]`, `out: [count, d]`. A token outside of those rows gets zeros where
        /// `first_row` is 0, and else keeps its row of `out`: so launches over all chunks of a
        /// table, in order, leave zeros only for tokens outside of the whole table.
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            w: &[u32],
            tokens: &[u32],
            out: &mut [f32],
            count: u32,
            d: u32,
            first_row: u32,
            n: u32,
        ) {
            let (count, width) = (count as usize, d as usize);
            let Ok(planes) = Planes::new(formats::$format::FORMAT, n as usize, width) else {
                return;
            };
            if width == 0 {
                return;
            }
            let packed = bytemuck::cast_slice(w);
            let tokens = tokens.get(..count).unwrap_or(tokens);
            gather::<formats::$format>(&planes, packed, tokens, out, width, first_row, n);
        }
    )*};
}

gathers! {
    gather_f32: F32,
    gather_f16: F16,
    gather_bf16: Bf16,
    gather_q4_0: Q4_0,
    gather_q4_1: Q4_1,
    gather_q5_0: Q5_0,
    gather_q5_1: Q5_1,
    gather_q8_0: Q8_0,
    gather_q4_k: Q4_K,
    gather_q5_k: Q5_K,
    gather_q6_k: Q6_K,
}
