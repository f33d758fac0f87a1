//! Products of one to eight tokens with weights that lie as fragments
//! (`tilewright_kernels_reference::formats::Fragments`): Hopper.
//!
//! Activations are rounded to f16 (beside BF16 to bf16) as they are: they must be within that type's range.

/// The instances.
pub mod kernels {
    use tilewright_kernel_macros::quantized_matmul;

    quantized_matmul! {
        /// `y[t, column + r] (=|+=) sum_c x[t, c] * w[r, c]`, with `w` in a format by ggml's name.
        ///
        /// `x: [tokens, k]`, `w`: the fragments of an `n` x `k` matrix, `y: [tokens, y_stride]`, of which
        /// the columns `column..column + n` are written. `accumulate` 0 stores, anything else adds.
        pub matvec {
            operation: fragments,
            format: [Q4_0, Q8_0, BF16],
            tiles: {
                sm_90a => first_of[
                    { tokens: 1, columns: 4096, stages: 4, early: 1, tiles: 32, workers: 264 },
                    { tokens: 1, columns: 14336, stages: 4, early: 1, tiles: 4, workers: 264 },
                    { tokens: 2, columns: 4096, stages: 4, early: 1, tiles: 4, workers: 264 },
                    { tokens: 2, columns: 14336, stages: 4, early: 1, tiles: 4, workers: 132 },
                    { tokens: 4, columns: 4096, stages: 4, early: 1, tiles: 8, workers: 132 },
                    { tokens: 4, columns: 14336, stages: 4, early: 1, tiles: 4, workers: 132 },
                    { tokens: 8, columns: 4096, stages: 4, early: 4, tiles: 8, workers: 132 },
                ],
            },
            crate: crate::runtime,
        }
    }
}

pub use crate::fragment_rows::dequantise_fragments;
pub use kernels::matvec;
