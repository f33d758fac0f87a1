//! `#[kernel(..)]`: keys and their values.

use super::{Parse, Parser, Reported, target};
use crate::ast::{Expr, Ident, KernelAttribute, TensorMapAttribute, Tiles, Type};
use crate::diag::Diagnostic;
use crate::diag::catalog::attribute::{BAD_VALUE, DUPLICATE_KEY, UNKNOWN_KEY};
use crate::diag::source::{CallSpans, SourceMap, Spans};
use crate::ir::Swizzle;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Token, bracketed, parenthesized};

const KEYS: &[&str] = &[
    "shapes",
    "grid",
    "threads",
    "cluster",
    "min_blocks",
    "element",
    "values",
    "require",
    "when",
    "tiles",
    "tensor_map",
    "cost",
    "reference",
    "targets",
    "index",
    "split",
    "crate",
];

/// Parses the tokens of an attribute alone.
///
/// # Errors
/// Everything that is wrong with it.
pub fn kernel_attribute(
    tokens: TokenStream,
    map: &mut SourceMap,
    call: &mut CallSpans,
) -> Result<KernelAttribute, Vec<Diagnostic>> {
    let spans = Spans { map, call: Some(call), file: 0 };
    let mut parser = Parser { spans, diagnostics: crate::diag::Diagnostics::default() };
    let parsed = parser.attribute(tokens).ok().unwrap_or_default();
    parser.diagnostics.gate(parsed)
}

/// One `key = value`, `key(..)`, unparsed.
struct Entry {
    key: syn::Ident,
    value: TokenStream,
    /// `key(..)` rather than `key = ..`.
    list: bool,
}

