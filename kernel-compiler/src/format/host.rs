//! What a declaration gives the crate that has it: a type that decodes blocks, and a macro of the same
//! name that forwards the declaration's tokens.

use super::layout::{Field, Kind, Plane};
use super::value::{Entries, Table};
use super::{Format, parse_all};
use crate::expand::Context;
use crate::parse::Parser;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Expands `quant_format! { .. }`.
pub fn expand(input: TokenStream) -> TokenStream {
    let mut context = Context::default();
    let mut parser = Parser::call(&mut context.map, &mut context.call);
    let formats = parse_all(input.clone(), &mut parser);
    match parser.finish(formats) {
        Ok(formats) => formats.unwrap_or_default().iter().map(emit).collect(),
        Err(list) => {
            let errors = context.errors(&list);
            let stand_ins = names(input).into_iter().map(|name| stand_in(&name));
            quote!(#errors #(#stand_ins)*)
        }
    }
}

/// The names in front of braces: so that their uses are not reported as well.
fn names(input: TokenStream) -> Vec<proc_macro2::Ident> {
    let tokens: Vec<proc_macro2::TokenTree> = input.into_iter().collect();
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [proc_macro2::TokenTree::Ident(name), proc_macro2::TokenTree::Group(group)]
            if group.delimiter() == proc_macro2::Delimiter::Brace =>
        {
            Some(name.clone())
        }
        _ => None,
    });
    pairs.collect()
}

fn stand_in(name: &proc_macro2::Ident) -> TokenStream {
    let hidden = format_ident!("__tilewright_format_{name}");
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, missing_docs)]
        pub struct #name;
        #[allow(unused_macros)]
        macro_rules! #hidden { ($($any:tt)*) => {}; }
        #[allow(unused_imports)]
        pub(crate) use #hidden as #name;
    }
}

fn emit(format: &Format) -> TokenStream {
    let path = format.crate_path.as_deref().unwrap_or("::tilewright::__private");
    let path: TokenStream = path.parse().unwrap_or_else(|_| quote!(::tilewright::__private));
    let formats = quote!(#path::reference::formats);
    let (name, visibility, doc) =
        (format_ident!("{}", format.name.name), &format.visibility, &format.doc);
    let text = &format.name.name;
    let weights = Literal::usize_unsuffixed(format.weights as usize);
    let block_bytes = Literal::usize_unsuffixed(format.block_bytes() as usize);
    let planes = format.planes.iter().map(|Plane { name, bytes }| {
        let bytes = Literal::usize_unsuffixed(*bytes as usize);
        quote!(#formats::Plane { name: #name, bytes_per_block: #bytes })
    });
    let body: TokenStream = body(format).parse().unwrap_or_default();
    let count = format.planes.len();
    let forwarding = forwarding(format, visibility);
    quote! {
        #(#[doc = #doc])*
        #[derive(Debug, Clone, Copy)]
        #[allow(non_camel_case_types)]
        #visibility struct #name;

        #[allow(unused)]
        impl #name {
            /// Weights of a block.
            pub const WEIGHTS: usize = #weights;
            /// Bytes of a block.
            pub const BLOCK_BYTES: usize = #block_bytes;

            /// The weights of consecutive blocks, as a file has them; those beyond the shorter side are
            /// left out.
            pub fn decode_blocks(blocks: &[u8], out: &mut [f32]) {
                #formats::decode_blocks::<Self>(blocks, out);
            }

            /// Packs the blocks of an `n` x `k` matrix, as a file has them, for the kernels.
            ///
            /// # Errors
            /// A width of no whole blocks, or data of another length.
            pub fn pack(
                n: usize,
                k: usize,
                blocks: &[u8],
            ) -> ::core::result::Result<::std::vec::Vec<u32>, #formats::PackError> {
                #formats::pack_layout(&<Self as #formats::Decode>::LAYOUT, n, k, blocks)
            }
        }

        #[allow(warnings, clippy::all, clippy::pedantic)]
        const _: () = {
            use #formats::{bits, bytes, half, power_of_two, signed};

            fn weight_of(planes: [&[u8]; #count], weight: i32) -> f32 { #body }

            impl #formats::Decode for #name {
                const LAYOUT: #formats::Layout = #formats::Layout {
                    name: #text,
                    weights: #weights,
                    planes: &[#(#planes),*],
                };

                fn decode(planes: #formats::Fields<'_>, out: &mut [f32]) {
                    #formats::each_block::<Self, #count>(planes, out, |planes, out| {
                        for (weight, out) in (0i32..).zip(out) {
                            *out = weight_of(planes, weight);
                        }
                    });
                }
            }
        };

        #forwarding
    }
}

