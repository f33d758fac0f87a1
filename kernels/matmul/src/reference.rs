//! The kernels' parameter lists on the scalar references: one function per format there.

use tilewright_kernels_reference as scalar;

/// [`crate::matmul`]'s reference.
#[allow(clippy::too_many_arguments)]
pub(crate) fn matmul(
    x: &[f32],
    w: &[u32],
    y: &mut [f32],
    tokens: u32,
    k: u32,
    y_stride: u32,
    _words: u32,
    n: u32,
    column: u32,
    accumulate: u32,
    format: &str,
) {
    let function = match format {
        "F32" => scalar::matmul_f32,
        "F16" => scalar::matmul_f16,
        "BF16" => scalar::matmul_bf16,
        "Q4_0" => scalar::matmul_q4_0,
        "Q4_1" => scalar::matmul_q4_1,
        "Q5_0" => scalar::matmul_q5_0,
        "Q5_1" => scalar::matmul_q5_1,
        "Q8_0" => scalar::matmul_q8_0,
        "Q4_K" => scalar::matmul_q4_k,
        "Q5_K" => scalar::matmul_q5_k,
        _ => scalar::matmul_q6_k,
    };
    function(x, w, y, tokens, k, y_stride, n, column, accumulate);
}

/// [`crate::gather`]'s reference.
#[allow(clippy::too_many_arguments)]
pub(crate) fn gather(
    tokens: &[u32],
    w: &[u32],
    out: &mut [f32],
    count: u32,
    k: u32,
    _words: u32,
    n: u32,
    first_row: u32,
    format: &str,
) {
    let function = match format {
        "F32" => scalar::gather_f32,
        "F16" => scalar::gather_f16,
        "BF16" => scalar::gather_bf16,
        "Q4_0" => scalar::gather_q4_0,
        "Q4_1" => scalar::gather_q4_1,
        "Q5_0" => scalar::gather_q5_0,
        "Q5_1" => scalar::gather_q5_1,
        "Q8_0" => scalar::gather_q8_0,
        "Q4_K" => scalar::gather_q4_k,
        "Q5_K" => scalar::gather_q5_k,
        _ => scalar::gather_q6_k,
    };
    function(w, tokens, out, count, k, first_row, n);
}
