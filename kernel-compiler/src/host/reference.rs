//! Adapters from the runtime's call to the kernel's scalar reference: one per case.

use super::{Host, launcher};
use crate::ir::{Access, ParamKind, Scalar};
use crate::lower::Argument;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// `fn reference_0(call) { path::to::reference(x, w, y, rows, cols, eps) }`, and so on. The values of
/// `values(..)` follow as trailing arguments: numbers as `u32`, variants by name.
pub(super) fn emit(host: &Host<'_>) -> TokenStream {
    let Some(attribute) = &host.function.kernel else { return TokenStream::new() };
    let Some((reference, _)) = &attribute.reference else { return TokenStream::new() };
    let reference: TokenStream = reference.parse().unwrap_or_default();
    let path = &host.path;
    let adapters = host.compiled.cases.iter().enumerate().map(|(at, case)| {
        let name = format_ident!("reference_{at}");
        let params = host.compiled.params.iter().zip(&case.dtypes).enumerate();
        let bindings = params.map(|(index, (param, dtype))| {
            let ident = format_ident!("{}", param.name);
            let ty = launcher::rust_type(path, *dtype);
            match &param.kind {
                ParamKind::TensorMap { of: Some(of), .. } if of.access == Access::Read => {
                    quote!(let #ident = call.input::<#ty>(#index)?;)
                }
                ParamKind::TensorMap { of: Some(_), .. } => {
                    quote!(let #ident = call.output::<#ty>(#index)?;)
                }
                ParamKind::Buffer { access: Access::Read, .. } => {
                    quote!(let #ident = call.input::<#ty>(#index)?;)
                }
                ParamKind::Buffer { .. } => quote!(let #ident = call.output::<#ty>(#index)?;),
                ParamKind::Scalar(scalar) => {
                    let method = scalar_method(*scalar);
                    quote!(let #ident = call.#method(#index)?;)
                }
                ParamKind::TensorMap { of: None, .. } => quote!(),
            }
        });
        let arguments = host.compiled.params.iter().filter_map(|param| {
            let ident = format_ident!("{}", param.name);
            (!matches!(param.kind, ParamKind::TensorMap { of: None, .. })).then(|| quote!(#ident))
        });
        let values = case.values.generics.iter().filter(|(name, _)| {
            launcher::is_const(host, name) && attribute.values.iter().any(|(n, _)| n.name == *name)
        });
        let values = values.filter_map(|(_, value)| match value {
            Argument::Const(value) => u32::try_from(*value).ok().map(|v| quote!(#v)),
            Argument::Truth(value) => {
                let number = u32::from(*value);
                Some(quote!(#number))
            }
            Argument::Variant(_, variant) => Some(quote!(#variant)),
            Argument::Type(_) => None,
        });
        quote! {
            fn #name(call: &mut #path::ReferenceCall<'_>) -> ::core::result::Result<(), #path::Error> {
                #(#bindings)*
                #reference(#(#arguments,)* #(#values),*);
                Ok(())
            }
        }
    });
    quote!(#(#adapters)*)
}

fn scalar_method(scalar: Scalar) -> proc_macro2::Ident {
    format_ident!("scalar_{}", scalar.name())
}
