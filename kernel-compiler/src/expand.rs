//! The macros' work, as ordinary functions on tokens.

use crate::ast::{Function, Items};
use crate::compile::{CompiledKernel, compile};
use crate::diag::source::{CallSpans, SourceMap};
use crate::diag::{Diagnostic, render};
use crate::host::{self, Host};
use crate::library;
use crate::lower::Program;
use crate::parse;
use proc_macro2::TokenStream;
use quote::quote;

/// `#[kernel(..)] fn ..`
pub fn kernel(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut context = Context::default();
    let source = format!("#[kernel({attribute})]\n{item}");
    match parse::kernel(attribute, item, &mut context.map, &mut context.call) {
        Ok(items) => context.expand(&items, &source),
        Err(list) => context.errors(&list),
    }
}

/// `#[kernel_module] mod name { .. }`: the kernels of a module share its device functions.
pub fn kernel_module(item: TokenStream) -> TokenStream {
    let mut context = Context::default();
    let module = match syn::parse2::<syn::ItemMod>(item.clone()) {
        Ok(module) => module,
        Err(error) => return error.to_compile_error(),
    };
    let Some((_, content)) = &module.content else {
        let text = "a kernel module has its items in braces: `mod name { .. }`";
        return syn::Error::new_spanned(&module.ident, text).to_compile_error();
    };
    let (attributes, visibility, name) = (&module.attrs, &module.vis, &module.ident);
    let tokens = quote!(#(#content)*);
    let body = match parse::tokens(tokens.clone(), &mut context.map, &mut context.call) {
        Ok(items) => context.expand(&items, &tokens.to_string()),
        Err(list) => context.errors(&list),
    };
    let uses = content.iter().filter(|item| matches!(item, syn::Item::Use(_)));
    quote! {
        #(#attributes)*
        #visibility mod #name {
            #(#[allow(unused_imports)] #uses)*
            #body
        }
    }
}

/// One expansion: the spans of the call and of the files.
#[derive(Default)]
pub(crate) struct Context {
    pub(crate) map: SourceMap,
    pub(crate) call: CallSpans,
}

impl Context {
    /// Compiles every kernel of `items` and emits its host side.
    pub(crate) fn expand(&mut self, items: &Items, source: &str) -> TokenStream {
        let library = match library::items(&mut self.map) {
            Ok(library) => library,
            Err(list) => return self.errors(&list),
        };
        let program = Program::new(&[items, &library]);
        let kernels = items.functions.iter().filter(|f| f.kernel.is_some());
        let emitted = kernels.map(|function| match compile(&program, function) {
            Ok(compiled) => self.host(function, &compiled, source),
            Err(list) => {
                let errors = self.errors(&list);
                let fallback = host::emit_fallback(function, &crate_path(function));
                quote!(#errors #fallback)
            }
        });
        let emitted: Vec<TokenStream> = emitted.collect();
        quote!(#(#emitted)*)
    }

    fn host(&self, function: &Function, compiled: &CompiledKernel, source: &str) -> TokenStream {
        let path = crate_path(function);
        let (source, decoders) = (source.to_owned(), Vec::new());
        host::emit(&Host { function, compiled, path, source, decoders })
    }

    pub(crate) fn errors(&self, list: &[Diagnostic]) -> TokenStream {
        render::compile_errors(list, &self.map, &self.call)
    }
}

/// Where the emitted code finds the runtime.
fn crate_path(function: &Function) -> TokenStream {
    let path = function.kernel.as_ref().and_then(|k| k.crate_path.clone());
    let path = path.unwrap_or_else(|| "::tilewright::__private".to_owned());
    path.parse().unwrap_or_else(|_| quote!(::tilewright::__private))
}
