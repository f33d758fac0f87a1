//! A declaration as written.

use crate::diag::catalog::format::DECLARATION;
use crate::parse::Parser;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Token, braced, bracketed, parenthesized};

/// `pub Name { .. }`
pub(super) struct Written {
    pub doc: Vec<String>,
    pub visibility: syn::Visibility,
    pub name: syn::Ident,
    pub entries: Vec<Entry>,
    pub tokens: TokenStream,
}

/// One entry of a declaration.
pub(super) enum Entry {
    /// `weights: 32`
    Weights(syn::Ident, syn::Expr),
    /// `layout: { name: type, .. }`
    Layout(syn::Ident, Vec<WrittenField>),
    /// `value(i) = expression`
    Value(syn::Ident, syn::Ident, Box<syn::Expr>),
    /// `fast = name`
    FastName(syn::Ident, syn::Ident),
    /// `fast = fn ..`
    FastCode(syn::Ident, Box<syn::ItemFn>),
    /// `crate: path`
    Crate(String),
    /// Anything else.
    Unknown(syn::Ident),
}

/// `name: [u4; 32] split halves of 64`
pub(super) struct WrittenField {
    pub name: syn::Ident,
    pub element: syn::Ident,
    /// The length, in brackets.
    pub len: Option<syn::Expr>,
    pub split: Option<Split>,
}

/// `split halves of 64`
pub(super) struct Split {
    pub word: syn::Ident,
    pub group: Option<syn::Expr>,
}

/// All declarations of the input.
pub(super) fn parse(tokens: TokenStream, parser: &mut Parser<'_>) -> Option<Vec<Written>> {
    match syn::parse2::<All>(tokens) {
        Ok(all) => Some(all.0),
        Err(error) => {
            let help = "write `pub Name { weights: 32, layout: { .. }, value(i) = .. }`";
            parser.syntax_error(&DECLARATION, &error, help);
            None
        }
    }
}

struct All(Vec<Written>);

impl Parse for All {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut all = Vec::new();
        while !input.is_empty() {
            all.push(input.parse()?);
        }
        Ok(All(all))
    }
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(syn::Attribute::parse_outer)?;
        let doc = crate::parse::documentation(&attributes);
        let visibility: syn::Visibility = input.parse()?;
        let name: syn::Ident = input.parse()?;
        let body: proc_macro2::Group = input.parse()?;
        let tokens = quote!(#(#attributes)* #visibility #name #body);
        let entries = |input: ParseStream<'_>| {
            let mut entries = Vec::new();
            while !input.is_empty() {
                let entry: Entry = input.parse()?;
                let unknown = matches!(entry, Entry::Unknown(_));
                entries.push(entry);
                if unknown {
                    // What follows has no known form.
                    let _: TokenStream = input.parse()?;
                } else if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(entries)
        };
        let entries = syn::parse::Parser::parse2(entries, body.stream())?;
        Ok(Written { doc, visibility, name, entries, tokens })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![crate]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![:]>()?;
            let path: syn::Path = input.parse()?;
            return Ok(Entry::Crate(path.to_token_stream().to_string()));
        }
        let key: syn::Ident = input.parse()?;
        match key.to_string().as_str() {
            "weights" => {
                input.parse::<Token![:]>()?;
                Ok(Entry::Weights(key, input.parse()?))
            }
            "layout" => {
                input.parse::<Token![:]>()?;
                let inner;
                braced!(inner in input);
                let mut fields = Vec::new();
                while !inner.is_empty() {
                    fields.push(inner.parse()?);
                    if !inner.is_empty() {
                        inner.parse::<Token![,]>()?;
                    }
                }
                Ok(Entry::Layout(key, fields))
            }
            "value" => {
                let inner;
                parenthesized!(inner in input);
                let index = inner.parse()?;
                input.parse::<Token![=]>()?;
                Ok(Entry::Value(key, index, input.parse()?))
            }
            "fast" => {
                input.parse::<Token![=]>()?;
                if input.peek(Token![fn]) {
                    return Ok(Entry::FastCode(key, input.parse()?));
                }
                Ok(Entry::FastName(key, input.parse()?))
            }
            _ => Ok(Entry::Unknown(key)),
        }
    }
}

impl Parse for WrittenField {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        let (element, len) = if input.peek(syn::token::Bracket) {
            let inner;
            bracketed!(inner in input);
            let element = inner.parse()?;
            inner.parse::<Token![;]>()?;
            (element, Some(inner.parse()?))
        } else {
            (input.parse()?, None)
        };
        let mut field = WrittenField { name, element, len, split: None };
        if input.peek(Token![,]) || input.is_empty() {
            return Ok(field);
        }
        let split: syn::Ident = input.parse()?;
        if split != "split" {
            let text = "behind a field's type only `split halves`, `quarters` or `eighths` stands";
            return Err(syn::Error::new(split.span(), text));
        }
        let word = input.parse()?;
        let of = input.fork().parse::<syn::Ident>().is_ok_and(|word| word == "of");
        let group = if of {
            input.parse::<syn::Ident>()?;
            Some(input.parse()?)
        } else {
            None
        };
        field.split = Some(Split { word, group });
        Ok(field)
    }
}
