//! The typed launcher: tensors and scalars as Rust types, one call.

use super::Host;
use crate::ast::{ExprKind, GenericKind, KernelAttribute, Literal, Type, TypeKind};
use crate::ir::{Access, ParamKind, Scalar};
use crate::lower::{Argument, Ty};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// For each element generic, a trait that its types have: other types do not compile.
pub(super) fn element_traits(host: &Host<'_>) -> TokenStream {
    let path = &host.path;
    let empty = KernelAttribute::default();
    let attribute = host.function.kernel.as_ref().unwrap_or(&empty);
    let traits = attribute.elements.iter().map(|(generic, _)| {
        let name = trait_name(&generic.name);
        let doc = format!("The element types that `{}` may be.", generic.name);
        let types = instances(host, &generic.name);
        let impls = types.iter().map(|scalar| {
            let ty = rust_type(path, *scalar);
            quote!(impl #name for #ty {})
        });
        quote! {
            #[doc = #doc]
            pub trait #name: #path::Element {}
            #(#impls)*
        }
    });
    quote!(#(#traits)*)
}

fn trait_name(generic: &str) -> proc_macro2::Ident {
    format_ident!("Element{generic}")
}

/// The element types of a generic among the compiled cases.
fn instances(host: &Host<'_>, generic: &str) -> Vec<Scalar> {
    let mut found = Vec::new();
    for case in &host.compiled.cases {
        for (name, value) in &case.values.generics {
            if let Argument::Type(Ty::Scalar(scalar)) = value
                && name == generic
                && !found.contains(scalar)
            {
                found.push(*scalar);
            }
        }
    }
    found
}

/// The Rust type of a scalar.
pub(super) fn rust_type(path: &TokenStream, scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::F16 => quote!(#path::f16),
        Scalar::Bf16 => quote!(#path::bf16),
        Scalar::F8E4M3 => quote!(#path::F8E4M3),
        Scalar::F8E5M2 => quote!(#path::F8E5M2),
        other => {
            let name = format_ident!("{}", other.name());
            quote!(#name)
        }
    }
}

/// The launcher.
pub(super) fn emit(host: &Host<'_>, visibility: &TokenStream) -> TokenStream {
    let path = &host.path;
    let name = format_ident!("{}", host.function.name.name);
    let empty = KernelAttribute::default();
    let attribute = host.function.kernel.as_ref().unwrap_or(&empty);
    let generics = attribute.elements.iter().map(|(generic, _)| {
        let (ident, bound) = (format_ident!("{}", generic.name), trait_name(&generic.name));
        quote!(#ident: #name::#bound)
    });
    let (mut parameters, mut arguments) = (Vec::new(), Vec::new());
    for (declared, compiled) in host.function.params.iter().zip(&host.compiled.params) {
        let ident = format_ident!("{}", declared.name.name);
        match &compiled.kind {
            ParamKind::TensorMap { element, of: Some(of), .. } => {
                let element = element_type(host, &declared.ty, *element);
                let (parameter, argument) = tensor(path, &ident, &element, of.access);
                parameters.push(parameter);
                arguments.push(argument);
            }
            ParamKind::Buffer { access, element, .. } => {
                let element = element_type(host, &declared.ty, *element);
                let (parameter, argument) = tensor(path, &ident, &element, *access);
                parameters.push(parameter);
                arguments.push(argument);
            }
            ParamKind::Scalar(_) if is_inferred(attribute, &declared.name.name) => {
                arguments.push(quote!(None));
            }
            ParamKind::Scalar(scalar) => {
                let ty = rust_type(path, *scalar);
                parameters.push(quote!(#ident: #ty));
                arguments.push(quote!(Some(#path::Arg::scalar(#ident))));
            }
            ParamKind::TensorMap { of: None, .. } => {
                parameters.push(quote!(#ident: &#path::TensorMap));
                arguments.push(quote!(Some(#path::Arg::TensorMap(#ident))));
            }
        }
    }
    let selected = selected_values(attribute);
    let select = selected.iter().map(|Selected { label, ident, form }| match form {
        Form::Truth => quote!((#label, if #ident { "1" } else { "0" })),
        Form::Number => quote!((#label, &#ident.to_string())),
        Form::Variant => quote!((#label, #ident)),
    });
    let select_parameters = selected_parameters(attribute);
    quote! {
        ///
        /// # Errors
        /// Shapes that contradict each other or fit no case, and all that the device can report.
        #[allow(clippy::too_many_arguments)]
        #visibility fn #name<#(#generics),*>(
            device: &#path::Device,
            #(#parameters,)*
            #(#select_parameters,)*
        ) -> ::core::result::Result<(), #path::Error> {
            #name::KERNEL.launch(device, &[#(#arguments),*], &[#(#select),*])
        }
    }
}

/// A tensor as the launcher takes it, and as it passes it on.
fn tensor(
    path: &TokenStream,
    ident: &proc_macro2::Ident,
    element: &TokenStream,
    access: Access,
) -> (TokenStream, TokenStream) {
    let (reference, arg) = match access {
        Access::Read => (quote!(&), quote!(Read)),
        Access::Write => (quote!(&mut), quote!(Write)),
        Access::ReadWrite => (quote!(&mut), quote!(ReadWrite)),
    };
    let parameter = quote!(#ident: #reference #path::Tensor<#element>);
    (parameter, quote!(Some(#path::Arg::#arg(#ident.raw()))))
}

/// The element type as the launcher writes it: the generic, or the scalar itself.
fn element_type(host: &Host<'_>, ty: &Type, element: Scalar) -> TokenStream {
    let empty = KernelAttribute::default();
    let attribute = host.function.kernel.as_ref().unwrap_or(&empty);
    match slice_element(ty) {
        Some(name) if attribute.elements.iter().any(|(g, _)| g.name == name) => {
            let ident = format_ident!("{name}");
            quote!(#ident)
        }
        _ => rust_type(&host.path, element),
    }
}

/// `T` of `&[T]`, `&mut [T]`, `&Weights<T>`.
pub(super) fn slice_element(ty: &Type) -> Option<&str> {
    match &ty.kind {
        TypeKind::Reference(inner, _) => slice_element(inner),
        TypeKind::Slice(item) => slice_element(item),
        TypeKind::Path { path, arguments } => match arguments.first() {
            Some(crate::ast::GenericArgument::Type(inner)) => slice_element(inner),
            _ => path.last().map(|name| name.name.as_str()),
        },
        _ => None,
    }
}

/// Whether a scalar follows from a declared dimension.
pub(super) fn is_inferred(attribute: &KernelAttribute, name: &str) -> bool {
    attribute.shapes.iter().any(|(_, dims)| dims.iter().any(|dim| names(&dim.kind, name)))
}

fn names(expr: &ExprKind, name: &str) -> bool {
    matches!(expr, ExprKind::Path(path)
        if path.segments.len() == 1 && path.segments[0].0.name == name)
}

/// A value of `values(..)` that no shape tells: an argument of the launcher.
struct Selected {
    label: String,
    ident: proc_macro2::Ident,
    form: Form,
}

/// How the launcher takes a selected value.
enum Form {
    Truth,
    Number,
    /// A variant of a compile-time enum, by name.
    Variant,
}

/// The launcher's parameters for selected values.
pub(super) fn selected_parameters(attribute: &KernelAttribute) -> Vec<TokenStream> {
    let selected = selected_values(attribute);
    let parameters = selected.iter().map(|Selected { ident, form, .. }| match form {
        Form::Truth => quote!(#ident: bool),
        Form::Number => quote!(#ident: u32),
        Form::Variant => quote!(#ident: &str),
    });
    parameters.collect()
}

fn selected_values(attribute: &KernelAttribute) -> Vec<Selected> {
    let untold = attribute.values.iter().filter(|(name, _)| !is_inferred(attribute, &name.name));
    let form = |kind: &ExprKind| match kind {
        ExprKind::Literal(Literal::Bool(_)) => Form::Truth,
        ExprKind::Path(path) if path.segments.len() > 1 => Form::Variant,
        _ => Form::Number,
    };
    let selected = untold.map(|(name, values)| Selected {
        label: name.name.clone(),
        ident: format_ident!("{}", name.name.to_lowercase()),
        form: values.first().map_or(Form::Number, |v| form(&v.kind)),
    });
    selected.collect()
}

/// Whether a generic is a const one.
pub(super) fn is_const(host: &Host<'_>, name: &str) -> bool {
    let mut generics = host.function.generics.iter();
    generics.any(|g| g.name.name == name && matches!(g.kind, GenericKind::Const(_)))
}
