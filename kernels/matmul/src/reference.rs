//! The references of the kernels on tensor cores: the scalar product of what they round.

use tilewright_kernels_reference::formats::{
    Bf16, F16, Format, Fragments, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0, dequantise_row,
    pack,
};
use tilewright_kernels_reference::{quantized_matmul, rms_norm};
use tilewright_runtime::f16;

/// The scalar product with weights of a format by ggml's name.
#[allow(clippy::too_many_arguments)]
fn matmul(
    x: &[f32],
    w: &[u32],
    y: &mut [f32],
    tokens: u32,
    k: u32,
    y_stride: u32,
    words: u32,
    n: u32,
    column: u32,
    accumulate: u32,
    format: &str,
) {
    let function = match format {
        "F16" => quantized_matmul::<F16, f32>,
        "BF16" => quantized_matmul::<Bf16, f32>,
        "Q4_0" => quantized_matmul::<Q4_0, f32>,
        "Q4_1" => quantized_matmul::<Q4_1, f32>,
        "Q5_0" => quantized_matmul::<Q5_0, f32>,
        "Q5_1" => quantized_matmul::<Q5_1, f32>,
        "Q8_0" => quantized_matmul::<Q8_0, f32>,
        "Q4_K" => quantized_matmul::<Q4_K, f32>,
        "Q5_K" => quantized_matmul::<Q5_K, f32>,
        _ => quantized_matmul::<Q6_K, f32>,
    };
    function(x, w, y, tokens, k, y_stride, words, n, column, accumulate);
}

/// [`crate::tensor_core::multiply_one`]'s reference.
#[allow(clippy::too_many_arguments)]
pub(crate) fn multiply_one(
    x: &[f32],
    w: &[u32],
    y: &mut [f32],
    tokens: u32,
    k: u32,
    y_stride: u32,
    words: u32,
    n: u32,
    column: u32,
    accumulate: u32,
    _blocks: u32,
    format: &str,
) {
    matmul(x, w, y, tokens, k, y_stride, words, n, column, accumulate, format);
}

/// [`crate::tensor_core::multiply_normed`]'s reference.
#[allow(clippy::too_many_arguments)]
pub(crate) fn multiply_normed(
    x: &[f32],
    gains: &[f32],
    w: &[u32],
    y: &mut [f32],
    tokens: u32,
    k: u32,
    y_stride: u32,
    words: u32,
    n: u32,
    column: u32,
    eps: f32,
    _blocks: u32,
    format: &str,
) {
    let mut normed = vec![0.0; x.len()];
    rms_norm(x, gains, &mut normed, tokens, k, eps);
    matmul(&normed, w, y, tokens, k, y_stride, words, n, column, 0, format);
}

/// [`crate::tensor_core::multiply_few`]'s reference.
#[allow(clippy::too_many_arguments)]
pub(crate) fn multiply_few(
    x: &[u32],
    units: &[f32],
    w: &[u32],
    y: &mut [f32],
    tokens: u32,
    k2: u32,
    y_stride: u32,
    words: u32,
    n: u32,
    column: u32,
    accumulate: u32,
    _blocks: u32,
    format: &str,
) {
    multiply_many(x, units, w, y, tokens, k2, y_stride, words, n, column, accumulate, format);
}

/// [`crate::tensor_core::multiply_many`]'s reference.
#[allow(clippy::too_many_arguments)]
pub(crate) fn multiply_many(
    x: &[u32],
    units: &[f32],
    w: &[u32],
    y: &mut [f32],
    tokens: u32,
    k2: u32,
    y_stride: u32,
    words: u32,
    n: u32,
    column: u32,
    accumulate: u32,
    format: &str,
) {
    let mut plain = Vec::with_capacity(2 * x.len());
    for (row, unit) in x.chunks(k2.max(1) as usize).zip(units) {
        for quad in row.chunks(2) {
            let [even, odd] = [quad[0], quad[quad.len() - 1]];
            let halves = [even, odd, even >> 16, odd >> 16].map(|bits| bits as u16);
            plain.extend(halves.map(|bits| unit * f16::from_bits(bits).to_f32()));
        }
    }
    matmul(&plain, w, y, tokens, 2 * k2, y_stride, words, n, column, accumulate, format);
}

/// [`crate::tensor_core::round_activations`]'s reference.
pub(crate) fn round_activations(
    x: &[f32],
    out: &mut [u32],
    units: &mut [f32],
    _tokens: u32,
    k2: u32,
    natural: u32,
) {
    let width = k2.max(1) as usize;
    for ((row, out), to) in x.chunks(2 * width).zip(out.chunks_mut(width)).zip(units) {
        let largest = row.iter().fold(0.0f32, |most, x| most.max(x.abs()));
        let is_far = !(0.0625..=32768.0).contains(&largest) && largest > 1.0e-30;
        *to = if is_far { (largest.log2().ceil() - 8.0).exp2() } else { 1.0 };
        let bits = |x: f32| f16::from_f32(x / *to).to_bits();
        let pair = |low: f32, high: f32| u32::from(bits(low)) | u32::from(bits(high)) << 16;
        for (quad, out) in row.chunks(4).zip(out.chunks_mut(2)) {
            if let ([a, b, c, d], [even, odd]) = (quad, out) {
                let (second, third) = if natural == 1 { (b, c) } else { (c, b) };
                (*even, *odd) = (pair(*a, *second), pair(*third, *d));
            }
        }
    }
}

/// [`crate::tensor_core::dequantise`]'s reference.
#[allow(clippy::too_many_arguments)]
pub(crate) fn dequantise(
    w: &[u32],
    out: &mut [u32],
    _words: u32,
    _rows: u32,
    k2: u32,
    n: u32,
    first_row: u32,
    format: &str,
) {
    let Some(format) = Format::ALL.into_iter().find(|known| known.name() == format) else { return };
    let mut row = vec![0.0; 2 * k2 as usize];
    for (at, out) in out.chunks_mut(k2.max(1) as usize).enumerate() {
        // The launch checked the row.
        if dequantise_row(format, n as usize, w, first_row as usize + at, &mut row).is_err() {
            return;
        }
        for (pair, out) in row.chunks(2).zip(out) {
            let halves =
                [pair[0], pair[pair.len() - 1]].map(|v| u32::from(f16::from_f32(v).to_bits()));
            *out = halves[0] | halves[1] << 16;
        }
    }
}

/// [`crate::fragments::dequantise_fragments`]'s reference: by way of the file's blocks.
pub(crate) fn dequantise_fragments(
    w: &[u32],
    out: &mut [u32],
    _words: u32,
    rows: u32,
    k2: u32,
    first_row: u32,
    format: &str,
) {
    let Some(known) = Format::ALL.into_iter().find(|known| known.name() == format) else { return };
    let (count, k, first) = (rows as usize, 2 * k2 as usize, first_row as usize);
    let Some(fragments) = Fragments::new(known, count, k) else { return };
    let words = fragments.words();
    // Tiles of 16 rows lie one after the other.
    let planes = w.get(words / count.max(1) * first..).and_then(|from| {
        let blocks = fragments.unpack(from.get(..words)?).ok()?;
        pack(known, count, k, &blocks).ok()
    });
    let Some(planes) = planes else { return };
    dequantise(&planes, out, planes.len() as u32, rows, k2, rows, 0, format);
}
