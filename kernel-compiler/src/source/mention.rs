//! Which items of a file are device code: its kernels, and what they mention, and what that mentions.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;

/// Kernels and the items that they reach, in the order of the file.
pub(super) fn device_items(items: &[syn::Item]) -> Vec<syn::Item> {
    let mut taken: Vec<bool> = items.iter().map(is_kernel).collect();
    let mut names = BTreeSet::new();
    let mut todo: Vec<usize> = (0..items.len()).filter(|at| taken[*at]).collect();
    while let Some(at) = todo.pop() {
        mentioned(device_tokens(&items[at]), &mut names);
        for (other, item) in items.iter().enumerate() {
            if !taken[other] && defines(item).is_some_and(|name| names.contains(&name)) {
                taken[other] = true;
                todo.push(other);
            }
        }
    }
    items.iter().zip(taken).filter(|(_, taken)| *taken).map(|(item, _)| item.clone()).collect()
}

/// Whether one of the attributes has this name, whatever path leads to it.
pub(super) fn has_attribute(attributes: &[syn::Attribute], name: &str) -> bool {
    let last = |a: &syn::Attribute| a.path().segments.last().map(|s| s.ident.to_string());
    attributes.iter().any(|attribute| last(attribute).as_deref() == Some(name))
}

fn is_kernel(item: &syn::Item) -> bool {
    matches!(item, syn::Item::Fn(function) if has_attribute(&function.attrs, "kernel"))
}

/// The name by which kernels reach an item that device code may have.
fn defines(item: &syn::Item) -> Option<String> {
    match item {
        syn::Item::Fn(item) => Some(item.sig.ident.to_string()),
        syn::Item::Struct(item) => Some(item.ident.to_string()),
        syn::Item::Enum(item) => Some(item.ident.to_string()),
        syn::Item::Const(item) => Some(item.ident.to_string()),
        // Methods come with their type; traits are of the host.
        syn::Item::Impl(item) if item.trait_.is_none() => match &*item.self_ty {
            syn::Type::Path(ty) => ty.path.segments.last().map(|s| s.ident.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The tokens of an item without what only the host reads: documentation and the scalar reference.
fn device_tokens(item: &syn::Item) -> TokenStream {
    let syn::Item::Fn(function) = item else { return item.to_token_stream() };
    let mut tokens = TokenStream::new();
    for attribute in &function.attrs {
        if let syn::Meta::List(list) = &attribute.meta {
            tokens.extend(without_reference(list.tokens.clone()));
        }
    }
    function.sig.to_tokens(&mut tokens);
    function.block.to_tokens(&mut tokens);
    tokens
}

/// An attribute's tokens without `reference = path`.
fn without_reference(tokens: TokenStream) -> TokenStream {
    let mut skips = false;
    let kept = tokens.into_iter().filter(|token| {
        match token {
            TokenTree::Ident(ident) if ident == "reference" => skips = true,
            TokenTree::Punct(punct) if punct.as_char() == ',' => skips = false,
            _ => {}
        }
        !skips
    });
    kept.collect()
}

fn mentioned(tokens: TokenStream, names: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                names.insert(ident.to_string());
            }
            TokenTree::Group(group) => mentioned(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
