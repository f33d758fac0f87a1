//! The procedural macros of Tilewright: a shim over `tilewright-kernel-compiler`.

use proc_macro::TokenStream;
use tilewright_kernel_compiler::{expand, family};

/// Compiles one function to a GPU kernel: texts for every target, and a typed launcher of its name.
#[proc_macro_attribute]
pub fn kernel(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::kernel(attribute.into(), item.into()).into()
}

/// Compiles the kernels of a module, which share its device functions, structs and constants.
#[proc_macro_attribute]
pub fn kernel_module(_attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::kernel_module(item.into()).into()
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
    family::expand(&family::FLASH_ATTENTION, call.into()).into()
}

/// Dense products `y = x W^T` of 16-bit floats, summed in `f32`, with one's own element types and tiles.
///
/// ```text
/// matmul! {
///     pub product {
///         element: [bf16, f16],
///         tiles: {
///             sm_90a => { rows: 256, stages: 3, cluster: 1, slots: 4, band: 8 },
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
