//! The procedural macros of Tilewright: a shim over `tilewright-kernel-compiler`.

use proc_macro::TokenStream;
use tilewright_kernel_compiler::expand;

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
