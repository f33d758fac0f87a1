//! What the caller's crate gets: the kernel's data and a typed launcher, as tokens.

mod fallback;
mod info;
mod launcher;
mod reference;

pub use fallback::emit as emit_fallback;

use crate::ast::Function;
use crate::compile::CompiledKernel;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// Everything that the emitted code needs to know beside the compiled kernel.
#[derive(Debug)]
pub struct Host<'a> {
    /// The kernel's function.
    pub function: &'a Function,
    /// What was compiled from it.
    pub compiled: &'a CompiledKernel,
    /// Where the emitted code finds the runtime: `::tilewright::__private`.
    pub path: TokenStream,
    /// The source, for the interpreter and `inspect`.
    pub source: String,
    /// For each variant of the `FORMAT` that cases have, the type that decodes it: the reference is generic
    /// over it.
    pub decoders: Vec<(String, String)>,
}

/// The module of one kernel and its launcher:
///
/// ```text
/// pub fn rms_norm<T: rms_norm::Element>(device: &Device, x: &Tensor<T>, ..) -> Result<(), Error>
/// pub mod rms_norm { pub static KERNEL: TypedKernel; pub trait Element; .. }
/// ```
pub fn emit(host: &Host<'_>) -> TokenStream {
    let name = format_ident!("{}", host.function.name.name);
    let visibility: TokenStream = host.function.visibility.parse().unwrap_or_default();
    let doc = &host.function.doc;
    let info = info::emit(host);
    let references = reference::emit(host);
    let traits = launcher::element_traits(host);
    let launcher = launcher::emit(host, &visibility);
    let module_doc = format!("The data of [`{name}`](fn@{name}): texts, launch rules, references.");
    quote! {
        #(#[doc = #doc])*
        #launcher

        #[doc = #module_doc]
        #visibility mod #name {
            #[allow(unused_imports)]
            use super::*;
            #info
            #references
            #traits
        }
    }
}