impl Parser<'_> {
    pub(super) fn attribute(&mut self, tokens: TokenStream) -> Parse<KernelAttribute> {
        let entries = match entries.parse2(tokens) {
            Ok(entries) => entries,
            Err(error) => return Err(self.bad_value(&error)),
        };
        let mut out = KernelAttribute::default();
        let mut seen: Vec<String> = Vec::new();
        let mut failed = false;
        for entry in entries {
            let key = entry.key.to_string();
            if !KEYS.contains(&key.as_str()) {
                let help = crate::diag::suggest::nearest(&key, KEYS.iter().copied())
                    .map(|near| format!("did you mean `{near}`?"))
                    .unwrap_or_else(|| format!("keys are {}", KEYS.join(", ")));
                let message = format!("a kernel has no `{key}`");
                self.report(&UNKNOWN_KEY, &entry.key, message, help);
                failed = true;
                continue;
            }
            let repeats = matches!(key.as_str(), "require" | "tensor_map" | "when");
            if seen.contains(&key) && !repeats {
                let message = format!("`{key}` is given twice");
                self.report(&DUPLICATE_KEY, &entry.key, message, "keep one of them");
                failed = true;
            }
            failed |= self.entry(&key, entry, &mut out).is_err();
            seen.push(key);
        }
        if failed { Err(Reported) } else { Ok(out) }
    }

    fn bad_value(&mut self, error: &syn::Error) -> Reported {
        for one in error.clone() {
            let span = self.spans.one(one.span());
            self.diagnostics.report(Diagnostic::new(&BAD_VALUE, span, one.to_string()));
        }
        Reported
    }

    fn read<T>(
        &mut self,
        tokens: TokenStream,
        f: fn(ParseStream<'_>) -> syn::Result<T>,
    ) -> Parse<T> {
        f.parse2(tokens).map_err(|error| self.bad_value(&error))
    }

    fn entry(&mut self, key: &str, entry: Entry, out: &mut KernelAttribute) -> Parse<()> {
        let Entry { value, list, key: ident } = entry;
        let wants_list = !matches!(
            key,
            "grid"
                | "threads"
                | "cluster"
                | "min_blocks"
                | "reference"
                | "targets"
                | "index"
                | "crate"
                | "tiles"
        );
        if wants_list != list && key != "tiles" {
            let form = if wants_list { format!("{key}(..)") } else { format!("{key} = ..") };
            let message = format!("`{key}` is written `{form}`");
            return Err(self.report(&BAD_VALUE, &ident, message, ""));
        }
        match key {
            "shapes" => {
                for (name, dims) in self.read(value, named_lists)? {
                    let name = self.ident(&name);
                    out.shapes.push((name, self.all(&dims)?));
                }
            }
            "grid" => out.grid = self.one_or_tuple(value)?,
            "threads" => out.threads = self.one_or_tuple(value)?,
            "cluster" => out.cluster = self.one_or_tuple(value)?,
            "min_blocks" => out.min_blocks = Some(self.one(value)?),
            "element" => {
                for (name, types) in self.read(value, assigned_types)? {
                    let name = self.ident(&name);
                    let types: Parse<Vec<Type>> = types.iter().map(|t| self.ty(t)).collect();
                    out.elements.push((name, types?));
                }
            }
            "values" => {
                for (name, values) in self.read(value, assigned_lists)? {
                    let name = self.ident(&name);
                    out.values.push((name, self.all(&values)?));
                }
            }
            "require" => {
                let (condition, message) = self.read(value, condition_and_message)?;
                out.requires.push((self.expr(&condition)?, message));
            }
            "when" => {
                let condition = self.read(value, |input| input.parse::<syn::Expr>())?;
                for part in conjuncts(condition) {
                    out.when.push(self.expr(&part)?);
                }
            }
            "tiles" => out.tiles = Some(self.tiles(value)?),
            "tensor_map" => out.tensor_maps.push(self.tensor_map(value)?),
            "cost" => out.cost = Some(self.cost(value)?),
            "reference" => {
                let span = self.spans.of(value.clone());
                out.reference = Some((value.to_string(), span));
            }
            "targets" => {
                for (target, tokens) in self.read(value, targets)? {
                    let span = self.spans.of(tokens);
                    out.targets.push((target, span));
                }
            }
            "index" => {
                let bits = self.read(value.clone(), |input| input.parse::<syn::LitInt>())?;
                let span = self.spans.of(value);
                match bits.base10_parse::<u32>() {
                    Ok(bits @ (32 | 64)) => out.index_bits = Some((bits, span)),
                    _ => {
                        let message = "the width of `index` is 32 or 64";
                        return Err(self.report(&BAD_VALUE, &bits, message, "write `index = 64`"));
                    }
                }
            }
            "split" => {
                for (name, dim) in self.read(value, named_idents)? {
                    let pair = (self.ident(&name), self.ident(&dim));
                    out.split.push(pair);
                }
            }
            _ => out.crate_path = Some(value.to_string()),
        }
        Ok(())
    }

    fn all(&mut self, exprs: &[syn::Expr]) -> Parse<Vec<Expr>> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    fn one(&mut self, value: TokenStream) -> Parse<Expr> {
        let expr = self.read(value, |input| input.parse::<syn::Expr>())?;
        self.expr(&expr)
    }

    /// `a` or `(a, b, c)`
    fn one_or_tuple(&mut self, value: TokenStream) -> Parse<Vec<Expr>> {
        match self.read(value, |input| input.parse::<syn::Expr>())? {
            syn::Expr::Tuple(tuple) => tuple.elems.iter().map(|e| self.expr(e)).collect(),
            one => Ok(vec![self.expr(&one)?]),
        }
    }

    fn tiles(&mut self, value: TokenStream) -> Parse<Tiles> {
        let (names, choices) = self.read(value, tiles)?;
        let names: Vec<Ident> = names.iter().map(|n| self.ident(n)).collect();
        let mut out = Vec::with_capacity(choices.len());
        for choice in choices {
            let span = self.span(&choice);
            let parts: Vec<syn::Expr> = match choice {
                syn::Expr::Tuple(tuple) => tuple.elems.into_iter().collect(),
                one => vec![one],
            };
            if parts.len() != names.len() {
                let message =
                    format!("this choice fixes {} values of {}", parts.len(), names.len());
                let first = parts.first().map(ToTokens::to_token_stream).unwrap_or_default();
                return Err(self.report(&BAD_VALUE, &first, message, "write one value per name"));
            }
            out.push((self.all(&parts)?, span));
        }
        Ok(Tiles { names, choices: out })
    }

    fn tensor_map(&mut self, value: TokenStream) -> Parse<TensorMapAttribute> {
        let (name, tile, swizzle) = self.read(value, tensor_map)?;
        let swizzle = match swizzle.to_string().as_str() {
            "none" => Swizzle::None,
            "b32" => Swizzle::B32,
            "b64" => Swizzle::B64,
            "b128" => Swizzle::B128,
            _ => {
                let help = "swizzles are none, b32, b64 and b128";
                return Err(self.report(&BAD_VALUE, &swizzle, "this is not a swizzle", help));
            }
        };
        Ok(TensorMapAttribute { name: self.ident(&name), tile: self.all(&tile)?, swizzle })
    }

    fn cost(&mut self, value: TokenStream) -> Parse<(Expr, Expr)> {
        let (bytes, flops) = self.read(value, cost)?;
        Ok((self.expr(&bytes)?, self.expr(&flops)?))
    }
}

