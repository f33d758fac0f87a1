//! A family macro's call, as written.

use crate::target::Target;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Token, braced, bracketed};

/// All instances of one call.
pub(super) struct Call(pub Vec<Instantiation>);

/// `pub name { key: value, .. }`
pub(super) struct Instantiation {
    /// Documentation lines.
    pub doc: Vec<String>,
    /// `pub`, or private.
    pub public: bool,
    /// The launcher's name.
    pub name: syn::Ident,
    /// The keys with one or more values each.
    pub entries: Vec<Entry>,
    /// The tiles.
    pub arms: Vec<Arm>,
    /// Where the emitted code finds the runtime.
    pub crate_path: Option<String>,
    /// The tokens between the braces.
    pub tokens: TokenStream,
}

/// `key: value` or `key: [a, b]`
pub(super) struct Entry {
    pub key: syn::Ident,
    pub values: Vec<syn::Expr>,
    /// Written in brackets.
    pub list: bool,
}

/// `target if guard => tile`
pub(super) struct Arm {
    pub target: Target,
    /// The target's first and last token.
    pub span: [proc_macro2::Span; 2],
    pub guard: Option<syn::Expr>,
    /// One tile, or several of which a launch takes the first that fits.
    pub tiles: Vec<Tile>,
}

/// `{ query: 64, key: 64 }`
pub(super) struct Tile {
    pub tokens: TokenStream,
    pub fields: Vec<(syn::Ident, syn::Expr)>,
}

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut all = Vec::new();
        while !input.is_empty() {
            all.push(input.parse()?);
        }
        Ok(Call(all))
    }
}

impl Parse for Instantiation {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let doc = crate::parse::documentation(&input.call(syn::Attribute::parse_outer)?);
        let public = !matches!(input.parse::<syn::Visibility>()?, syn::Visibility::Inherited);
        let name = input.parse()?;
        let inner;
        braced!(inner in input);
        let tokens = inner.fork().parse()?;
        let mut out = Instantiation {
            doc,
            public,
            name,
            entries: Vec::new(),
            arms: Vec::new(),
            crate_path: None,
            tokens,
        };
        while !inner.is_empty() {
            out.entry(&inner)?;
            if !inner.is_empty() {
                inner.parse::<Token![,]>()?;
            }
        }
        Ok(out)
    }
}

impl Instantiation {
    fn entry(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(Token![crate]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![:]>()?;
            let path: syn::Path = input.parse()?;
            self.crate_path = Some(path.to_token_stream().to_string());
            return Ok(());
        }
        let key: syn::Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        if key == "tiles" {
            let inner;
            braced!(inner in input);
            let arms = Punctuated::<Arm, Token![,]>::parse_terminated(&inner)?;
            self.arms.extend(arms);
            return Ok(());
        }
        let list = input.peek(syn::token::Bracket);
        let values = if list {
            let inner;
            bracketed!(inner in input);
            Punctuated::<syn::Expr, Token![,]>::parse_terminated(&inner)?.into_iter().collect()
        } else {
            vec![input.parse()?]
        };
        self.entries.push(Entry { key, values, list });
        Ok(())
    }
}

impl Parse for Arm {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (target, span) = crate::parse::target_of_call(input)?;
        let guard = if input.peek(Token![if]) {
            input.parse::<Token![if]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        input.parse::<Token![=>]>()?;
        let tiles = if input.peek(syn::token::Brace) {
            vec![input.parse()?]
        } else {
            let word: syn::Ident = input.parse()?;
            if word != "first_of" {
                let text = "a tile is `{ name: 64, .. }`, or several: `first_of[{ .. }, { .. }]`";
                return Err(syn::Error::new(word.span(), text));
            }
            let inner;
            bracketed!(inner in input);
            Punctuated::<Tile, Token![,]>::parse_terminated(&inner)?.into_iter().collect()
        };
        Ok(Arm { target, span, guard, tiles })
    }
}

impl Parse for Tile {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let group: proc_macro2::Group = input.parse()?;
        let tokens = group.to_token_stream();
        let fields = |input: ParseStream<'_>| {
            let mut fields = Vec::new();
            while !input.is_empty() {
                let name = input.parse()?;
                input.parse::<Token![:]>()?;
                fields.push((name, input.parse()?));
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(fields)
        };
        let fields = syn::parse::Parser::parse2(fields, group.stream())?;
        Ok(Tile { tokens, fields })
    }
}
