//! The procedural macros of Tilewright: a shim over `tilewright-kernel-compiler`.

mod measure;

use measure::measured;
use proc_macro::TokenStream;
use tilewright_kernel_compiler::{expand, family, format};

/// Compiles one function to a GPU kernel: texts for every target, and a typed launcher of its name.
#[proc_macro_attribute]
pub fn kernel(attribute: TokenStream, item: TokenStream) -> TokenStream {
    measured("kernel", || expand::kernel(attribute.into(), item.into()).into())
}

/// Compiles the kernels of a module, which share its device functions, structs and constants.
#[proc_macro_attribute]
pub fn kernel_module(_attribute: TokenStream, item: TokenStream) -> TokenStream {
    measured("kernel_module", || expand::kernel_module(item.into()).into())
}

/// Attention over a paged key-value cache with one's own head sizes, element types and tiles.
///
/// ```text
/// flash_attention! {
///     /// Prefill of 64-wide heads.
///     pub prefill_d64 {
///         phase: prefill,             // or decode
///         head_dim: 64,
///         element: [f32, f16],        // of the cache
///         mask: [causal],
///         kv: [paged(64)],            // or dense
///         tiles: {
///             sm_80 => { query: 64, key: 64 },
///             wgsl  => { query: 8, key: 16 },
///         },
///     }
/// }
/// ```
///
/// A device takes the richest target that it satisfies, and of its arms the first whose guard
/// (`sm_80 if element == f16 => ..`) holds; `first_of[{ .. }, { .. }]` lists tiles of which a launch
/// takes the first that fits. Every target must cover every case.
#[proc_macro]
pub fn flash_attention(call: TokenStream) -> TokenStream {
    measured("flash_attention", || family::expand(&family::FLASH_ATTENTION, call.into()).into())
}

/// Root-mean-square normalisation with one's own element types and tiles.
///
/// ```text
/// rms_norm! {
///     pub norm {
///         input: f32,                 // f32 unless said, as `weight` and `output`; a list makes the
///         weight: [f32, bf16],        // launcher generic
///         output: [f16, bf16],
///         tiles: {
///             sm_80 => first_of[{ threads: 256, vector: 4 }, { threads: 256, vector: 1 }],
///             wgsl  => { threads: 128, vector: 2 },
///         },
///     }
/// }
/// ```
///
/// `y[r, c] = x[r, c] / sqrt(mean(x[r, :]^2) + eps) * w[c]`; a tile of several numbers at once serves
/// rows that are a multiple of them.
#[proc_macro]
pub fn rms_norm(call: TokenStream) -> TokenStream {
    family::expand(&family::RMS_NORM, call.into()).into()
}

/// Rotary position embedding, fused with the append of keys and values to a paged cache, with one's own
/// element types of the cache and tiles.
///
/// ```text
/// rotary! {
///     pub rotary_append {
///         element: [f16, bf16],       // of the cache
///         tiles: { sm_80 => { threads: 64 }, wgsl => { threads: 32 } },
///     }
/// }
/// ```
#[proc_macro]
pub fn rotary(call: TokenStream) -> TokenStream {
    family::expand(&family::ROTARY, call.into()).into()
}

/// Products with quantised weights and the gather of their rows, with one's own formats, element types and
/// tiles.
///
/// ```text
/// quantized_matmul! {
///     pub product {
///         operation: product,         // or gather, fragments
///         format: [Q4_K, Q8_0, my::Ternary],
///         activation: [f32, f16],     // f32 unless said
///         tiles: {
///             sm_80 => first_of[
///                 { rows: 32, tokens: 1, threads: 128, most: 1 },
///                 { rows: 32, tokens: 8, threads: 128 },
///             ],
///             wgsl => { rows: 32, tokens: 4, threads: 8 },
///         },
///     }
/// }
/// ```
///
/// A format is a shipped one by its name, or one of [`macro@quant_format`] by its path.
#[proc_macro]
pub fn quantized_matmul(call: TokenStream) -> TokenStream {
    family::expand(&family::QUANTIZED_MATMUL, call.into()).into()
}

/// Declares a quantisation format: what its blocks hold, and what a weight is.
///
/// ```text
/// quant_format! {
///     /// 32 weights in 20 bytes.
///     pub Four {
///         weights: 32,
///         layout: { scale: f16, min: f16, low: [u4; 32] split halves },
///         value(i) = scale * low[i] + min,
///     }
/// }
/// ```
///
/// Gives a type that decodes and packs blocks, and lets [`macro@quantized_matmul`] read them.
#[proc_macro]
pub fn quant_format(declaration: TokenStream) -> TokenStream {
    format::expand(declaration.into()).into()
}

/// Dense products `y = x W^T` of 16-bit floats, summed in `f32`, with one's own element types and tiles.
///
/// ```text
/// matmul! {
///     pub product {
///         element: [bf16, f16],
///         tiles: {
///             sm_90a => { rows: 256, stages: 4, cluster: 1, slots: 2, band: 8 },
///         },
///     }
/// }
/// ```
///
/// The launcher takes `x: [tokens, columns]`, `w: [rows, columns]`, `y: [tokens, rows]` and how many
/// workgroups work through the tiles: the device's multiprocessors, as whole clusters.
#[proc_macro]
pub fn matmul(call: TokenStream) -> TokenStream {
    family::expand(&family::MATMUL, call.into()).into()
}