fn entries(input: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    while !input.is_empty() {
        let key = if input.peek(Token![crate]) {
            let token: Token![crate] = input.parse()?;
            syn::Ident::new("crate", token.span)
        } else {
            input.parse()?
        };
        let list = input.peek(syn::token::Paren);
        let mut value = TokenStream::new();
        if list && key != "tiles" {
            let inner;
            parenthesized!(inner in input);
            value = inner.parse()?;
        } else {
            if !list {
                input.parse::<Token![=]>()?;
            }
            while !input.is_empty() && !input.peek(Token![,]) {
                value.extend([input.parse::<proc_macro2::TokenTree>()?]);
            }
        }
        entries.push(Entry { key, value, list });
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(entries)
}

/// The list between brackets, as expressions.
fn list(input: ParseStream<'_>) -> syn::Result<Vec<syn::Expr>> {
    let inner;
    bracketed!(inner in input);
    Ok(Punctuated::<syn::Expr, Token![,]>::parse_terminated(&inner)?.into_iter().collect())
}

/// A comma-separated list of whatever `one` reads.
fn commas<T>(
    input: ParseStream<'_>,
    one: impl Fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    let mut all = Vec::new();
    while !input.is_empty() {
        all.push(one(input)?);
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(all)
}

fn named_lists(input: ParseStream<'_>) -> syn::Result<Vec<(syn::Ident, Vec<syn::Expr>)>> {
    commas(input, |input| {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok((name, list(input)?))
    })
}

fn named_idents(input: ParseStream<'_>) -> syn::Result<Vec<(syn::Ident, syn::Ident)>> {
    commas(input, |input| {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok((name, input.parse()?))
    })
}

fn assigned_lists(input: ParseStream<'_>) -> syn::Result<Vec<(syn::Ident, Vec<syn::Expr>)>> {
    commas(input, |input| {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok((name, list(input)?))
    })
}

fn assigned_types(input: ParseStream<'_>) -> syn::Result<Vec<(syn::Ident, Vec<syn::Type>)>> {
    commas(input, |input| {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let inner;
        bracketed!(inner in input);
        let types = Punctuated::<syn::Type, Token![,]>::parse_terminated(&inner)?;
        Ok((name, types.into_iter().collect()))
    })
}

fn condition_and_message(input: ParseStream<'_>) -> syn::Result<(syn::Expr, String)> {
    let condition = input.parse()?;
    input.parse::<Token![,]>()?;
    let message: syn::LitStr = input.parse()?;
    Ok((condition, message.value()))
}

fn tiles(input: ParseStream<'_>) -> syn::Result<(Vec<syn::Ident>, Vec<syn::Expr>)> {
    let inner;
    parenthesized!(inner in input);
    let names = Punctuated::<syn::Ident, Token![,]>::parse_terminated(&inner)?;
    input.parse::<Token![=]>()?;
    let word: syn::Ident = input.parse()?;
    if word != "first_of" {
        return Err(syn::Error::new(word.span(), "tiles are chosen by `first_of[(..), (..)]`"));
    }
    Ok((names.into_iter().collect(), list(input)?))
}

fn tensor_map(input: ParseStream<'_>) -> syn::Result<(syn::Ident, Vec<syn::Expr>, syn::Ident)> {
    let name = input.parse()?;
    input.parse::<Token![,]>()?;
    word(input, "tile")?;
    let tile = list(input)?;
    input.parse::<Token![,]>()?;
    word(input, "swizzle")?;
    Ok((name, tile, input.parse()?))
}

fn cost(input: ParseStream<'_>) -> syn::Result<(syn::Expr, syn::Expr)> {
    word(input, "bytes")?;
    let bytes = input.parse()?;
    input.parse::<Token![,]>()?;
    word(input, "flops")?;
    let flops = input.parse()?;
    input.parse::<Option<Token![,]>>()?;
    Ok((bytes, flops))
}

/// `expected =`
fn word(input: ParseStream<'_>, expected: &str) -> syn::Result<()> {
    let found: syn::Ident = input.parse()?;
    if found != expected {
        return Err(syn::Error::new(found.span(), format!("`{expected} = ..` stands here")));
    }
    input.parse::<Token![=]>()?;
    Ok(())
}

fn targets(input: ParseStream<'_>) -> syn::Result<Vec<(crate::target::Target, TokenStream)>> {
    let inner;
    bracketed!(inner in input);
    commas(&inner, |input| {
        let begin = input.cursor();
        let parsed = target(input)?;
        let first = begin.token_tree().map(|(tree, _)| tree.to_token_stream());
        Ok((parsed, first.unwrap_or_default()))
    })
}

/// `a && b && c` in parts.
fn conjuncts(expr: syn::Expr) -> Vec<syn::Expr> {
    match expr {
        syn::Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
            let mut parts = conjuncts(*binary.left);
            parts.extend(conjuncts(*binary.right));
            parts
        }
        syn::Expr::Paren(inner) => conjuncts(*inner.expr),
        one => vec![one],
    }
}
