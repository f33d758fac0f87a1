//! Products with quantised weights, and the gather of their rows.
//!
//! Weights lie packed in planes (`tilewright_kernels_reference::formats`); every kernel here reads that
//! one layout, but [`fragments`]: for products of one to eight tokens on Hopper.

pub mod dense;
mod fragment_rows;
pub mod fragments;
mod reference;
pub(crate) mod runtime;
pub mod tensor_core;

pub use dense::{DenseElement, matmul_dense, matmul_scaled};

tilewright_kernel_macros::quantized_matmul! {
    /// `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`, with `w` in a format by ggml's name.
    ///
    /// `x: [tokens, k]`, `w`: the packed planes of an `n` x `k` matrix, `y: [tokens, y_stride]`, of which
    /// the columns `column..column + n` are written. `accumulate` 0 stores, anything else adds.
    pub matmul {
        operation: product,
        format: [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K],
        tiles: {
            sm_80 => first_of[
                { rows: 32, tokens: 1, threads: 128, most: 1 },
                { rows: 32, tokens: 8, threads: 128 },
            ],
            wgsl(subgroup = 32) => first_of[
                { rows: 32, tokens: 1, threads: 128, most: 1 },
                { rows: 32, tokens: 8, threads: 128 },
            ],
            wgsl => first_of[
                { rows: 32, tokens: 1, threads: 8, most: 1 },
                { rows: 32, tokens: 8, threads: 8 },
            ],
        },
        crate: crate::runtime,
    }

    /// `out[t, c] = table[tokens[t], c]`: rows `first_row..first_row + n` of the table are in `w`, in a
    /// format by ggml's name. A token of another row gets zeros where `first_row` is 0, and else keeps its
    /// row of `out`.
    ///
    /// `tokens: [count]`, `w`: the packed planes of those rows, `out: [count, k]`.
    pub gather {
        operation: gather,
        format: [F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K],
        tiles: { sm_80 => { threads: 64 }, wgsl => { threads: 64 } },
        crate: crate::runtime,
    }
}