/// `my::Name! { [callback] rest }` gives `callback! { @format { declaration } rest }`.
fn forwarding(format: &Format, visibility: &TokenStream) -> TokenStream {
    let (name, tokens) = (format_ident!("{}", format.name.name), &format.tokens);
    let mut hasher = DefaultHasher::new();
    tokens.to_string().hash(&mut hasher);
    let hidden = format_ident!("__tilewright_format_{name}_{:016x}", hasher.finish());
    // A macro that other crates see lies at its crate's root, whatever its path: hence the hash.
    let export = if visibility.to_string() == "pub" { quote!(#[macro_export]) } else { quote!() };
    quote! {
        #[doc(hidden)]
        #export
        #[allow(unused_macros)]
        macro_rules! #hidden {
            ([$($callback:tt)*] $($rest:tt)*) => {
                $($callback)* ! { @format { #tokens } $($rest)* }
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #visibility use #hidden as #name;
    }
}

/// The weight of one block, in Rust.
fn body(format: &Format) -> String {
    let value = &format.value;
    let mut out = String::new();
    for field in &format.fields {
        let name = &field.name.name;
        let _ = match field.len {
            None => {
                let number = number(field);
                writeln!(out, "let field_{name} = {number};")
            }
            Some(len) => {
                let element = element(field, len);
                writeln!(out, "let field_{name} = |e: i32| {{ let at = e as usize; {element} }};")
            }
        };
    }
    value.tables.iter().for_each(|table| out.push_str(&table_text(table)));
    out.push_str(&value.let_lines("", |_| true));
    out.push_str(&value.result.as_ref().map(|node| node.text(value)).unwrap_or_default());
    out
}

fn number(field: &Field) -> String {
    let raw = format!("bytes(planes[{}], {}, {})", field.plane, field.offset, field.bytes());
    convert(field.kind, &raw)
}

fn element(field: &Field, len: u32) -> String {
    let (plane, bits) = (field.plane, field.kind.bits());
    if bits >= 8 {
        let bytes = bits / 8;
        return convert(field.kind, &format!("bytes(planes[{plane}], at * {bytes}, {bytes})"));
    }
    let bit = match field.split {
        None => format!("at * {bits}"),
        Some(run) => {
            let bytes = run * bits / 8;
            let whole = if run == len { "0" } else { &format!("at / {run} * {bytes}") };
            format!("({whole} + at % {bytes}) * 8 + at % {run} / {bytes} * {bits}")
        }
    };
    convert(field.kind, &format!("bits(planes[{plane}], {bit}, {bits})"))
}

fn convert(kind: Kind, raw: &str) -> String {
    match kind {
        Kind::F16 => format!("half({raw})"),
        Kind::Bf16 => format!("f32::from_bits({raw} << 16)"),
        Kind::F32 => format!("f32::from_bits({raw})"),
        Kind::E8M0 => format!("power_of_two({raw})"),
        Kind::Unsigned(_) => format!("{raw} as i32"),
        Kind::Signed(bits) => format!("signed({raw}, {bits})"),
    }
}

fn table_text(table: &Table) -> String {
    let (ty, len) = match &table.entries {
        Entries::Int(all) => ("i32", all.len()),
        Entries::Float(all) => ("f32", all.len()),
    };
    let (name, entries) = (&table.name, table.entries.literals().join(", "));
    format!(
        "const TABLE_{name}: [{ty}; {len}] = [{entries}];\n\
         let table_{name} = |e: i32| TABLE_{name}.get(e as usize).copied().unwrap_or_default();\n"
    )
}
