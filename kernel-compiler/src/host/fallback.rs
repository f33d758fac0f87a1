//! What stands in for a kernel that did not compile, so that rustc adds no errors about its callers.

use super::launcher::{is_inferred, selected_parameters, slice_element};
use crate::ast::{Function, KernelAttribute, Type, TypeKind};
use crate::ir::Scalar;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// The launcher's signature over a body that is never reached (the crate does not compile), and an empty
/// `KERNEL`; nothing where a parameter's type is itself the mistake.
pub fn emit(function: &Function, path: &TokenStream) -> TokenStream {
    let empty = KernelAttribute::default();
    let attribute = function.kernel.as_ref().unwrap_or(&empty);
    let mut parameters = Vec::new();
    for param in &function.params {
        let name = &param.name.name;
        if is_inferred(attribute, name) {
            continue;
        }
        let Some(ty) = parameter(name, &param.ty, attribute, path) else {
            return TokenStream::new();
        };
        let ident = format_ident!("{name}");
        parameters.push(quote!(#ident: #ty));
    }
    let selected = selected_parameters(attribute);
    let generics = attribute.elements.iter().map(|(generic, _)| {
        let ident = format_ident!("{}", generic.name);
        quote!(#ident: #path::Element)
    });
    let name = format_ident!("{}", function.name.name);
    let text = &function.name.name;
    let visibility: TokenStream = function.visibility.parse().unwrap_or_default();
    quote! {
        #[allow(unused_variables, dead_code, missing_docs, clippy::too_many_arguments)]
        #visibility fn #name<#(#generics),*>(
            device: &#path::Device,
            #(#parameters,)*
            #(#selected,)*
        ) -> ::core::result::Result<(), #path::Error> {
            ::core::unreachable!()
        }
        #[allow(dead_code, missing_docs)]
        #visibility mod #name {
            pub static INFO: #path::KernelInfo =
                #path::KernelInfo { name: #text, params: &[], cases: &[], source: "" };
            pub static KERNEL: #path::TypedKernel =
                #path::TypedKernel { info: &INFO, rules: &[] };
        }
    }
}

/// A parameter as the launcher takes it.
fn parameter(
    name: &str,
    ty: &Type,
    attribute: &KernelAttribute,
    path: &TokenStream,
) -> Option<TokenStream> {
    let shaped = attribute.shapes.iter().any(|(shaped, _)| shaped.name == name);
    match &ty.kind {
        TypeKind::Reference(inner, mutable) => {
            let named = |ty: &Type| match &ty.kind {
                TypeKind::Path { path, .. } => path.last().map(|n| n.name.clone()),
                _ => None,
            };
            if !shaped && named(inner).is_some_and(|name| name == "TensorMap") {
                return Some(quote!(&#path::TensorMap));
            }
            let element = slice_element(inner)?;
            let generic = attribute.elements.iter().any(|(g, _)| g.name == element);
            let element = if generic {
                let ident = format_ident!("{element}");
                quote!(#ident)
            } else {
                super::launcher::rust_type(path, Scalar::from_name(element)?)
            };
            let reference = if *mutable { quote!(&mut) } else { quote!(&) };
            Some(quote!(#reference #path::Tensor<#element>))
        }
        TypeKind::Path { path: names, .. } => {
            let scalar = Scalar::from_name(&names.last()?.name)?;
            Some(super::launcher::rust_type(path, scalar))
        }
        _ => None,
    }
}
